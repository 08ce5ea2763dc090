package hooks

import (
	"fmt"

	"github.com/distribution/reference"
)

// ParseImage takes an image reference apart as engines understand it: without a
// registry it is of docker.io, without a tag or digest its tag is latest.
func ParseImage(ref string) (Image, error) {
	named, err := reference.ParseNormalizedNamed(ref)
	if err != nil {
		return Image{}, fmt.Errorf("image reference %q: %w", ref, err)
	}
	img := Image{Ref: ref, Registry: reference.Domain(named), Repository: reference.Path(named)}
	if t, ok := reference.TagNameOnly(named).(reference.Tagged); ok {
		img.Tag = t.Tag()
	}
	if d, ok := named.(reference.Digested); ok {
		img.Digest = d.Digest().String()
	}
	return img, nil
}
