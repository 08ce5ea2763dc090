package lab

import (
	"archive/tar"
	"bytes"
	"debug/elf"
	"encoding/binary"
	"fmt"
	"os"
	"os/exec"
	"strings"
)

const (
	busyboxPath = "/bin/busybox" // of the package busybox-static
	elfHeader   = 64             // bytes of an ELF header, 64-bit
)

// baseLayer is a root file system with the busybox of that path and all its commands, the layer that every image shares.
func baseLayer(path string) (layer, error) {
	program, err := os.ReadFile(path)
	if err != nil {
		return layer{}, fmt.Errorf("make base layer: %w", err)
	}
	commands, err := exec.Command(busyboxPath, "--list").Output()
	if err != nil {
		return layer{}, fmt.Errorf("make base layer: list the commands of busybox: %w", err)
	}
	return pack(func(w *tar.Writer) error {
		for _, dir := range []string{"bin", "dev", "etc", "proc", "sys", "tmp", "var", "www"} {
			if err := w.WriteHeader(&tar.Header{Typeflag: tar.TypeDir, Name: dir + "/", Mode: 0o1777}); err != nil {
				return err
			}
		}
		for name := range strings.FieldsSeq(string(commands)) {
			if name == "busybox" {
				continue
			}
			if err := w.WriteHeader(&tar.Header{Typeflag: tar.TypeSymlink, Name: "bin/" + name, Linkname: "busybox", Mode: 0o777}); err != nil {
				return err
			}
		}
		if err := addFile(w, "etc/passwd", []byte("root:x:0:0:root:/:/bin/sh\nnobody:x:65534:65534:nobody:/:/bin/false\n")); err != nil {
			return err
		}
		return addFile(w, "bin/busybox", program)
	})
}

// foreignProgram is a program of another machine: enough of its header for the kernel to refuse it.
func foreignProgram(machine elf.Machine) string {
	header := make([]byte, elfHeader)
	copy(header, elf.ELFMAG)
	header[elf.EI_CLASS], header[elf.EI_DATA], header[elf.EI_VERSION] = byte(elf.ELFCLASS64), byte(elf.ELFDATA2LSB), byte(elf.EV_CURRENT)
	fields := new(bytes.Buffer)
	for _, field := range []any{elf.ET_EXEC, machine, uint32(elf.EV_CURRENT)} {
		_ = binary.Write(fields, binary.LittleEndian, field) // a Buffer takes it all
	}
	copy(header[elf.EI_NIDENT:], fields.Bytes())
	return string(header)
}
