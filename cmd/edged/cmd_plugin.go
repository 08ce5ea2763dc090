package main

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"edged/core/api"
	"edged/core/api/client"
	"edged/core/request"
)

// The folders of a tedge-agent's plugins.
const (
	softwarePlugins = "sm-plugins"
	logPlugins      = "log-plugins"
	servicePlugins  = "service-plugins"
)

const selfType = "self"

// pluginWait is how long a list waits for a daemon that is being started: an agent drops a plugin that has none.
const pluginWait = 15 * time.Second

// calledAs returns the arguments of a command line, those of a plugin if the program was called through its link.
func calledAs(argv []string) []string {
	name, folder := filepath.Base(argv[0]), filepath.Base(filepath.Dir(argv[0]))
	if name != selfType && !slices.Contains(request.ModuleTypes(), name) {
		return argv[1:]
	}
	if name == selfType && len(argv) > 1 && argv[1] == "check" {
		return append([]string{selfType}, argv[1:]...)
	}
	if folder != logPlugins && folder != servicePlugins {
		folder = softwarePlugins
	}
	return append([]string{"plugin", folder, name}, argv[1:]...)
}

// plugin is one call by a tedge-agent.
type plugin struct {
	*app
	client  *client.Client
	kind    string
	version string
	file    string
	log     api.LogOptions
}

func (a *app) newPluginCommand() *cobra.Command {
	p := &plugin{app: a}
	cmd := &cobra.Command{
		Use:    "plugin FOLDER TYPE VERB [NAME]",
		Short:  "What a tedge-agent's plugins are links to, see install-links",
		Hidden: true,
		Args:   arguments(3, 4),
		RunE: func(cmd *cobra.Command, args []string) error {
			var err error
			if p.client, err = a.client(cmd); err != nil {
				return err
			}
			p.kind = args[1]
			name := ""
			if len(args) == 4 {
				name = args[3]
			}
			return p.call(cmd.Context(), cmd.InOrStdin(), args[0], args[2], name)
		},
	}
	flags := cmd.Flags()
	flags.StringVar(&p.version, "module-version", "", "")
	flags.StringVar(&p.file, "file", "", "")
	flags.Var(since{&p.log.Since, time.Now}, "since", "")
	flags.Var(since{&p.log.Until, time.Now}, "until", "")
	flags.Var(tail{&p.log.Tail}, "tail", "")
	return cmd
}

// pluginCode is the exit code of a plugin in a folder. Software management: 1 the call makes no sense, 2 it failed, 3 it
// may go well later; services: 1 it failed, 2 there is no such action.
func pluginCode(folder string, err error) int {
	usage := errors.As(err, new(*usageError))
	switch code := exitCode(err); {
	case code == 0:
		return 0
	case folder == servicePlugins && !usage:
		return 1
	case folder == servicePlugins:
		return 2
	case usage:
		return 1
	case code == exitNotRunning, code == exitInterrupted, code == request.Conflict.ExitCode(), code == request.Deferred.ExitCode():
		return 3
	default:
		return 2
	}
}

func (p *plugin) call(ctx context.Context, in io.Reader, folder, verb, name string) error {
	if needs := folder == servicePlugins || verb == "install" || verb == "remove" || verb == "get"; needs != (name != "") {
		return &usageError{fmt.Errorf("%s: a name is missing, or there is one", verb)}
	}
	switch folder + " " + verb {
	case softwarePlugins + " list":
		return p.list(ctx)
	case softwarePlugins + " prepare":
		_, err := p.client.Status(ctx)
		return err
	case softwarePlugins + " finalize":
		return nil
	case softwarePlugins + " " + request.ActionInstall, softwarePlugins + " " + request.ActionRemove:
		return p.update(ctx, []request.Module{p.module(verb, name, p.version, p.file)})
	case softwarePlugins + " update-list":
		modules, err := p.read(in)
		if err != nil || modules == nil {
			return err
		}
		return p.update(ctx, modules)
	case logPlugins + " list", logPlugins + " get":
		return p.logs(ctx, name)
	case servicePlugins + " start", servicePlugins + " stop", servicePlugins + " restart":
		return p.service(ctx, request.Op(verb), name)
	}
	return &usageError{fmt.Errorf("unknown command %q", verb)}
}

