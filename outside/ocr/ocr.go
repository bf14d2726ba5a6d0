// Package ocr reads the text of a picture with the program tesseract, if it is
// installed, as a child process that can do little harm: no network, no
// environment, an empty folder of its own, bounded memory, processor time, run
// time and output.
//
// It is not for judging or cleaning pictures: contact/image makes the PNG that
// is given here, and reads a contact from the text. No model ships with
// Bonafide; without tesseract everything else works, and Available says what to
// install.
//
//	reader := ocr.New(ocr.Config{})
//	if st := reader.Available(); st.OK {
//		text, err := reader.Read(ctx, png, "eng+deu")
//	}
package ocr

import (
	"bytes"
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"
	"unicode/utf8"
)

// Config says how tesseract is run. Zero values mean the default.
type Config struct {
	// Binary is the program's path or name; default "tesseract".
	Binary string
	// Languages are the models to use, joined by "+"; default "eng+deu+jpn".
	// Those that are not installed are left out.
	Languages string
	// TessdataPrefix is the folder of the models, if not the program's own.
	TessdataPrefix string
	// Timeout ends one reading; default 30 s. It includes no waiting for a turn.
	Timeout time.Duration
	// MaxPixels is width times height of a picture; default 25 million.
	MaxPixels int
	// MaxBytes is the size of a picture's file; default 32 MiB.
	MaxBytes int
	// MaxMemoryBytes bounds the program's address space; default 1 GiB. Three
	// languages need about 300 MiB.
	MaxMemoryBytes int64
	// MaxOutput bounds the text; default 256 KiB. More is cut off.
	MaxOutput int
	// Concurrency is the number of readings at a time; default 2.
	Concurrency int
}

func (c Config) filled() Config {
	def := func(v *int, d int) {
		if *v <= 0 {
			*v = d
		}
	}
	if c.Binary == "" {
		c.Binary = "tesseract"
	}
	if c.Languages == "" {
		c.Languages = "eng+deu+jpn"
	}
	if c.Timeout <= 0 {
		c.Timeout = 30 * time.Second
	}
	if c.MaxMemoryBytes <= 0 {
		c.MaxMemoryBytes = 1 << 30
	}
	def(&c.MaxPixels, 25_000_000)
	def(&c.MaxBytes, 32<<20)
	def(&c.MaxOutput, 256<<10)
	def(&c.Concurrency, 2)
	return c
}

// The errors of a reading, for errors.Is. None holds anything of the picture.
var (
	// ErrNotInstalled: the program or its models are missing; Status.Hint tells
	// what to install.
	ErrNotInstalled = errors.New("OCR is not installed")
	// ErrTimeout: the program took longer than Config.Timeout and was ended.
	ErrTimeout = errors.New("OCR took too long: send only the part of the picture with the text")
	// ErrPicture: what was given is no PNG within the bounds.
	ErrPicture = errors.New("picture for OCR is no PNG or too large")
	// ErrFailed: the program ended with an error.
	ErrFailed = errors.New("OCR could not read the picture")
)

// Status tells an operator what there is.
type Status struct {
	// OK: the program and at least one of the wanted languages are there.
	OK bool
	// Version is that of the program ("5.3.0").
	Version string
	// Languages are the models that will be used, Missing the wanted ones that
	// are not installed.
	Languages, Missing []string
	// Network is true when the program could reach the network, because the
	// system does not let us take it away.
	Network bool
	// Hint is the one command that installs what is missing; empty when nothing
	// is.
	Hint string
}

// Reader runs tesseract. It is safe for concurrent use.
type Reader struct {
	cfg   Config
	turns chan struct{}

	mu     sync.Mutex // guards status, known
	status Status
	known  bool
}

// New makes a reader. It runs nothing yet.
func New(cfg Config) *Reader {
	cfg = cfg.filled()
	return &Reader{cfg: cfg, turns: make(chan struct{}, cfg.Concurrency)}
}

