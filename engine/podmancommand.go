package engine

import (
	"slices"
	"strings"
)

// fromCommand takes what no inspect shows from the arguments of the podman command that made the container. A container
// made through an API has the arguments of the service there, which say nothing; see podmanHidden.
func (p *podmanSpec) fromCommand() {
	command := slices.Clone(p.command())
	sysctls := map[string]any(p.hidden.sysctls.copy())
	if sysctls == nil {
		sysctls = map[string]any{}
	}
	for _, value := range flagValues(command, "--sysctl") {
		name, setting, _ := strings.Cut(value, "=")
		sysctls[name] = setting
	}
	p.spec["sysctl"] = sysctls
	for i, argument := range command {
		if argument == p.oldRef {
			command[i] = p.body.config().text("Image")
		}
	}
	p.spec["containerCreateCommand"] = texts(command)
}

func (p *podmanSpec) command() []string {
	return p.native.object("Config").texts("CreateCommand")
}

// names reports whether a command has a word, alone or as the value of an option ("--ip=W", "net:ip=W,mac=…").
func names(command []string, word string) bool {
	return word != "" && slices.ContainsFunc(command, func(argument string) bool {
		return slices.ContainsFunc(strings.FieldsFunc(argument, func(r rune) bool { return r == '=' || r == ',' }), func(part string) bool {
			return strings.EqualFold(part, word)
		})
	})
}

// flagValues are the values of an option in a command, as "--name value" or "--name=value".
func flagValues(command []string, name string) []string {
	var values []string
	for i, argument := range command {
		if value, found := strings.CutPrefix(argument, name+"="); found {
			values = append(values, value)
		} else if argument == name && i+1 < len(command) {
			values = append(values, command[i+1])
		}
	}
	return values
}
