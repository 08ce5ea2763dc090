package main

import (
	"fmt"

	"github.com/spf13/cobra"

	"edged/core/request"
)

// do has the daemon carry out a request, and shows how it goes.
func (a *app) do(cmd *cobra.Command, req request.Request) error {
	c, err := a.client(cmd)
	if err != nil {
		return err
	}
	// Made up here and not by the daemon, so that who leaves knows it.
	req.Complete()
	show := a.newReporter()
	res, err := c.Do(cmd.Context(), req, show.progress)
	if err == nil {
		show.result(res)
		return outcome(req, res)
	}
	show.end()
	if cmd.Context().Err() != nil {
		return &leftError{fmt.Sprintf("left; the request goes on as %s, see edged status", req.ID)}
	}
	return err
}
