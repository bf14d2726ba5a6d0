// Package keyfile keeps a keyring in a file that only its owner can read, beside
// the records or wherever the operator put it, and follows the file while others
// change it.
//
// It is not for backups: a ring that stands in the backup of what it sealed
// protects nothing. And it is one way to keep keys: a key service takes its place
// by implementing keyring.Wrapper.
//
//	f, err := keyfile.Open("records/keyring.json")
//	s := keyring.NewSealer(f, rand.Reader)
package keyfile

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"runtime"
	"sync"
	"time"

	"bonafide/fault"
	"bonafide/keyring"
)

// Follow is how long a change of the file may stay unseen by a process that has
// it open.
const Follow = time.Second

// File is a keyring in a file, or one that was given as a text. It implements
// keyring.Wrapper and is safe for concurrent use.
type File struct {
	path string // "": given as a text
	mu   sync.Mutex
	ring *keyring.Ring // guarded by mu, as what follows
	seen fs.FileInfo
	at   time.Time
	bad  error       // why the file as it is now cannot be read; nil: it was
	warn func(error) // may be nil
}

var _ keyring.Wrapper = (*File)(nil)

// Open reads a keyring. One that does not exist is NotFound.
func Open(path string) (*File, error) {
	f := &File{path: path}
	ring, info, err := read(path)
	if err != nil {
		return nil, err
	}
	f.ring, f.seen, f.at = ring, info, time.Now()
	return f, nil
}

// Given is a keyring that was handed over as a text, such as by the environment.
// It cannot be changed here.
func Given(text string) (*File, error) {
	ring, err := keyring.Parse([]byte(text))
	if err != nil {
		return nil, err
	}
	return &File{ring: ring}, nil
}

// Make makes a keyring with one key where there is no file. One that exists is a
// Conflict.
func Make(path string, random io.Reader, now time.Time) (*File, error) {
	ring, err := keyring.New(random, now)
	if err != nil {
		return nil, err
	}
	if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
		return nil, noFile("make its folder", err)
	}
	unlock, err := lock(path)
	if err != nil {
		return nil, err
	}
	defer unlock()
	if _, err := os.Lstat(path); !errors.Is(err, fs.ErrNotExist) {
		return nil, fault.New(fault.Conflict, "keys.file", "exists already")
	}
	if err := write(path, ring); err != nil {
		return nil, err
	}
	return Open(path)
}

// Path is where the file is; "" for a keyring that was given as a text.
func (f *File) Path() string { return f.path }

// Ring is the keyring as it is now. A file that cannot be read any more is
// answered from what was read of it before, as long as the process lives: to open
// values with. Nothing is sealed meanwhile (Active).
func (f *File) Ring() *keyring.Ring {
	ring, _ := f.now()
	return ring
}

// Watch has warn called with each new reason why the file cannot be read any more
// and nothing is sealed; once until it is read again. warn must not ask the File.
func (f *File) Watch(warn func(error)) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.warn = warn
}

// now looks at the file if it is time to. The error says that the ring may not be
// the newest: it opens, and must not seal.
func (f *File) now() (*keyring.Ring, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.path != "" && time.Since(f.at) >= Follow {
		f.at = time.Now()
		info, err := os.Stat(f.path)
		if f.bad != nil || err != nil || !(os.SameFile(info, f.seen) && info.ModTime().Equal(f.seen.ModTime()) && info.Size() == f.seen.Size()) {
			f.load()
		}
	}
	return f.ring, f.bad
}

// load reads the file again; mu is held. What cannot be read may name another
// active key: who seals on with the former one loses that when it is destroyed.
func (f *File) load() {
	ring, info, err := read(f.path)
	if err == nil {
		f.ring, f.seen, f.bad = ring, info, nil
		return
	}
	first := f.bad == nil
	f.bad = &fault.Error{Kind: fault.Temporary, Field: "keys.file", Cause: err,
		Text: "was changed or taken away and cannot be read: nothing is sealed until the server, as whom it runs, can read it again (" + err.Error() + ")"}
	if first && f.warn != nil {
		f.warn(f.bad)
	}
}

