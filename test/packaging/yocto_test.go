package packaging

import (
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

const layer = "yocto/meta-tedge-container/"

func TestLayer(t *testing.T) {
	conf := string(content(t, layer+"conf/layer.conf"))
	for _, line := range []string{
		`BBFILE_COLLECTIONS += "tedge-container"`,
		`BBFILE_PATTERN_tedge-container = "^${LAYERDIR}/"`,
		`LAYERSERIES_COMPAT_tedge-container = "scarthgap wrynose"`,
		`LAYERDEPENDS_tedge-container = "core"`,
		// On scarthgap, where that recipe is skipped, the other one provides it.
		`PREFERRED_PROVIDER_edged ??= "edged"`,
	} {
		if !strings.Contains(conf, line+"\n") {
			t.Errorf("layer.conf lacks %s", line)
		}
	}
	for _, name := range []string{"README.md", "SECURITY.md", "COPYING"} {
		content(t, layer+name)
	}
	recipes, err := filepath.Glob(filepath.Join(root, layer, "recipes-*", "*", "*.bb"))
	if err != nil || len(recipes) != 5 {
		t.Fatalf("recipes: %v, %v", recipes, err)
	}
	for _, name := range recipes {
		text, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		for _, bad := range []string{"network]", "pkg_postinst_ontarget", "gomod://", "AUTOREV", "file:///"} {
			if strings.Contains(string(text), bad) {
				t.Errorf("%s: %s", name, bad)
			}
		}
		// Without the release files, what needs edged is skipped, too: a dependency that nothing provides ends every build of the world.
		if filepath.Base(name) != "edged-conf_1.0.bb" && !regexp.MustCompile(`(?m)^require .*edged(-mirror)?\.inc$`).Match(text) {
			t.Errorf("%s does not ask for EDGED_MIRROR", name)
		}
	}
}

// The source recipe is skipped where the series' Go is older than go.mod wants, so it must know.
func TestGoVersion(t *testing.T) {
	want := regexp.MustCompile(`(?m)^go (\d+\.\d+)`).FindStringSubmatch(string(content(t, "go.mod")))
	got := regexp.MustCompile(`(?m)^EDGED_GO = "(.*)"`).FindStringSubmatch(string(content(t, layer+"recipes-edged/edged/edged.bb")))
	if want == nil || got == nil || want[1] != got[1] {
		t.Errorf("go.mod has %q, the recipe %q", want, got)
	}
}

// skips runs the function of the source recipe that skips it, for a series whose GOVERSION is the argument, or is not set.
const skips = `
import re, sys, types

class SkipRecipe(Exception):
    pass

def number(version):
    return [int(part) for part in version.split('.')]

def compare(a, b, op):
    assert op == '<', op
    return number(a) < number(b)

parse = types.SimpleNamespace(SkipRecipe=SkipRecipe)
bb = types.SimpleNamespace(parse=parse, utils=types.SimpleNamespace(vercmp_string_op=compare))
text = open(sys.argv[1]).read()
variables = dict(re.findall(r'^(\w+) = "(.*)"$', text, re.M))
variables.update(GOVERSION=sys.argv[2] if len(sys.argv) > 2 else None)
d = types.SimpleNamespace(getVar=variables.get)
body = re.search(r'^python \(\) {\n(.*?)^}', text, re.M | re.S).group(1)
try:
    exec('if True:\n' + body)
    print('built')
except SkipRecipe:
    print('skipped')
`

// scarthgap has "1.22%", wrynose sets no GOVERSION.
func TestSourceRecipeIsSkipped(t *testing.T) {
	needs(t, "python3")
	for _, c := range []struct {
		args []string
		want string
	}{
		{nil, "built"},
		{[]string{""}, "built"},
		{[]string{"1.4%"}, "skipped"},
		{[]string{"1.22%"}, "skipped"},
		{[]string{"1.22.12"}, "skipped"},
		{[]string{"1.26%"}, "built"},
		{[]string{"1.26.5"}, "built"},
		{[]string{"1.27.%"}, "built"},
	} {
		recipe := filepath.Join(root, layer, "recipes-edged", "edged", "edged.bb")
		out, err := exec.Command("python3", append([]string{"-c", skips, recipe}, c.args...)...).CombinedOutput()
		if got := strings.TrimSpace(string(out)); err != nil || got != c.want {
			t.Errorf("with GOVERSION %q: %v, %s", c.args, err, got)
		}
	}
}

// Yocto, Buildroot and the checksums speak of the same release.
func TestRelease(t *testing.T) {
	release := string(content(t, layer+"recipes-edged/edged/edged-release.inc"))
	version := regexp.MustCompile(`EDGED_VERSION = "(.*)"`).FindStringSubmatch(release)
	if version == nil {
		t.Fatal("edged-release.inc names no version")
	}
	if !strings.Contains(string(content(t, "buildroot/package/edged/edged.mk")), "\nEDGED_VERSION = "+version[1]+"\n") {
		t.Errorf("Buildroot has another version than %s", version[1])
	}
	source := regexp.MustCompile(`SRC_URI\[source.sha256sum\] = "([0-9a-f]{64})"`).FindStringSubmatch(release)
	if source == nil || !strings.Contains(string(content(t, "buildroot/package/edged/edged.hash")), source[1]+"  edged-"+version[1]+"-source.tar.gz\n") {
		t.Errorf("Buildroot's checksum is not %q", source)
	}
	for _, arch := range []string{"arm64", "armv7", "armv6", "armv5", "amd64"} {
		if !regexp.MustCompile(`SRC_URI\[` + arch + `.sha256sum\] = "[0-9a-f]{64}"`).MatchString(release) {
			t.Errorf("no checksum for %s", arch)
		}
	}
}