// Available tells whether OCR can be used. The program is asked once; a
// negative answer is not kept, so that an installation shows without restart.
func (r *Reader) Available() Status {
	r.mu.Lock()
	defer r.mu.Unlock()
	if !r.known {
		r.status = r.probe()
		r.known = r.status.OK && r.status.Hint == ""
	}
	return r.status
}

// probe asks the program for its version and languages, once without network
// and, where the system forbids that, once more with it.
func (r *Reader) probe() Status {
	want := wanted(r.cfg.Languages)
	st := Status{Missing: want, Hint: hint(true, want)}
	path, err := exec.LookPath(r.cfg.Binary)
	if err != nil {
		return st
	}
	ctx, cancel := context.WithTimeout(context.Background(), 10*time.Second)
	defer cancel()
	out, err := r.run(ctx, path, nil, true, "--list-langs")
	if err != nil {
		st.Network = true
		if out, err = r.run(ctx, path, nil, false, "--list-langs"); err != nil {
			return st
		}
	}
	st.Network = st.Network || !canIsolate
	if v, err := r.run(ctx, path, nil, !st.Network, "--version"); err == nil {
		first, _, _ := strings.Cut(string(v), "\n")
		_, st.Version, _ = strings.Cut(strings.TrimSpace(first), " ")
	}
	have := strings.Fields(string(out))
	st.Missing = nil
	for _, l := range want {
		if slices.Contains(have, l) {
			st.Languages = append(st.Languages, l)
		} else {
			st.Missing = append(st.Missing, l)
		}
	}
	st.OK = len(st.Languages) > 0
	st.Hint = hint(false, st.Missing)
	return st
}

