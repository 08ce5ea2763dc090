package main

import (
	"io"
	"log/slog"

	"edged/core/config"
)

// newLogger makes the daemon's log as it is configured.
func newLogger(w io.Writer, cfg config.Log) (*slog.Logger, error) {
	var level slog.Level
	if err := level.UnmarshalText([]byte(cfg.Level)); err != nil {
		return nil, err
	}
	options := &slog.HandlerOptions{Level: level}
	if cfg.Format == "json" || cfg.Format == "auto" && columns(w) == 0 {
		return slog.New(slog.NewJSONHandler(w, options)), nil
	}
	return slog.New(slog.NewTextHandler(w, options)), nil
}
