package main

import (
	"io"
	"log/slog"

	"edged/core/config"
	"edged/core/logging"
)

// newLogger makes the daemon's log as it is configured.
func newLogger(w io.Writer, cfg config.Log, environ []string) (*slog.Logger, error) {
	var level slog.Level
	if err := level.UnmarshalText([]byte(cfg.Level)); err != nil {
		return nil, err
	}
	return logging.New(logging.Options{
		Target: cfg.Target,
		JSON:   cfg.Format == "json" || cfg.Format == "auto" && columns(w) == 0,
		Level:  level,
		File:   cfg.File,
		Limit:  int64(cfg.FileKiB) << 10,
	}, w, environ)
}
