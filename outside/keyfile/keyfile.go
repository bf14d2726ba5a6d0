// Package keyfile keeps a keyring in a file that only its owner can read, beside
// the records or wherever the operator put it, and follows the file while others
// change it.
//
// It is not for backups: a ring that stands in the backup of what it sealed
// protects nothing, unless a key service wraps the file (Service): then it opens
// only where the service says so. The service is asked when the file is read or
// written, never for a value.
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
	path    string  // "": given as a text
	service Service // nil: none wraps the file
	mu      sync.Mutex
	ring    *keyring.Ring // guarded by mu, as what follows
	raw     []byte        // what the ring was read of
	seen    fs.FileInfo
	at      time.Time
	bad     error       // why the file as it is now cannot be read; nil: it was
	warn    func(error) // may be nil
}

var _ keyring.Wrapper = (*File)(nil)

// Open reads a keyring. One that does not exist is NotFound.
func Open(path string) (*File, error) { return OpenWith(path, nil) }

// OpenWith reads a keyring that a service wraps; nil: none does. One that is not
// wrapped yet is read as it is, and stays so until it is written.
func OpenWith(path string, s Service) (*File, error) {
	f := &File{path: path, service: s}
	got, err := f.read()
	if err != nil {
		return nil, err
	}
	f.take(got)
	f.at = time.Now()
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
	return MakeWith(path, nil, random, now)
}

// MakeWith is Make with a service that wraps the file; nil: none does.
func MakeWith(path string, s Service, random io.Reader, now time.Time) (*File, error) {
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
	if err := (&File{path: path, service: s}).write(ring, s); err != nil {
		return nil, err
	}
	return OpenWith(path, s)
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
// A key service that does not help is asked again after a while only: whoever
// opens or seals waits meanwhile.
func (f *File) load() {
	got, err := f.read()
	if err == nil {
		f.take(got)
		return
	}
	if got.asked {
		f.at = time.Now().Add(retry - Follow)
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
	return f.rewrite(change, f.service)
}

// rewrite writes what change makes of the keyring, wrapped by a service; the lock
// is held.
func (f *File) rewrite(change func(*keyring.Ring) (*keyring.Ring, error), s Service) error {
	f.mu.Lock()
	old, err := f.read()
	f.mu.Unlock() // change may open and seal values
	if err != nil {
		return err
	}
	next, err := change(old.ring)
	if err != nil {
		return err
	}
	if err := f.write(next, s); err != nil {
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
		if f.bad == nil || time.Since(f.at) >= 0 { // not while a key service does not help
			f.load()
		}
		ring := f.ring
		f.mu.Unlock()
		return ring.Unwrap(ctx, id, wrapped, bound)
	}
	return out, err
}

// got is a file as it was read.
type got struct {
	ring *keyring.Ring
	raw  []byte
	info fs.FileInfo
	// asked: a key service was, and failed.
	asked bool
}

// take has the ring be what was read; mu is held, or nobody else has f.
func (f *File) take(g got) { f.ring, f.raw, f.seen, f.bad = g.ring, g.raw, g.info, nil }

// read reads the file as it is now. Of one that is as it was, no service is asked.
func (f *File) read() (g got, err error) {
	if g.raw, g.info, err = bytesOf(f.path); err != nil {
		return g, err
	}
	if f.ring != nil && bytes.Equal(g.raw, f.raw) {
		g.ring = f.ring
		return g, nil
	}
	plain, asked, err := unwrapFile(g.raw, f.service)
	if err == nil {
		g.ring, err = keyring.Parse(plain)
	}
	if err != nil {
		g.asked = asked
		return g, fmt.Errorf("keys.file: %w", err)
	}
	return g, nil
}

// bytesOf reads a file that nobody but its owner can read.
func bytesOf(path string) ([]byte, fs.FileInfo, error) {
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
	raw, err := io.ReadAll(io.LimitReader(f, maxFile+1))
	if err != nil {
		return nil, nil, noFile("read it", err)
	}
	return raw, info, nil
}

// write puts a keyring to its place when it is whole and on the disk. Owner and
// mode of the file that was there stay: else a server that runs as somebody else
// than who changes the keyring could not read it any more.
func (f *File) write(r *keyring.Ring, s Service) error {
	raw, err := wrapFile(r.Bytes(), s)
	if err != nil {
		return err
	}
	return put(f.path, raw)
}

func put(path string, raw []byte) error {
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
	_, err = io.Copy(f, bytes.NewReader(raw))
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
