// Package unpack makes a folder of what a compose project is delivered as: its compose file alone, or a tar or tar.gz with
// one. It reads what archives of files and folders have in common and costs a tenth of the library's package. It reads no
// zip: archive/zip, which brings a compressor along, costs 128 KiB on arm64.
package unpack

import (
	"bufio"
	"bytes"
	"compress/gzip"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strconv"
	"strings"
)

const (
	block    = 512
	maxBytes = 512 << 20 // of all files of an archive
	maxFiles = 10000
	maxName  = 64 << 10 // of a header that holds a long name

	composeFile = "docker-compose.yaml"
)

// Project puts the file's contents into dir, which is made anew, and reports whether it was an archive. Nothing is put
// elsewhere, whatever the names in it; links are refused.
func Project(file, dir string) (archive bool, err error) {
	f, err := os.Open(file)
	if err != nil {
		return false, err
	}
	defer f.Close()
	if err := errors.Join(os.RemoveAll(dir), os.MkdirAll(dir, 0o755)); err != nil {
		return false, err
	}
	in := bufio.NewReader(f)
	if magic, _ := in.Peek(4); string(magic) == "PK\x03\x04" || string(magic) == "PK\x05\x06" { // the latter is an empty one
		return true, fmt.Errorf("unpack %s: zip archives are not read; pack it as tar.gz", file)
	}
	if magic, _ := in.Peek(2); bytes.Equal(magic, []byte{0x1f, 0x8b}) {
		unzipped, err := gzip.NewReader(in)
		if err != nil {
			return true, fmt.Errorf("unpack %s: %w", file, err)
		}
		in = bufio.NewReader(unzipped)
		archive = true
	}
	if head, _ := in.Peek(block); len(head) == block && bytes.HasPrefix(head[257:], []byte("ustar")) {
		if err := untar(io.LimitReader(in, maxBytes), dir); err != nil {
			return true, fmt.Errorf("unpack %s: %w", file, err)
		}
		return true, nil
	}
	if archive {
		return true, fmt.Errorf("unpack %s: no tar in it", file)
	}
	return false, write(filepath.Join(dir, composeFile), 0o644, in)
}

// untar reads the formats ustar, pax and GNU's, of which it knows files, folders and long names.
func untar(r io.Reader, dir string) error {
	var head [block]byte
	long := ""
	for range maxFiles {
		if _, err := io.ReadFull(r, head[:]); errors.Is(err, io.EOF) || err == nil && head == [block]byte{} {
			return nil
		} else if err != nil {
			return err
		}
		size, mode, err := numbers(&head)
		if err != nil {
			return err
		}
		name := text(head[:100])
		if prefix := text(head[345:500]); prefix != "" && head[262] == 0 { // in GNU's format something else is there
			name = prefix + "/" + name
		}
		if long != "" {
			name, long = long, ""
		}
		if !filepath.IsLocal(name) {
			return fmt.Errorf("%q: it is elsewhere", name)
		}
		path := filepath.Join(dir, name)
		body := &io.LimitedReader{R: r, N: size}
		switch kind := head[156]; kind {
		case 'L', 'x':
			long, err = longName(kind, body, size)
		case '5':
			err = os.MkdirAll(path, 0o755)
		case '0', 0, '7':
			err = write(path, os.FileMode(mode)&0o755|0o600, body)
		case '1', '2':
			err = errors.New("links are not taken")
		}
		if err == nil {
			_, err = io.Copy(io.Discard, io.MultiReader(body, io.LimitReader(r, -size&(block-1))))
		}
		if err == nil && body.N > 0 {
			err = io.ErrUnexpectedEOF
		}
		if err != nil {
			return fmt.Errorf("%s: %w", name, err)
		}
	}
	return fmt.Errorf("more than %d files", maxFiles)
}

// numbers reads size and mode of a header whose sum is right.
func numbers(head *[block]byte) (size, mode int64, err error) {
	sum := int64(0)
	for i, b := range head {
		if i >= 148 && i < 156 {
			b = ' '
		}
		sum += int64(b)
	}
	want, err := octal(head[148:156])
	if err == nil && want != sum {
		err = errors.New("its sum is wrong")
	}
	if err == nil {
		size, err = octal(head[124:136])
	}
	if err == nil {
		mode, err = octal(head[100:108])
	}
	if err != nil {
		err = fmt.Errorf("header: %w", err)
	}
	return size, mode, err
}

func octal(field []byte) (int64, error) {
	n, err := strconv.ParseUint(strings.Trim(text(field), " "), 8, 40)
	return int64(n), err
}

// text is what stands before the first NUL.
func text(field []byte) string {
	before, _, _ := bytes.Cut(field, []byte{0})
	return string(before)
}

// longName reads the name of the file that comes next: GNU's is there as it is, pax has lines of "LENGTH path=NAME".
func longName(kind byte, body io.Reader, size int64) (string, error) {
	if size > maxName {
		return "", errors.New("its name is too long")
	}
	all, err := io.ReadAll(body)
	if kind == 'L' {
		return text(all), err
	}
	for line := range strings.Lines(string(all)) {
		if _, name, found := strings.Cut(line, " path="); found {
			return strings.TrimSuffix(name, "\n"), err
		}
	}
	return "", err
}

// write needs to mind no links: there are none.
func write(path string, mode os.FileMode, from io.Reader) error {
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		return err
	}
	f, err := os.OpenFile(path, os.O_WRONLY|os.O_CREATE|os.O_TRUNC, mode)
	if err != nil {
		return err
	}
	_, err = io.Copy(f, from)
	return errors.Join(err, f.Close())
}
