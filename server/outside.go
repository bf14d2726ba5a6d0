package server

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"time"

	"bonafide/config"
	"bonafide/contact/callid"
	"bonafide/contact/mailauth"
	"bonafide/contact/phone"
	"bonafide/contact/record"
	"bonafide/desk/contacts"
	"bonafide/fault"
	"bonafide/ident"
	"bonafide/outside/dns"
	"bonafide/outside/ocr"
	"bonafide/outside/orders"
	"bonafide/outside/speech"
)

// resolver gives a resolver for one mail: none by default, records from a file,
// DNS where the operator switched it on, or what was kept of it.
func resolver(c config.MailAuth) (func() mailauth.Resolver, error) {
	switch {
	case c.File != "":
		zone, err := dns.File(c.File)
		if err != nil {
			return nil, err
		}
		return func() mailauth.Resolver { return zone }, nil
	case c.DNS || c.Cache != "":
		cfg := dns.Config{System: c.DNS && c.Server == "", Timeout: c.Timeout}
		if c.DNS && c.Server != "" {
			cfg.Servers = []string{c.Server}
		}
		if c.Cache != "" {
			var err error
			if cfg.Store, err = dns.OpenStore(dns.StoreConfig{Path: c.Cache, Keep: c.CacheTime}); err != nil {
				return nil, err
			}
		}
		r, err := dns.New(cfg)
		if err != nil {
			return nil, err
		}
		return func() mailauth.Resolver { return r.ForMessage() }, nil
	}
	return nil, nil
}

func ocrReader(c config.OCR) *ocr.Reader {
	return ocr.New(ocr.Config{Binary: c.Binary, Languages: c.Languages, Timeout: c.Timeout, MaxPixels: c.MaxPixels,
		MaxMemoryBytes: int64(c.MemoryMB) << 20, Concurrency: c.Concurrency})
}

// pictures lets the desk read pictures with Tesseract.
type pictures struct{ *ocr.Reader }

// ReadPicture reads the text in a picture.
func (p pictures) ReadPicture(ctx context.Context, png []byte) (string, error) {
	text, err := p.Read(ctx, png, "")
	switch {
	case errors.Is(err, ocr.ErrNotInstalled):
		return "", fault.New(fault.NotConfigured, "raw", "is a picture, and the program that reads text in pictures is not installed on this server (%s); type the text instead", p.Available().Hint)
	case errors.Is(err, ocr.ErrTimeout):
		return "", fault.New(fault.Temporary, "raw", "%s", err.Error())
	case err != nil:
		return "", fault.New(fault.Invalid, "raw", "%s", err.Error())
	}
	return text, nil
}

// audio lets the desk have recordings written down.
type audio struct{ *speech.Client }

// Transcribe turns a recording into text.
func (a audio) Transcribe(ctx context.Context, filename string, raw []byte) (string, error) {
	t, err := a.Client.Transcribe(ctx, speech.Recording{Name: filename, Audio: bytes.NewReader(raw)})
	switch {
	case errors.Is(err, speech.ErrNotConfigured):
		return "", fault.New(fault.NotConfigured, "raw", "%s", err.Error())
	case errors.Is(err, speech.ErrTooLarge):
		return "", fault.New(fault.TooLarge, "raw", "%s", err.Error())
	case errors.Is(err, speech.ErrFormat):
		return "", fault.New(fault.Invalid, "raw", "%s", err.Error())
	case err != nil:
		return "", fault.New(fault.Temporary, "raw", "could not be written down now: %s", err.Error())
	}
	return t.Text, nil
}

// shopOrders and shopContacts turn the sources of outside/orders into what the
// desk asks for.
type shopOrders struct{ orders.Source }

// OrdersOf returns the orders tied to a person.
func (o shopOrders) OrdersOf(ctx context.Context, p record.Person, _ []ident.Order) ([]record.Order, error) {
	return o.Orders(ctx, orders.Query{Person: p})
}

type shopContacts struct{ orders.Register }

// ContactsTo returns the contacts made to a person.
func (c shopContacts) ContactsTo(ctx context.Context, to []string, from, until time.Time) (record.Book, error) {
	return c.Contacts(ctx, orders.ContactQuery{To: to, From: from, Until: until})
}

// books wires the shop's own books: files, a look-up address, or none.
func books(c config.Books, knowledge fs.FS, into *contacts.Config) error {
	if c.Orders == "" && c.OrdersURL == "" && c.Outbound == "" {
		return nil
	}
	records, err := record.Load(knowledge)
	if err != nil {
		return err
	}
	key := []byte(c.VoucherKey)
	into.RegisterKey = key
	if c.Orders != "" || c.Outbound != "" {
		files, err := orders.OpenFiles(orders.FilesConfig{Records: records, Orders: some(c.Orders), Register: some(c.Outbound), Key: key})
		if err != nil {
			return fmt.Errorf("server: books: %w", err)
		}
		if c.Orders != "" {
			into.Orders = shopOrders{files}
		}
		if c.Outbound != "" {
			into.Outbound = shopContacts{files}
		}
	}
	if c.OrdersURL == "" {
		return nil
	}
	lookup, err := orders.NewLookup(orders.LookupConfig{Records: records, URL: c.OrdersURL, Key: c.OrdersKey, HashKey: key, Timeout: c.Timeout})
	if err != nil {
		return fmt.Errorf("server: books: %w", err)
	}
	into.Orders = shopOrders{lookup}
	if into.Outbound == nil {
		into.Outbound = shopContacts{lookup}
	}
	return nil
}

// calls wires what is known of numbers: trust anchors and certificates that the
// operator has put there, and a register of reports over the shipped one.
func calls(c config.Calls, knowledge fs.FS, into *contacts.Config) error {
	if c.Anchors != "" {
		fsys, name, err := beside(c.Anchors)
		if err != nil {
			return fmt.Errorf("server: calls: %w", err)
		}
		if into.CallTrust.Anchors, err = callid.LoadAnchors(fsys, name); err != nil {
			return fmt.Errorf("server: calls: %w", err)
		}
	}
	if c.Certificates != "" {
		store, err := callid.LoadStore(os.DirFS(c.Certificates))
		if err != nil {
			return fmt.Errorf("server: calls: %w", err)
		}
		into.CallTrust.Certificates = store
	}
	if c.Reported == "" {
		return nil
	}
	shipped, err := phone.LoadReports(knowledge, phone.ReportsFile)
	if err != nil {
		return err
	}
	fsys, name, err := beside(c.Reported)
	if err != nil {
		return fmt.Errorf("server: calls: %w", err)
	}
	own, err := phone.LoadReports(fsys, name)
	if err != nil {
		return fmt.Errorf("server: calls: %w", err)
	}
	into.Reports = own.Over(shipped)
	return nil
}

// beside returns a file system with a file's or folder's name in it.
func beside(p string) (fs.FS, string, error) {
	info, err := os.Stat(p)
	if err != nil {
		return nil, "", err
	}
	if info.IsDir() {
		return os.DirFS(p), ".", nil
	}
	return os.DirFS(filepath.Dir(p)), filepath.Base(p), nil
}

func some(path string) []string {
	if path == "" {
		return nil
	}
	return []string{path}
}