// Change writes what change makes of the keyring as it stands in the file, while
// nobody else changes it.
func (f *File) Change(change func(*keyring.Ring) (*keyring.Ring, error)) error {
	if f.path == "" {
		return fault.New(fault.Invalid, "keys.ring", "gives the keyring as a text: change it where it is kept")
	}
	unlock, err := lock(f.path)
	if err != nil {
		return err
	}
	defer unlock()
	old, _, err := read(f.path)
	if err != nil {
		return err
	}
	next, err := change(old)
	if err != nil {
		return err
	}
	if err := write(f.path, next); err != nil {
		return err
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	f.load()
	return nil
}

// Active is the id of the key that seals now. It is Temporary as long as the file
// changed and cannot be read: which key is active is not known then.
func (f *File) Active() (string, error) {
	ring, err := f.now()
	if err != nil {
		return "", err
	}
	return ring.Active()
}

// Wrap encrypts a data key with the active key; Temporary as Active.
func (f *File) Wrap(ctx context.Context, random io.Reader, dataKey, bound []byte) (string, []byte, error) {
	ring, err := f.now()
	if err != nil {
		return "", nil, err
	}
	return ring.Wrap(ctx, random, dataKey, bound)
}

// Unwrap decrypts what Wrap gave. For a key that it does not know it looks at
// the file again: another process may have added it a moment ago.
func (f *File) Unwrap(ctx context.Context, id string, wrapped, bound []byte) ([]byte, error) {
	out, err := f.Ring().Unwrap(ctx, id, wrapped, bound)
	if fault.KindOf(err) == fault.NotConfigured && f.path != "" {
		f.mu.Lock()
		f.load()
		ring := f.ring
		f.mu.Unlock()
		return ring.Unwrap(ctx, id, wrapped, bound)
	}
	return out, err
}

// read reads a file that nobody but its owner can read.
func read(path string) (*keyring.Ring, fs.FileInfo, error) {
	f, err := os.Open(path)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil, fault.New(fault.NotFound, "keys.file", "names a keyring that does not exist")
	}
	if err != nil {
		return nil, nil, noFile("open it", err)
	}
	defer func() { _ = f.Close() }()
	info, err := f.Stat()
	if err != nil {
		return nil, nil, noFile("open it", err)
	}
	if runtime.GOOS != "windows" && info.Mode().Perm()&0o077 != 0 {
		return nil, nil, fault.New(fault.Invalid, "keys.file", "can be read by others than its owner (%s): make it 0600, and rotate the keys if somebody may have read it", info.Mode().Perm())
	}
	raw, err := io.ReadAll(io.LimitReader(f, keyring.MaxFile+1))
	if err != nil {
		return nil, nil, noFile("read it", err)
	}
	ring, err := keyring.Parse(raw)
	if err != nil {
		return nil, nil, fmt.Errorf("keys.file: %w", err)
	}
	return ring, info, nil
}

// write puts a keyring to its place when it is whole and on the disk. Owner and
// mode of the file that was there stay: else a server that runs as somebody else
// than who changes the keyring could not read it any more.
func write(path string, r *keyring.Ring) error {
	old, err := os.Stat(path)
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return noFile("look at it", err)
	}
	f, err := os.CreateTemp(filepath.Dir(path), ".keyring-*.part") // 0600
	if err != nil {
		return noFile("write it", err)
	}
	defer func() { _ = os.Remove(f.Name()) }() // no effect once it has its name
	if old != nil {
		if err := keep(f, old, f.Chown); err != nil {
			return errors.Join(err, f.Close())
		}
	}
	_, err = io.Copy(f, bytes.NewReader(r.Bytes()))
	if err = errors.Join(err, f.Sync(), f.Close()); err == nil {
		err = os.Rename(f.Name(), path)
	}
	if err != nil {
		return noFile("write it", err)
	}
	dir, err := os.Open(filepath.Dir(path))
	if err != nil {
		return noFile("write it", err)
	}
	return errors.Join(dir.Sync(), dir.Close())
}

// keep gives a file the owner and mode of another. A group that cannot be kept is
// left: the mode gives it nothing.
func keep(f *os.File, old fs.FileInfo, chown func(uid, gid int) error) error {
	mine, err := f.Stat()
	if err != nil {
		return noFile("write it", err)
	}
	user, group, known := owner(old)
	myUser, myGroup, _ := owner(mine)
	if known && (user != myUser || group != myGroup) {
		if err := chown(user, group); err != nil && user != myUser {
			return &fault.Error{Kind: fault.Forbidden, Field: "keys.file", Cause: err,
				Text: "belongs to another user, and a new one cannot be given to them: nothing was changed; run this as the user as whom the server runs"}
		}
	}
	if mine.Mode().Perm() != old.Mode().Perm() {
		if err := f.Chmod(old.Mode().Perm()); err != nil {
			return noFile("keep its mode", err)
		}
	}
	return nil
}

func noFile(what string, err error) error {
	return &fault.Error{Kind: fault.Invalid, Field: "keys.file", Cause: err, Text: "cannot be used (" + what + "): set it to a path in a folder that the server may write to, which only it can read"}
}
