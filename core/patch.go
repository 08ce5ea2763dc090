package core

import (
	"fmt"
	"maps"
	"slices"
	"time"

	"edged/core/request"
)

// patch applies what scripts changed to r. The scripting layer has checked that
// the operation lets scripts change the field.
func patch(r *request.Request, fields map[string]any) error {
	for name, value := range fields {
		if err := patchField(r, name, value); err != nil {
			return fmt.Errorf("%s: policy changed field %s: %w", r.Op, name, err)
		}
	}
	return nil
}

// patchField changes the field that scripts know as name.
func patchField(r *request.Request, name string, value any) (err error) {
	o := &r.Options
	switch name {
	case "image":
		r.Image, err = text(value)
	case "attempts":
		var n float64
		n, err = number(value)
		o.Attempts = int(n)
	case "env":
		o.Env = slices.Clone(o.Env) // shared with the request as it was made
		err = merge(value, func(k, v string) { o.Env = append(o.Env, k+"="+v) })
	case "labels":
		o.Labels = maps.Clone(o.Labels)
		if o.Labels == nil {
			o.Labels = map[string]string{}
		}
		err = merge(value, func(k, v string) { o.Labels[k] = v })
	case "restart":
		o.Restart, err = text(value)
	case "memory":
		var n float64
		n, err = number(value)
		o.Memory = int64(n)
	case "cpus":
		o.CPUs, err = number(value)
	case "stop_timeout":
		o.StopTimeout, err = duration(value)
	case "health_gate":
		o.HealthGate, err = duration(value)
	case "stable_for":
		o.StableFor, err = duration(value)
	default:
		err = fmt.Errorf("there is no such field")
	}
	return err
}

func text(value any) (string, error) {
	s, ok := value.(string)
	if !ok {
		return "", fmt.Errorf("want text, got %v", value)
	}
	return s, nil
}

func number(value any) (float64, error) {
	n, ok := value.(float64)
	if !ok {
		return 0, fmt.Errorf("want a number, got %v", value)
	}
	return n, nil
}

// duration takes text such as "90s", or a number of seconds.
func duration(value any) (request.Duration, error) {
	if n, ok := value.(float64); ok {
		return request.Duration(n * float64(time.Second)), nil
	}
	s, err := text(value)
	if err != nil {
		return 0, err
	}
	d, err := time.ParseDuration(s)
	return request.Duration(d), err
}

// merge calls set for each pair of a table of texts.
func merge(value any, set func(k, v string)) error {
	table, ok := value.(map[string]any)
	if !ok {
		return fmt.Errorf("want a table of names and texts, got %v", value)
	}
	for _, k := range slices.Sorted(maps.Keys(table)) {
		s, err := text(table[k])
		if err != nil {
			return fmt.Errorf("%s: %w", k, err)
		}
		set(k, s)
	}
	return nil
}