// list prints the modules. One that is called self is a container like others.
func (p *plugin) list(ctx context.Context) error {
	ctx, stop := context.WithTimeout(ctx, pluginWait)
	defer stop()
	all, err := p.client.Software(ctx)
	for errors.Is(err, client.ErrNotRunning) && ctx.Err() == nil {
		select {
		case <-time.After(time.Second / 4):
			all, err = p.client.Software(ctx)
		case <-ctx.Done():
		}
	}
	for _, m := range all {
		if m.Type == p.kind {
			fmt.Fprintln(p.out, strings.TrimSuffix(m.Name+"\t"+m.Version, "\t"))
		}
	}
	return err
}

func (p *plugin) module(action, name, version, file string) request.Module {
	m := request.Module{Type: p.kind, Action: action, Name: name, Version: version, File: file}
	if m.Type == selfType {
		m.Type = request.TypeContainer
	}
	if abs, err := filepath.Abs(file); err == nil && file != "" {
		m.File = abs
	}
	return m
}

// read reads what is wanted: ACTION, NAME, VERSION and PATH on each line, with tabs between.
func (p *plugin) read(in io.Reader) (modules []request.Module, err error) {
	lines := bufio.NewScanner(in)
	for n := 1; lines.Scan(); n++ {
		field := append(strings.Split(strings.TrimSpace(lines.Text()), "\t"), "", "", "")
		action, name := field[0], field[1]
		switch {
		case action == "":
		case name == "" || action != request.ActionInstall && action != request.ActionRemove:
			return nil, fmt.Errorf("line %d: want install or remove, a name, and perhaps a version and a path, with tabs between", n)
		default:
			modules = append(modules, p.module(action, name, field[2], field[3]))
		}
	}
	return modules, lines.Err()
}

// update has the modules be as they are wanted, all of them or none. What scripts put off is called off: the agent is told
// that it failed, and may ask again.
func (p *plugin) update(ctx context.Context, modules []request.Module) error {
	for _, m := range modules {
		if p.kind == selfType && m.Action == request.ActionRemove {
			return errors.New("remove " + m.Name + ": what the device is managed by is never removed")
		}
	}
	r := request.Request{Op: request.SoftwareUpdate, Modules: modules}
	r.Complete()
	res, err := p.client.Do(ctx, r, func(request.Progress) {})
	if ctx.Err() != nil || res.Outcome == request.Deferred {
		err = errors.Join(err, p.client.Cancel(context.WithoutCancel(ctx), r.ID))
	}
	return p.outcome(r, res, err)
}

// outcome says on standard error what came of a request.
func (p *plugin) outcome(r request.Request, res request.Result, err error) error {
	if err != nil {
		return err
	}
	if !res.Outcome.OK() {
		fmt.Fprintln(p.errOut, because(string(res.Outcome), res.Reason))
	}
	if res.Retry {
		return &outcomeError{exitNotRunning}
	}
	return outcome(r, res)
}

// entities are the containers of the plugin's type that are reported as name, or all of them.
func (p *plugin) entities(ctx context.Context, name string) ([]api.Container, error) {
	all, err := p.client.Containers(ctx)
	var list []api.Container
	for _, c := range all {
		if c.Type == p.kind && (name == "" || c.Entity == name) {
			list = append(list, c)
		}
	}
	if err == nil && name != "" && len(list) == 0 {
		err = fmt.Errorf("%s %s: there is none", p.kind, name)
	}
	return list, err
}

// logs prints whose logs there are, or the log of one.
func (p *plugin) logs(ctx context.Context, name string) error {
	list, err := p.entities(ctx, name)
	last := ""
	for _, c := range list {
		switch {
		case name != "":
			err = errors.Join(err, p.client.Logs(ctx, p.out, c.Name, p.log))
		case c.Entity != last:
			fmt.Fprintln(p.out, c.Entity)
		}
		last = c.Entity
	}
	return err
}

// service starts, stops or restarts the containers of a service.
func (p *plugin) service(ctx context.Context, op request.Op, name string) error {
	list, err := p.entities(ctx, name)
	for _, c := range list {
		r := request.Request{Op: op, Target: c.Name}
		r.Complete()
		res, failed := p.client.Do(ctx, r, func(request.Progress) {})
		err = errors.Join(err, p.outcome(r, res, failed))
	}
	return err
}
