package engine

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"sync"

	"github.com/docker/docker/client"
)

// ErrPlatform: the image was built for another kind of machine than the engine runs on.
var ErrPlatform = errors.New("image is for another platform")

// CheckPlatform compares the operating system and the architecture of an image that is there with the engine's. It
// fails with ErrPlatform if the engine's machine can't run the image, with ErrNotFound if there is no such image.
// A 64-bit machine passes for its 32-bit family: arm64 runs arm, amd64 runs 386.
func (c *ContainerClient) CheckPlatform(ctx context.Context, imageRef string) error {
	image, err := c.imageDocument(ctx, imageRef)
	if err != nil {
		return wrapErr("check platform of image", imageRef, err)
	}
	return wrapErr("check platform of image", imageRef, c.matchPlatform(ctx, image))
}

func (c *ContainerClient) matchPlatform(ctx context.Context, image document) error {
	os, arch, err := c.machine.read(ctx, c.Client)
	if err != nil {
		return fmt.Errorf("read platform of engine: %w", err)
	}
	return checkPlatform(image.text("Os"), image.text("Architecture"), image.text("Variant"), os, arch)
}

// machine is what the engine runs on. It is asked for once: it never changes, and for each answer Podman runs half a
// dozen programs.
type machine struct {
	mu       sync.Mutex
	os, arch string // arch may be the kernel's name
}

func (m *machine) read(ctx context.Context, cli *client.Client) (os, arch string, err error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.arch != "" {
		return m.os, m.arch, nil
	}
	version, err := cli.ServerVersion(bounded(ctx))
	if err != nil {
		return "", "", err
	}
	arch = version.Arch
	if goArch(arch) == "arm" { // the version leaves out which
		info, err := cli.Info(bounded(ctx))
		if err != nil {
			return "", "", err
		}
		arch = info.Architecture
	}
	m.os, m.arch = version.Os, arch
	return m.os, m.arch, nil
}

// checkPlatform lets pass what isn't known: an image imported from a file system may say nothing. machine may be the
// kernel's name, which says how old an arm is.
func checkPlatform(imageOS, imageArch, variant, engineOS, machine string) error {
	sameOS := imageOS == "" || engineOS == "" || imageOS == engineOS
	arch := goArch(imageArch)
	sameArch := arch == "" || machine == "" || arch == goArch(machine) || compatible(arch, goArch(machine))
	if sameOS && sameArch && !tooNew(variant, machine) {
		return nil
	}
	return fmt.Errorf("%w: image is %s/%s%s, engine is %s/%s", ErrPlatform, imageOS, imageArch, variant, engineOS, machine)
}

// tooNew reports whether an image needs a newer arm than the machine is ("armv6l").
func tooNew(variant, machine string) bool {
	return strings.HasPrefix(machine, "armv6") && (variant == "v7" || variant == "v8") ||
		strings.HasPrefix(machine, "armv5") && variant > "v5"
}

func compatible(image, machine string) bool {
	return machine == "arm64" && image == "arm" || machine == "amd64" && image == "386"
}

// goArch writes an architecture as images do; engines on some machines give the kernel's name.
func goArch(arch string) string {
	switch arch {
	case "x86_64":
		return "amd64"
	case "aarch64":
		return "arm64"
	case "armv5tel", "armv5tejl", "armv6l", "armv7l", "armv8l", "armhf", "armel":
		return "arm"
	case "i386", "i686":
		return "386"
	}
	return arch
}
