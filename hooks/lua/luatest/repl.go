package luatest

import (
	"context"
	"fmt"
	"io"
	"log/slog"
	"path"

	"edged/hooks"
	"edged/hooks/lua"
)

// NewRepl returns what lines are tried with. Of the folders only libraries are
// loaded; what is sent or logged is written to out.
func NewRepl(ctx context.Context, dirs []string, ev hooks.Event, out io.Writer) (*lua.Repl, error) {
	sources, err := lua.Read(dirs)
	if err != nil {
		return nil, err
	}
	libraries := []hooks.Source{}
	for _, s := range sources {
		if path.Dir(s.Name) != "." {
			libraries = append(libraries, s)
		}
	}
	set, err := lua.Load(lua.Options{
		Sources: libraries, Grants: lua.Everything(), KV: hooks.NewMemoryKV(),
		Look: hooks.Sources{Device: SampleDevice, Containers: func() []hooks.Container { return []hooks.Container{*sampleContainer()} }},
		Log:  slog.New(slog.NewTextHandler(out, &slog.HandlerOptions{Level: slog.LevelDebug})),
		Publish: func(_, topic string, payload []byte) error {
			fmt.Fprintf(out, "[%s] %s\n", topic, payload)
			return nil
		},
	})
	if err != nil {
		return nil, err
	}
	return set.NewRepl(ctx, ev)
}
