package config

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"slices"
	"strconv"
	"strings"

	"gopkg.in/yaml.v3"
)

// parseYAML makes a layer of a file's bytes. It reads the document's nodes
// rather than a map, because only they know their line.
func parseYAML(file string, data []byte, t table) (layer, error) {
	p := yamlParser{file: file, table: t, found: layer{}}
	dec := yaml.NewDecoder(bytes.NewReader(data))
	var doc yaml.Node
	if err := dec.Decode(&doc); errors.Is(err, io.EOF) {
		return p.found, nil // an empty file
	} else if err != nil {
		return p.found, brokenYAML(file, data, err)
	}
	p.section("", doc.Content[0])
	var second yaml.Node
	if err := dec.Decode(&second); err == nil {
		p.fail(&second, "", "want one document in a file, got a second one")
	} else if !errors.Is(err, io.EOF) {
		return p.found, brokenYAML(file, data, err)
	}
	return p.found, errors.Join(p.problems...)
}

type yamlParser struct {
	file     string
	table    table
	found    layer
	problems []error
}

func (p *yamlParser) fail(n *yaml.Node, key, problem string) {
	p.problems = append(p.problems, &Error{Where: p.where(n), Key: key, Problem: problem})
}

func (p *yamlParser) where(n *yaml.Node) string { return p.file + ":" + strconv.Itoa(n.Line) }

// section reads a mapping; its names go on after prefix. A section without
// content is as good as none.
func (p *yamlParser) section(prefix string, n *yaml.Node) {
	n = resolve(n)
	if isNull(n) {
		return
	}
	if n.Kind != yaml.MappingNode {
		p.fail(n, strings.TrimSuffix(prefix, "."), "want a section of keys, got "+describe(n))
		return
	}
	seen := map[string]bool{}
	for i := 0; i+1 < len(n.Content); i += 2 {
		name, value := n.Content[i], n.Content[i+1]
		full := prefix + name.Value
		if seen[full] {
			p.fail(name, full, "given twice")
			continue
		}
		seen[full] = true
		p.entry(full, name, value)
	}
}

func (p *yamlParser) entry(full string, name, value *yaml.Node) {
	key, known := p.table.key(full)
	switch {
	case known:
		p.value(key, name, resolve(value))
	case p.table.section(full):
		p.section(full+".", value)
	default:
		p.fail(name, full, suggest("unknown key", full, p.table.names()))
	}
}

// value reads one setting. A key without a value keeps its default.
func (p *yamlParser) value(key Key, name, n *yaml.Node) {
	if isNull(n) {
		return
	}
	v, err := fromNode(key, n)
	if err == nil {
		err = key.accept(v)
	}
	if err != nil {
		p.fail(n, key.Name, err.Error())
		return
	}
	p.found[key.Name] = entry{value: v, origin: p.where(name)}
}

// fromNode makes a value of a node. It is strict: a number is no text, for
// 0123 and 1e3 would not come out as they were written.
func fromNode(key Key, n *yaml.Node) (any, error) {
	switch {
	case key.Kind == List && n.Kind == yaml.SequenceNode:
		return items(n)
	case key.Name == "mqtt.url" && n.Kind == yaml.ScalarNode && n.Tag == "!!str": // was one text before it was a list
		return key.read(n.Value)
	case key.Kind == Number && n.Kind == yaml.ScalarNode && n.Tag == "!!int":
		return key.read(n.Value)
	case key.Kind == Duration && n.Kind == yaml.ScalarNode && (n.Tag == "!!str" || n.Value == "0"):
		return key.read(n.Value)
	case key.Kind == Text && n.Kind == yaml.ScalarNode && n.Tag == "!!str":
		return n.Value, nil
	case n.Kind == yaml.ScalarNode && n.Tag == "!!bool" && slices.Contains(key.Choices, n.Value):
		return n.Value, nil
	}
	return nil, fmt.Errorf("want %s, got %s", wanted(key, n), describe(n))
}

func items(n *yaml.Node) ([]string, error) {
	list := []string{}
	for _, item := range n.Content {
		item = resolve(item)
		if item.Kind != yaml.ScalarNode || item.Tag != "!!str" {
			return nil, fmt.Errorf("want a list of texts, got %s at line %d", describe(item), item.Line)
		}
		list = append(list, item.Value)
	}
	return list, nil
}

// wanted says what the key takes, with the way out of the usual mistake.
func wanted(key Key, n *yaml.Node) string {
	switch key.Kind {
	case Number:
		return "a whole number"
	case Duration:
		return "a duration with its unit, such as 90s or 250ms"
	case List:
		return "a list such as [a, b]"
	default:
		if n.Kind == yaml.ScalarNode && !key.Secret {
			return fmt.Sprintf("text (in quotes: %q)", n.Value)
		}
		return "text in quotes"
	}
}

// describe names a node without its value, which may be a secret.
func describe(n *yaml.Node) string {
	switch n.Kind {
	case yaml.MappingNode:
		return "a section"
	case yaml.SequenceNode:
		return "a list"
	}
	switch n.Tag {
	case "!!int", "!!float":
		return "a number"
	case "!!bool":
		return "true or false"
	case "!!str":
		return "text"
	case "!!null":
		return "nothing"
	default:
		return "a value of type " + n.Tag
	}
}

func resolve(n *yaml.Node) *yaml.Node {
	if n.Kind == yaml.AliasNode {
		return n.Alias
	}
	return n
}

func isNull(n *yaml.Node) bool { return n.Kind == yaml.ScalarNode && n.Tag == "!!null" }
