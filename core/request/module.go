package request

import (
	"fmt"
	"strings"
)

// SoftwareUpdate brings modules of software to what is wanted of them, all of them or none. It is asked for by
// thin-edge.io's software management, over MQTT or by its plugins: it is none of [Ops].
const SoftwareUpdate Op = "software_update"

// SoftwareList is the question which modules there are. It is asked for where SoftwareUpdate is: it is none of [Questions].
const SoftwareList Op = "software_list"

// The types of modules, as thin-edge.io's software management names them.
const (
	TypeContainer = "container"       // the name is the container's, the version its image reference
	TypeGroup     = "container-group" // a compose project; its file is a compose file, or an archive with one
	TypeImage     = "container-image" // the name is the repository, the version the tag or digest
)

// ModuleTypes returns every type of module.
func ModuleTypes() []string { return []string{TypeContainer, TypeGroup, TypeImage} }

// What can be wanted of a module.
const (
	ActionInstall = "install" // that it is there in this version
	ActionRemove  = "remove"  // that it is not
)

// Module is a piece of software as thin-edge.io's software management has it.
type Module struct {
	Type    string `json:"type"`
	Name    string `json:"name"`
	Version string `json:"version,omitempty"` // to remove: only if it is this one; empty: whichever
	Action  string `json:"action,omitempty"`
	URL     string `json:"url,omitempty"`    // from where to download the file; #sha256=HEX behind it is its checksum
	File    string `json:"file,omitempty"`   // image archive, compose file or archive of a project, on the device
	SHA256  string `json:"sha256,omitempty"` // of the file behind URL, in hexadecimal
}

// validate says what is missing or wrong, naming the field.
func (m *Module) validate() error {
	install, file := m.Action == ActionInstall, m.File+m.URL
	var field string
	switch {
	case m.Type != TypeContainer && m.Type != TypeGroup && m.Type != TypeImage:
		field = "type"
	case m.Name == "", m.Type != TypeImage && (m.Name[0] == '.' || strings.Contains(m.Name, "/")):
		field = "name"
	case !install && m.Action != ActionRemove:
		field = "action"
	case install && m.Type == TypeGroup && file == "":
		field = "url" // or file
	case install && m.Type == TypeContainer && m.Version+file == "":
		field = "version"
	default:
		return nil
	}
	return fmt.Errorf("%s module %q: field %s: missing or wrong", m.Type, m.Name, field)
}

// Key is what nobody else may work on meanwhile.
func (m *Module) Key() string { return m.Type + " " + m.Name }

// Goals leaves out what is not the last word about a module: an updater that removes the old version and installs the new
// one, in whichever order, wants the new one.
func Goals(modules []Module) (goals []Module) {
	known := map[string]int{}
	for i := range modules {
		m := &modules[i]
		key := m.Key()
		if m.Type == TypeImage {
			key += " " + m.Version
		}
		switch same, found := known[key]; {
		case !found:
			known[key] = len(goals)
			goals = append(goals, *m)
		case m.Action == ActionInstall || m.Version == "" || goals[same].Version == m.Version:
			goals[same] = *m
		}
	}
	return goals
}
