package hooks

import (
	"fmt"

	"github.com/distribution/reference"
)

// maxReference is more than engines take: a name has 255 bytes, a tag 128, a digest
// 71 or 135. Taking apart what is longer costs time.
const maxReference = 1024

// ParseImage takes an image reference apart as engines understand it: without a
// registry it is of docker.io, without a tag or digest its tag is latest.
func ParseImage(ref string) (Image, error) {
	if len(ref) > maxReference {
		return Image{}, fmt.Errorf("image reference %.32q...: longer than %d bytes", ref, maxReference)
	}
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
