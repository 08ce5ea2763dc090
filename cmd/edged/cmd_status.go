package main

import (
	"fmt"
	"io"
	"time"

	"github.com/spf13/cobra"

	"edged/core/api"
)

func (a *app) newStatusCommand() *cobra.Command {
	return &cobra.Command{
		Use:   "status",
		Short: "Show how the daemon is",
		Args:  arguments(0, 0),
		RunE: func(cmd *cobra.Command, _ []string) error {
			c, err := a.client(cmd)
			if err != nil {
				return err
			}
			status, err := c.Status(cmd.Context())
			if err != nil {
				return err
			}
			return a.show(status, func(w io.Writer) { printStatus(w, status) })
		},
	}
}

func printStatus(w io.Writer, s api.Status) {
	fmt.Fprintf(w, "version\t%s, up since %s\n", s.Version, moment(s.Since))
	fmt.Fprintf(w, "engine\t%s\n", connection(s.Engine.Connected, join(s.Engine.Type, s.Engine.Version), s.Engine.Host, s.Engine.Error))
	fmt.Fprintf(w, "mqtt\t%s\n", connection(s.MQTT.Connected, "", s.MQTT.URL, s.MQTT.Error))
	printScripts(w, s.Scripts)
	fmt.Fprintf(w, "requests\t%d under way\n", len(s.Requests))
	for _, r := range s.Requests {
		fmt.Fprintf(w, "\t%s\n", runningText(r))
	}
}

func printScripts(w io.Writer, s api.Scripts) {
	if s.Error != "" && s.Files == nil {
		fmt.Fprintf(w, "scripts\tnot in force: %s\n", s.Error)
		return
	}
	fmt.Fprintf(w, "scripts\t%d, revision %s\n", len(s.Files), orDash(s.Revision))
	if s.Error != "" {
		fmt.Fprintf(w, "\tthe newest are not in force: %s\n", s.Error)
	}
	for _, f := range s.Files {
		if f.Error != "" {
			fmt.Fprintf(w, "\t%s is not in force: %s\n", f.Name, f.Error)
			continue
		}
		fmt.Fprintf(w, "\t%s: hooks %d\n", f.Name, f.Hooks)
	}
}

func connection(up bool, what, where, why string) string {
	text := "to " + join(what, "at", orDash(where))
	if what == "" {
		text = "to " + orDash(where)
	}
	text = "connected " + text
	if !up {
		text = "not " + text
	}
	return because(text, why)
}

func runningText(r api.Running) string {
	text := join(r.ID+":", string(r.Op), r.Target, r.Image, r.Command)
	if r.Actor != "" {
		text += ", asked by " + r.Actor
	}
	if !r.Until.IsZero() {
		return text + ", deferred until " + moment(r.Until)
	}
	return because(text+", since "+moment(r.Started), r.Step)
}

func moment(t time.Time) string { return t.Local().Format(time.DateTime) }

// join puts a blank between those words that are not empty.
func join(words ...string) string {
	text := ""
	for _, w := range words {
		if text != "" && w != "" {
			text += " "
		}
		text += w
	}
	return text
}
