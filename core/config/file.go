package config

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
)

// fileMax bounds a configuration file, in bytes.
const fileMax = 1 << 20

// mainFile reads the main file, which may be missing unless somebody named it.
func mainFile(file string, named bool, t table) (layer, error) {
	l, err := readFile(file, t)
	if !named && errors.Is(err, fs.ErrNotExist) {
		return layer{}, nil
	}
	return l, err
}

// dropIns lists the files of conf.d beside the main file, by name.
func dropIns(file string) ([]string, error) {
	dir := filepath.Join(filepath.Dir(file), "conf.d")
	found, err := os.ReadDir(dir)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, fmt.Errorf("read configuration folder: %w", err)
	}
	var files []string
	for _, e := range found {
		if !e.IsDir() && filepath.Ext(e.Name()) == ".yaml" && !strings.HasPrefix(e.Name(), ".") {
			files = append(files, filepath.Join(dir, e.Name()))
		}
	}
	slices.Sort(files)
	return files, nil
}

func readFile(file string, t table) (layer, error) {
	f, err := os.Open(file)
	if err != nil {
		return nil, fmt.Errorf("read configuration: %w", err)
	}
	defer func() { _ = f.Close() }()
	data, err := io.ReadAll(io.LimitReader(f, fileMax+1))
	if err != nil {
		return nil, fmt.Errorf("read configuration: %w", err)
	}
	if len(data) > fileMax {
		return nil, &Error{Where: file, Problem: fmt.Sprintf("want at most %d bytes", fileMax)}
	}
	return parseYAML(file, data, t)
}
