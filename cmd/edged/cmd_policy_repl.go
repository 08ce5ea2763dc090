package main

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"os"

	"github.com/spf13/cobra"

	"edged/hooks"
	"edged/hooks/lua"
	"edged/hooks/lua/luatest"
)

func (a *app) newPolicyReplCommand() *cobra.Command {
	file := ""
	cmd := &cobra.Command{
		Use:   "repl [FOLDER...]",
		Short: "Try lines of Lua as if they stood in a hook",
		Long: `Read lines of Lua from standard input and print what they give, as if they stood in a
hook. The event is in the variable ev; without --event it is the sample of a pull. Of
the folders, libraries can be imported. A variable lasts if it is not local.`,
		Args: cobra.ArbitraryArgs,
		RunE: func(cmd *cobra.Command, args []string) error {
			ev := luatest.Sample(hooks.Before, string(hooks.OpPull))
			if file != "" {
				data, err := os.ReadFile(file)
				if err != nil {
					return fmt.Errorf("read input: %w", err)
				}
				if ev, err = luatest.ReadEvent(data); err != nil {
					return fmt.Errorf("%s: %w", file, err)
				}
			}
			r, err := luatest.NewRepl(cmd.Context(), args, ev, a.errOut)
			if err != nil {
				return err
			}
			defer r.Close()
			return a.converse(cmd.Context(), r)
		},
	}
	cmd.Flags().StringVar(&file, "event", "", "file with the event")
	return cmd
}

// converse reads lines until there are no more. Prompts are for people: there are
// none where standard error is no terminal.
func (a *app) converse(ctx context.Context, r *lua.Repl) error {
	prompt := func(text string) {
		if columns(a.errOut) > 0 {
			fmt.Fprint(a.errOut, text)
		}
	}
	in, text := bufio.NewScanner(os.Stdin), ""
	for prompt("> "); in.Scan(); {
		if text += in.Text() + "\n"; text == "\n" {
			text = ""
		} else {
			shown, err := r.Eval(ctx, text)
			if errors.Is(err, lua.ErrIncomplete) {
				prompt(">> ")
				continue
			}
			text = ""
			if err != nil {
				fmt.Fprintln(a.errOut, err)
			} else if shown != "" {
				fmt.Fprintln(a.out, shown)
			}
		}
		if ctx.Err() != nil {
			return &leftError{}
		}
		prompt("> ")
	}
	prompt("\n")
	if err := in.Err(); err != nil {
		return fmt.Errorf("read standard input: %w", err)
	}
	return nil
}