// wanted splits "eng+deu" and keeps only names of models: letters, digits and
// "_", so that nothing else reaches the command line.
func wanted(langs string) []string {
	var out []string
	for _, l := range strings.Split(langs, "+") {
		ok := l != "" && len(l) <= 32 && strings.Trim(l, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_") == ""
		if ok && !slices.Contains(out, l) && len(out) < 8 {
			out = append(out, l)
		}
	}
	return out
}

func hint(program bool, missing []string) string {
	if !program && len(missing) == 0 {
		return ""
	}
	cmd := "apt-get install"
	if program {
		cmd += " tesseract-ocr"
	}
	for _, l := range missing {
		// Debian's packages write chi_sim as chi-sim; eng comes with the program.
		if l != "eng" || !program {
			cmd += " tesseract-ocr-" + strings.ReplaceAll(strings.ToLower(l), "_", "-")
		}
	}
	return cmd
}

// Read returns the text of a PNG as tesseract reads it, line by line, UTF-8.
// langs are models joined by "+"; empty means Config.Languages. The error wraps
// one of this package's or the context's.
func (r *Reader) Read(ctx context.Context, png []byte, langs string) (string, error) {
	if err := r.check(png); err != nil {
		return "", err
	}
	st := r.Available()
	if !st.OK {
		return "", fmt.Errorf("ocr: read: %w: %s", ErrNotInstalled, st.Hint)
	}
	use := st.Languages
	if langs != "" {
		use = slices.DeleteFunc(wanted(langs), func(l string) bool { return !slices.Contains(st.Languages, l) })
		if len(use) == 0 {
			return "", fmt.Errorf("ocr: read: %w: none of the languages asked for is among %s", ErrNotInstalled, strings.Join(st.Languages, "+"))
		}
	}
	select {
	case r.turns <- struct{}{}:
		defer func() { <-r.turns }()
	case <-ctx.Done():
		return "", fmt.Errorf("ocr: wait for a turn: %w", ctx.Err())
	}
	path, err := exec.LookPath(r.cfg.Binary)
	if err != nil {
		return "", fmt.Errorf("ocr: read: %w", ErrNotInstalled)
	}
	child, cancel := context.WithTimeout(ctx, r.cfg.Timeout)
	defer cancel()
	// Page segmentation 4, one column of lines of several sizes, misread least
	// of our own screenshots (13 of 3,132 characters; the default, 3, takes the
	// right side of a status bar or bubble for another column: 25).
	out, err := r.run(child, path, png, !st.Network, "stdin", "stdout", "-l", strings.Join(use, "+"), "--psm", "4")
	switch {
	case ctx.Err() != nil:
		return "", fmt.Errorf("ocr: read: %w", ctx.Err())
	case child.Err() != nil:
		return "", fmt.Errorf("ocr: read: %w", ErrTimeout)
	case err != nil:
		return "", fmt.Errorf("ocr: read: %w: %w", ErrFailed, err)
	}
	return strings.ToValidUTF8(string(out), "\uFFFD"), nil
}

// check looks at the header of the PNG (RFC 2083, 11.2.1): nothing else is
// handed to the program, and nothing beyond the bounds.
func (r *Reader) check(b []byte) error {
	if len(b) > r.cfg.MaxBytes || len(b) < 24 || string(b[:8]) != "\x89PNG\r\n\x1a\n" || string(b[12:16]) != "IHDR" {
		return fmt.Errorf("ocr: picture of %d bytes: %w", len(b), ErrPicture)
	}
	w, h := int64(binary.BigEndian.Uint32(b[16:])), int64(binary.BigEndian.Uint32(b[20:]))
	if w == 0 || h == 0 || w > 1<<20 || h > 1<<20 || w*h > int64(r.cfg.MaxPixels) {
		return fmt.Errorf("ocr: picture of %d x %d pixels: %w", w, h, ErrPicture)
	}
	return nil
}

// run starts the program in an empty folder and returns what it writes.
func (r *Reader) run(ctx context.Context, path string, in []byte, isolated bool, args ...string) ([]byte, error) {
	path, err := filepath.Abs(path)
	if err != nil {
		return nil, err
	}
	dir, err := os.MkdirTemp("", "ocr-")
	if err != nil {
		return nil, errors.New("no temporary folder can be made")
	}
	defer func() { _ = os.RemoveAll(dir) }()
	name, argv := bounded(path, args, r.cfg.MaxMemoryBytes, int(r.cfg.Timeout/time.Second)+5)
	cmd := exec.CommandContext(ctx, name, argv...)
	cmd.Dir = dir
	cmd.Env = []string{"OMP_THREAD_LIMIT=1", "LC_ALL=C", "TMPDIR=" + dir}
	if p := r.cfg.TessdataPrefix; p != "" {
		cmd.Env = append(cmd.Env, "TESSDATA_PREFIX="+p)
	}
	cmd.Stdin = bytes.NewReader(in)
	out := &limited{left: r.cfg.MaxOutput}
	cmd.Stdout = out
	cmd.WaitDelay = time.Second
	confine(cmd, isolated)
	if err := cmd.Run(); err != nil {
		var exit *exec.ExitError
		if errors.As(err, &exit) {
			return nil, errors.New("program ended with status " + strconv.Itoa(exit.ExitCode()))
		}
		return nil, errors.New("program could not be run")
	}
	return out.text(), nil
}

// limited keeps the first bytes and takes the rest without keeping it, so that
// the program does not fail on a closed pipe.
type limited struct {
	buf  bytes.Buffer
	left int
}

// Write implements io.Writer and never fails.
func (l *limited) Write(p []byte) (int, error) {
	n := min(len(p), l.left)
	l.buf.Write(p[:n])
	l.left -= n
	return len(p), nil
}

func (l *limited) text() []byte {
	b := l.buf.Bytes()
	for i := 0; i < 3 && len(b) > 0 && !utf8.Valid(b[max(0, len(b)-4):]) && l.left == 0; i++ {
		b = b[:len(b)-1]
	}
	return b
}
