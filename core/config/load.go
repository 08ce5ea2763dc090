package config

import (
	"errors"
	"fmt"
	"reflect"
	"strings"
	"time"

	"github.com/knadh/koanf/v2"
)

// Source is where [Load] looks.
type Source struct {
	File    string            // main file; empty: what EDGED_CONFIG names, else [DefaultFile], which may be missing
	Environ []string          // NAME=value, as os.Environ gives it
	Flags   map[string]string // key -> text, for flags that were given
}

// Load reads and checks every setting, and says where each came from. The error
// joins an [*Error] for each thing that is wrong in the first source that has
// something wrong.
func Load(src Source) (Config, Origins, error) {
	t := table(Keys())
	layers, err := read(src, t)
	if err != nil {
		return Config{}, nil, err
	}
	k := koanf.New(".")
	top := layer{}
	for _, l := range layers {
		if err := k.Load(l, nil); err != nil {
			return Config{}, nil, fmt.Errorf("merge configuration: %w", err)
		}
		for name, e := range l {
			top[name] = e
		}
	}
	var cfg Config
	fill(reflect.ValueOf(&cfg).Elem(), "", k)
	origins := newOrigins(t, top)
	return cfg, origins, cfg.consistent(origins)
}

// fill sets the fields of a section, whose keys begin with under. koanf's own
// way to fill a struct guesses at types, which the table has settled already,
// and would add 90 kilobytes to the program.
func fill(section reflect.Value, under string, k *koanf.Koanf) {
	for i := range section.NumField() {
		key := under + section.Type().Field(i).Tag.Get("koanf")
		switch field := section.Field(i).Addr().Interface().(type) {
		case *string:
			*field = k.String(key)
		case *bool:
			*field = k.Bool(key)
		case *int:
			*field = k.Int(key)
		case *time.Duration:
			*field = k.Duration(key)
		case *[]string:
			*field = k.Strings(key)
		default:
			fill(section.Field(i), key+".", k)
		}
	}
}

// read gets the layers, the weakest first. All that is wrong in files is told at
// once, and all that is wrong outside of them.
func read(src Source, t table) ([]layer, error) {
	base, err := defaults(t)
	if err != nil {
		return nil, err
	}
	file, named := src.file()
	files, err := readFiles(file, named, t)
	if err != nil {
		return nil, err
	}
	env, envErr := environment(src.Environ, t)
	args, flagErr := flags(src.Flags, t)
	layers := append([]layer{base}, files...)
	return append(layers, env, args), errors.Join(envErr, flagErr)
}

func readFiles(file string, named bool, t table) ([]layer, error) {
	first, err := mainFile(file, named, t)
	layers, problems := []layer{first}, []error{err}
	names, err := dropIns(file)
	problems = append(problems, err)
	for _, name := range names {
		l, err := readFile(name, t)
		layers, problems = append(layers, l), append(problems, err)
	}
	return layers, errors.Join(problems...)
}

// file is the main file, and whether a flag or a variable named it.
func (s Source) file() (path string, named bool) {
	if s.File != "" {
		return s.File, true
	}
	for _, pair := range s.Environ {
		if path, ok := strings.CutPrefix(pair, FileVariable+"="); ok && path != "" {
			return path, true
		}
	}
	return DefaultFile, false
}

// consistent checks what no key can be wrong in alone.
func (c Config) consistent(o Origins) error {
	m := c.MQTT
	if m.Password != "" && m.PasswordFile != "" {
		return &Error{Where: o.Of("mqtt.password_file"), Key: "mqtt.password_file",
			Problem: "is set beside mqtt.password (" + o.Of("mqtt.password") + "); keep one"}
	}
	if (m.CertFile == "") != (m.KeyFile == "") {
		set, missing := "mqtt.cert_file", "mqtt.key_file"
		if m.CertFile == "" {
			set, missing = missing, set
		}
		return &Error{Where: o.Of(set), Key: set, Problem: "needs " + missing + " beside it"}
	}
	return nil
}
