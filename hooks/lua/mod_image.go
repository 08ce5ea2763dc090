package lua

import (
	glua "github.com/yuin/gopher-lua"

	"edged/hooks"
	"edged/hooks/lua/vm"
)

func imageEntries() []Entry {
	return []Entry{
		{
			Name: "edged.image.parse", Params: params(need("ref", "string", "")), Returns: orError("edged.Image", ""), fn: imageParse,
			Doc:     "Takes an image reference apart. The registry is docker.io where none is named, the tag latest where there is neither tag nor digest.",
			Example: `edged.image.parse("nginx").repository --> library/nginx`,
		},
		{
			Name: "edged.image.same", Params: params(need("a", "string", ""), need("b", "string", "")), Returns: gives("boolean", ""), fn: imageSame,
			Doc:     "Whether two references mean the same image; a missing tag is latest.",
			Example: `edged.image.same("nginx", "docker.io/library/nginx:latest") --> true`,
		},
		{
			Name: "edged.image.is_pinned", Params: params(need("ref", "string", "")), Returns: gives("boolean", ""), fn: imageIsPinned,
			Doc:     "Whether the reference names a digest, so that it always means the same bytes.",
			Example: `if not edged.image.is_pinned(ev.image.ref) then return edged.deny("pin it") end`,
		},
	}
}

func imageParse(l *glua.LState) int {
	img, err := hooks.ParseImage(vm.StringArg(l, 1))
	if err != nil {
		return failWith(l, err.Error())
	}
	l.Push(imageTable(img))
	return 1
}

func imageSame(l *glua.LState) int {
	l.Push(glua.LBool(sameImage(imageArg(l, 1), imageArg(l, 2))))
	return 1
}

// sameImage compares by digest if both have one, else by tag.
func sameImage(a, b hooks.Image) bool {
	if a.Registry != b.Registry || a.Repository != b.Repository {
		return false
	}
	if a.Digest != "" && b.Digest != "" {
		return a.Digest == b.Digest
	}
	return a.Digest == b.Digest && a.Tag == b.Tag
}

func imageIsPinned(l *glua.LState) int {
	l.Push(glua.LBool(imageArg(l, 1).Digest != ""))
	return 1
}

func imageArg(l *glua.LState, n int) hooks.Image {
	img, err := hooks.ParseImage(vm.StringArg(l, n))
	if err != nil {
		vm.BadArg(l, n, "%v", err)
	}
	return img
}
