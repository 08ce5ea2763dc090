package main

import (
	"encoding/json"
	"errors"
	"fmt"

	"github.com/spf13/cobra"

	"edged/core/request"
)

// exitSelfError says that "self check" has no answer; 0 is yes, 1 no.
const exitSelfError = 2

// updates are modules of one type in thin-edge.io's list of what is to be updated.
type updates struct {
	Type    string       `json:"type,omitempty"`
	Modules []updateItem `json:"modules"`
}

type updateItem struct {
	Name    string `json:"name,omitempty"`
	Version string `json:"version,omitempty"`
	URL     string `json:"url,omitempty"`
	SHA256  string `json:"sha256,omitempty"`
	Action  string `json:"action,omitempty"`
}

// selfUpdate is the answer of "self check".
type selfUpdate struct {
	Container string    `json:"containerName"`
	Image     string    `json:"image"`
	URL       string    `json:"url,omitempty"`
	Rest      []updates `json:"updateList"`
}

func (a *app) newSelfCommand() *cobra.Command {
	container := ""
	check := &cobra.Command{
		Use:   "check LIST",
		Short: "Say whether a list of updates updates the container that edged runs in",
		Long: `Say whether thin-edge.io's list of updates, in JSON, updates the container that edged
runs in. Then the exit code is 0, and that update and the rest of the list are printed,
as a workflow of a tedge-agent reads them; else it is 1. It is 2 if there is no answer,
or if the list would remove that container.`,
		Args: arguments(1, 1),
		RunE: func(cmd *cobra.Command, args []string) error {
			c, err := a.client(cmd)
			if err != nil {
				return err
			}
			status, err := c.Status(cmd.Context())
			if err != nil && container == "" {
				return err
			}
			if status.Self != "" {
				container = status.Self
			}
			return a.checkSelf(container, args[0])
		},
	}
	check.Flags().StringVar(&container, "container", "", "name of the container, where edged can't tell")
	cmd := &cobra.Command{
		Use:   selfType,
		Short: "The container that edged itself runs in",
		Args:  noVerb,
		RunE:  func(cmd *cobra.Command, _ []string) error { return cmd.Help() },
	}
	cmd.AddCommand(check)
	return cmd
}

func (a *app) checkSelf(own, list string) error {
	var all []updates
	if err := json.Unmarshal([]byte(list), &all); err != nil {
		return fmt.Errorf("read list of updates: %w", err)
	}
	found, answer := false, selfUpdate{Rest: []updates{}}
	for _, u := range all {
		if u.Type != request.TypeContainer && u.Type != selfType {
			answer.Rest = append(answer.Rest, u)
			continue
		}
		rest := updates{Type: u.Type}
		for _, m := range u.Modules {
			switch {
			case u.Type == request.TypeContainer && m.Name != own:
				rest.Modules = append(rest.Modules, m)
			case m.Action == request.ActionRemove:
				return errors.New("remove " + m.Name + ": what the device is managed by is never removed")
			case m.Action == request.ActionInstall:
				found = true
				answer.Container, answer.Image, answer.URL = m.Name, m.Version, m.URL
			}
		}
		if len(rest.Modules) > 0 {
			answer.Rest = append(answer.Rest, rest)
		}
	}
	if !found {
		return &outcomeError{exitFailure}
	}
	fmt.Fprintln(a.out, ":::begin-tedge:::")
	err := newEncoder(a.out).Encode(answer)
	fmt.Fprintln(a.out, ":::end-tedge:::")
	return err
}
