// Package shelf keeps whole files beside the log of events: what was computed
// from it up to a place, so that a start need not read it from the beginning. A
// file is there as it was written or as it was before, never in between.
//
// It is not for what cannot be computed again, and it does not look into files.
//
//	s, err := shelf.Open("events/snapshots")
//	err = s.Save("main", raw)
package shelf

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
)

// Shelf is a folder. It is safe for concurrent use on different names.
type Shelf struct{ dir string }

// Open takes a folder and makes it where it is missing; its owner alone can read it.
func Open(dir string) (*Shelf, error) {
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return nil, fmt.Errorf("shelf: make the folder: %w", err)
	}
	return &Shelf{dir}, nil
}

// path refuses names that lead elsewhere.
func (s *Shelf) path(name string) (string, error) {
	if name == "" || strings.ContainsAny(name, `/\`) || strings.HasPrefix(name, ".") || len(name) > 200 {
		return "", errors.New("shelf: this is no plain name of a file")
	}
	return filepath.Join(s.dir, name), nil
}

// Load returns what was saved, nil if nothing was.
func (s *Shelf) Load(name string) ([]byte, error) {
	file, err := s.path(name)
	if err != nil {
		return nil, err
	}
	raw, err := os.ReadFile(file)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, fmt.Errorf("shelf: read: %w", err)
	}
	return raw, nil
}

// Save replaces a file; when it returns nil the new one is on the disk.
func (s *Shelf) Save(name string, raw []byte) error {
	file, err := s.path(name)
	if err != nil {
		return err
	}
	if err := s.write(file, raw); err != nil {
		_ = os.Remove(file + ".new")
		return fmt.Errorf("shelf: write: %w", err)
	}
	return nil
}

func (s *Shelf) write(file string, raw []byte) error {
	f, err := os.OpenFile(file+".new", os.O_CREATE|os.O_TRUNC|os.O_WRONLY, 0o600)
	if err != nil {
		return err
	}
	_, err = f.Write(raw)
	if err := errors.Join(err, f.Sync(), f.Close()); err != nil {
		return err
	}
	if err := os.Rename(file+".new", file); err != nil {
		return err
	}
	d, err := os.Open(s.dir)
	if err != nil {
		return err
	}
	return errors.Join(d.Sync(), d.Close())
}
