package registry

import (
	"encoding/base64"
	"encoding/json"
	"strings"
)

// login is what a registry wants to see. Its JSON is what Docker's config.json, Podman's auth.json, the header
// X-Registry-Auth and credential helpers have in common.
type login struct {
	Username      string `json:"username,omitempty"`
	Password      string `json:"password,omitempty"`
	Auth          string `json:"auth,omitempty"`          // in files: user and password in base64
	IdentityToken string `json:"identitytoken,omitempty"` // stands in for the password
	ServerAddress string `json:"serveraddress,omitempty"` // in the header
	Secret        string `json:"Secret,omitempty"`        // from a helper
}

// header is the value of X-Registry-Auth: JSON in base64 for URLs. It is empty if there is nothing to log in with.
func (l *login) header(server string) string {
	if l == nil { // null in a file
		return ""
	}
	if text, err := base64.StdEncoding.DecodeString(l.Auth); err == nil && l.Auth != "" {
		user, password, _ := strings.Cut(string(text), ":")
		l.Username, l.Password = user, strings.Trim(password, "\x00")
	}
	switch {
	case l.Secret == "":
	case l.Username == "<token>": // so a helper says that its secret is an identity token (docker-credential-helpers)
		l.Username, l.IdentityToken = "", l.Secret
	default:
		l.Password = l.Secret
	}
	if (l.Username == "" || l.Password == "") && l.IdentityToken == "" {
		return ""
	}
	l.Auth, l.Secret, l.ServerAddress = "", "", server
	text, err := json.Marshal(l)
	if err != nil { // texts always have a JSON form
		return ""
	}
	return base64.URLEncoding.EncodeToString(text)
}
