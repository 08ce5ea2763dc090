package config

import (
	"errors"
	"fmt"
	"net/url"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"time"
)

// socketPathMax is what a unix socket's path may be long in bytes: 108 with the
// final zero (man 7 unix), less one that is added while the socket is made.
const socketPathMax = 106

func positive(v any) error {
	if v.(time.Duration) == 0 {
		return errors.New("want a duration of more than 0s")
	}
	return nil
}

// wholeSeconds holds for what the engine takes in seconds.
func wholeSeconds(v any) error {
	if d := v.(time.Duration); d%time.Second != 0 {
		return fmt.Errorf("want whole seconds, got %s", d)
	}
	return nil
}

// seconds holds for what MQTT takes in seconds, in 16 bits.
func seconds(v any) error {
	if d := v.(time.Duration); d < time.Second || d > 65535*time.Second {
		return fmt.Errorf("want 1s to 65535s, got %s", d)
	}
	return wholeSeconds(v)
}

func atLeastOne(v any) error {
	if n := v.(int); n < 1 {
		return fmt.Errorf("want a number of at least 1, got %d", n)
	}
	return nil
}

func notNegative(v any) error {
	if n := v.(int); n < 0 {
		return fmt.Errorf("want a number of at least 0, got %d", n)
	}
	return nil
}

func filled(v any) error {
	if v.(string) == "" {
		return errors.New("must not be empty")
	}
	return nil
}

func absolute(v any) error {
	if path := v.(string); !filepath.IsAbs(path) {
		return fmt.Errorf("want an absolute path, got %q", path)
	}
	return nil
}

func absolutes(v any) error {
	for _, path := range v.([]string) {
		if err := absolute(path); err != nil {
			return err
		}
	}
	return nil
}

func noBlanks(v any) error {
	if slices.Contains(v.([]string), "") {
		return errors.New("has an empty item")
	}
	return nil
}

func serviceTypes(v any) error {
	for _, text := range v.([]string) {
		if text != "container" && text != "container-group" {
			return fmt.Errorf("want container or container-group, got %q", text)
		}
	}
	return nil
}

func expressions(v any) error {
	for _, text := range v.([]string) {
		if _, err := regexp.Compile(text); err != nil {
			return err
		}
	}
	return noBlanks(v)
}

func socketPath(v any) error {
	path := v.(string)
	if len(path) > socketPathMax {
		return fmt.Errorf("want at most %d bytes for a socket's path, got %d", socketPathMax, len(path))
	}
	return absolute(v)
}

func engineHost(v any) error {
	host := v.(string)
	if host == "" || strings.HasPrefix(host, "unix:///") {
		return nil
	}
	if rest, ok := strings.CutPrefix(host, "tcp://"); ok && rest != "" {
		return nil
	}
	return fmt.Errorf("want unix:///path or tcp://host:port, got %q", host)
}

func brokerURLs(v any) error {
	urls := v.([]string)
	if len(urls) == 0 {
		return errors.New("must not be empty")
	}
	for _, u := range urls {
		if err := brokerURL(u); err != nil {
			return err
		}
	}
	return nil
}

// brokerURL does not repeat what it was given: there may be a password in it.
func brokerURL(text string) error {
	if !strings.Contains(text, "://") {
		text = "tcp://" + text
	}
	u, err := url.Parse(text)
	switch {
	case err != nil || u.Hostname() == "" || !slices.Contains([]string{"tcp", "mqtt", "ssl", "mqtts"}, u.Scheme):
		return errors.New("want tcp://, mqtt://, ssl:// or mqtts:// with a host, such as tcp://127.0.0.1:1883")
	case u.User != nil:
		return errors.New("takes no user and password; set mqtt.user and mqtt.password_file instead")
	case u.Path != "" && u.Path != "/" || u.RawQuery != "" || u.Fragment != "":
		return errors.New("takes nothing after the port")
	}
	return nil
}

func topicRoot(v any) error {
	for part := range strings.SplitSeq(v.(string), "/") {
		if err := segment(part); err != nil {
			return err
		}
	}
	return nil
}

// segment holds for one level of a topic.
func segment(v any) error {
	if text := v.(string); text == "" || strings.ContainsAny(text, "/+#\x00") {
		return fmt.Errorf("want a topic segment: not empty, without /, + and #, got %q", text)
	}
	return nil
}

func topicID(v any) error {
	parts := strings.Split(v.(string), "/")
	if len(parts) != 4 || parts[0] == "" || parts[1] == "" || strings.ContainsAny(v.(string), "+#\x00") {
		return fmt.Errorf("want four segments such as device/main//, got %q", v)
	}
	return nil
}
