package contacts_test

import (
	"context"
	"testing"
	"time"

	"bonafide/data"
	"bonafide/desk/contacts"
)

func newDesk(t testing.TB, change ...func(*contacts.Config)) *contacts.Desk {
	t.Helper()
	cfg := contacts.Config{Data: data.FS, Now: func() time.Time { return time.Date(2026, 11, 22, 12, 0, 0, 0, time.UTC) }}
	for _, c := range change {
		c(&cfg)
	}
	d, err := contacts.New(cfg)
	if err != nil {
		t.Fatal(err)
	}
	return d
}

func TestSmoke(t *testing.T) {
	d := newDesk(t)
	a, err := d.Check(context.Background(), contacts.Request{Channel: "call", Text: "This is Amazon Prime security. Download AnyDesk and read me the nine digits.", Country: "GB"}, contacts.Caller{})
	if err != nil {
		t.Fatal(err)
	}
	t.Logf("%+v", a)
}
