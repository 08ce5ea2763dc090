package luatest

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/yuin/gopher-lua/ast"
	"github.com/yuin/gopher-lua/parse"

	"edged/hooks/lua/vm"
)

// ErrNoTests is a run without a single test: a misspelt folder must not pass.
var ErrNoTests = errors.New("no test found: tests are functions test_* in files *_test.lua")

// Options say what is tested.
type Options struct {
	Dirs  []string // policy folders; tests are in them, and in test/ below
	Run   string   // only tests with this text in their names
	Cover bool     // find out what of the scripts the tests reach
}

// Run runs the tests. What is wrong in one is in the report; the error is about
// what can't be read, or [ErrNoTests].
func Run(ctx context.Context, opts Options) (Report, error) {
	files, err := testFiles(opts.Dirs)
	if err != nil {
		return Report{}, err
	}
	var r Report
	covered := cover{}
	env := newEnv()
	for _, path := range files {
		f, err := readFile(path, opts)
		if err != nil {
			return r, err
		}
		r.Tests = append(r.Tests, f.run(ctx, env, nil)...)
		if opts.Cover {
			f.run(ctx, env, covered) // apart from the run that counts, since it takes other units
		}
	}
	if len(r.Tests) == 0 {
		return r, ErrNoTests
	}
	r.Coverage = covered.report()
	return r, ctx.Err()
}

func testFiles(dirs []string) ([]string, error) {
	var files []string
	for _, dir := range dirs {
		for _, pattern := range []string{"*_test.lua", "test/*_test.lua"} {
			found, err := filepath.Glob(filepath.Join(dir, pattern))
			if err != nil {
				return nil, fmt.Errorf("look for tests: %w", err)
			}
			files = append(files, found...)
		}
	}
	return files, nil
}

// A testFile is one file of tests.
type testFile struct {
	path  string
	dirs  []string
	only  []string // the script that it is named after, if there is one
	chunk *vm.Chunk
	err   *Failure // it can't be compiled
	tests []Result // without what came of them
}

func readFile(path string, opts Options) (*testFile, error) {
	source, err := os.ReadFile(path)
	if err != nil {
		return nil, fmt.Errorf("read tests: %w", err)
	}
	f := &testFile{path: path, dirs: opts.Dirs, only: namesake(path, opts.Dirs)}
	f.chunk, err = vm.Compile(filepath.Base(path), string(source))
	if err != nil {
		f.err = f.failure(1, err)
		f.tests = []Result{{File: path, Name: "(file)", Line: f.err.Line}}
		return f, nil
	}
	stmts, err := parse.Parse(strings.NewReader(string(source)), path)
	if err != nil {
		return nil, fmt.Errorf("read tests: %w", err)
	}
	for _, s := range stmts {
		if name := testName(s); name != "" && strings.Contains(name, opts.Run) {
			f.tests = append(f.tests, Result{File: path, Name: name, Line: s.Line()})
		}
	}
	return f, nil
}

// testName is the name of the test that a statement defines.
func testName(s ast.Stmt) string {
	def, ok := s.(*ast.FuncDefStmt)
	if !ok {
		return ""
	}
	name, ok := def.Name.Func.(*ast.IdentExpr)
	if !ok || !strings.HasPrefix(name.Value, "test_") {
		return ""
	}
	return name.Value
}

// namesake is the script that a test file is named after: 10-a.lua of
// 10-a_test.lua.
func namesake(path string, dirs []string) []string {
	name := strings.TrimSuffix(filepath.Base(path), "_test.lua") + ".lua"
	exists := func(dir string) bool {
		_, err := os.Stat(filepath.Join(dir, name))
		return err == nil
	}
	if slices.ContainsFunc(dirs, exists) {
		return []string{name}
	}
	return nil
}

// run runs the tests of the file, each in a world of its own.
func (f *testFile) run(ctx context.Context, env *vm.Env, c cover) []Result {
	results := slices.Clone(f.tests)
	for i := range results {
		r := &results[i]
		if f.err != nil {
			r.Failure = f.err
			continue
		}
		began := time.Now()
		w := newWorld(ctx, f.dirs, f.only, c)
		if err := f.runOne(ctx, env, w, r.Name); err != nil {
			r.Failure = f.failure(r.Line, err)
		}
		r.Units, r.Took = w.units, time.Since(began)
	}
	return results
}

// Limits of one test.
const (
	testUnits = 10_000_000
	testTime  = 30 * time.Second
)

func (f *testFile) runOne(ctx context.Context, env *vm.Env, w *world, name string) error {
	m := vm.New(vm.Limits{Units: testUnits, Time: testTime, Memory: 256 << 20}, env)
	defer m.Close()
	m.Host = w
	if err := m.Run(ctx, f.chunk); err != nil {
		return err
	}
	call, err := vm.Compile("test", name+"()")
	if err != nil {
		return err
	}
	return m.Run(ctx, call)
}

// failure says where in the file something went wrong: at a line of its own if the
// error has none of this file.
func (f *testFile) failure(line int, err error) *Failure {
	failed := &Failure{File: f.path, Line: line, Message: err.Error()}
	var e *vm.Error
	if errors.As(err, &e) && e.Line > 0 && e.Chunk == filepath.Base(f.path) {
		failed.Line, failed.Message = e.Line, e.Message
	}
	return failed
}
