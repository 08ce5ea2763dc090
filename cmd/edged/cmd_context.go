package main

import (
	"crypto/rand"
	"os/exec"
	"strings"

	"github.com/spf13/cobra"

	"edged/core/request"
)

// newContextCommand is tedge-container-plugin's run-in-context (its cli/tools/run_context.go).
func (a *app) newContextCommand() *cobra.Command {
	req := request.Request{Op: request.Install}
	o := &req.Options
	prefix := ""
	cmd := &cobra.Command{
		Use:   "run-in-context [--container CONTAINER] [-- COMMAND...]",
		Short: "Run a command in a new container like another one",
		Long: `Run a command in a new container like another one: with its image, volumes, networks
and variables, but without its ports. It is started and left to itself.

TEDGE_MQTT_CLIENT_HOST and TEDGE_HTTP_CLIENT_HOST are the other container's name; where
there is the command tedge, TEDGE_C8Y_URL and the ports are as it says.`,
		Args: withCommand(0, 0),
		RunE: func(cmd *cobra.Command, args []string) error {
			_, o.Command = splitCommand(cmd, args)
			like, err := a.orOwn(cmd, given(o.Like))
			if err != nil {
				return err
			}
			o.Like = like[0]
			if prefix == "" {
				prefix = o.Like
			}
			req.Target = prefix + "_" + strings.ToLower(rand.Text()[:8])
			o.Env = append(o.Env, "TEDGE_MQTT_CLIENT_HOST="+o.Like, "TEDGE_HTTP_CLIENT_HOST="+o.Like)
			for _, key := range []string{"c8y.url", "mqtt.client.port", "http.client.port"} {
				var value strings.Builder
				asked := exec.CommandContext(cmd.Context(), "tedge", "config", "get", key)
				if asked.Stdout = &value; asked.Run() == nil {
					name := strings.ToUpper(strings.ReplaceAll(key, ".", "_"))
					o.Env = append(o.Env, "TEDGE_"+name+"="+strings.TrimSpace(value.String()))
				}
			}
			return a.do(cmd, req)
		},
	}
	flags := cmd.Flags()
	idFlag(flags, &req)
	settingsFlags(flags, o)
	flags.StringVar(&o.Like, "container", "", "container to be like (default: the one that edged runs in)")
	flags.StringVar(&req.Image, "image", "", "image (default: that container's)")
	flags.StringArrayVar(&o.Entrypoint, "entrypoint", nil, "program to run in the place of the image's; given again, its arguments")
	flags.StringVar(&prefix, "name-prefix", "", "what its name begins with (default: that container's)")
	flags.BoolVar(&o.AutoRemove, "rm", false, "have the engine remove it when it ends")
	return cmd
}

// given is a list of what is not empty.
func given(name string) []string {
	if name == "" {
		return nil
	}
	return []string{name}
}
