package event

import (
	"bytes"
	"encoding/json"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"
)

// plainJSON is an event's form as the standard library writes it: what stands in
// logs is compared byte by byte.
func plainJSON(e *Event) []byte {
	data := map[string]any{}
	for _, f := range Fields() {
		if f.Derived || !f.On(e.Type) {
			continue
		}
		v, zero := plainValue(f.at(e))
		if zero && !f.Required {
			continue
		}
		group, name, _ := strings.Cut(f.Path, ".")
		to := data
		if group != "event" {
			if data[group] == nil {
				data[group] = map[string]any{}
			}
			to = data[group].(map[string]any)
		}
		to[name] = v
	}
	if e.List != nil {
		data = e.List.data()
	}
	m := map[string]any{"specversion": "1.0", "id": e.ID, "source": e.Source, "type": string(e.Type), "time": e.Time.UTC().Format(time.RFC3339Nano), "data": data}
	if e.Subject != "" && e.Subject != e.Context.Account {
		m["subject"] = e.Subject
	}
	var b bytes.Buffer
	enc := json.NewEncoder(&b)
	enc.SetEscapeHTML(false)
	_ = enc.Encode(m)
	return bytes.TrimSpace(b.Bytes())
}

func plainValue(at any) (v any, zero bool) {
	switch p := at.(type) {
	case *string:
		return *p, *p == ""
	case *int64:
		return *p, *p == 0
	case *bool:
		return *p, !*p
	case *time.Time:
		return p.UTC().Format(time.RFC3339Nano), p.IsZero()
	case *[]string:
		return *p, len(*p) == 0
	case *[]Item:
		var out []map[string]any
		for _, it := range *p {
			m := map[string]any{"kind": it.Kind, "amount": it.Amount}
			if it.Quantity != 0 {
				m["quantity"] = it.Quantity
			}
			if it.Digital {
				m["digital"] = true
			}
			if it.Recipient != "" {
				m["recipient"] = it.Recipient
			}
			out = append(out, m)
		}
		return out, len(out) == 0
	}
	return nil, true
}

// The log's form of an event is that of the standard library with sorted names.
func TestJSONIsThatOfTheLibrary(t *testing.T) {
	text := rapid.OneOf(rapid.SampledFrom([]string{"", "a-1", `"`, `\`, "<b>&", "é", "注文", "\u2028", "\x00\t\x7f", "\xff"}), rapid.String())
	rapid.Check(t, func(t *rapid.T) {
		e := Event{ID: text.Draw(t, "id"), Source: text.Draw(t, "source"), Type: rapid.SampledFrom(append(Types(), "none of ours")).Draw(t, "type"),
			Subject: text.Draw(t, "subject"), Time: time.UnixMicro(rapid.Int64Range(0, 1<<52).Draw(t, "time")).UTC()}
		all := Fields()
		for i := range all {
			if f := &all[i]; !f.Derived && f.On(e.Type) && rapid.Bool().Draw(t, f.Path) {
				set(t, f.at(&e), text)
			}
		}
		if rapid.IntRange(0, 9).Draw(t, "list") == 0 {
			e.List = &ListChange{Name: text.Draw(t, "name"), Values: []string{text.Draw(t, "value")}, Until: e.Time}
		}
		if got, want := string(e.JSON()), string(plainJSON(&e)); got != want {
			t.Fatalf("wrote\n%s\nnot\n%s", got, want)
		}
	})
}

func set(t *rapid.T, at any, text *rapid.Generator[string]) {
	switch p := at.(type) {
	case *string:
		*p = text.Draw(t, "text")
	case *int64:
		*p = rapid.Int64().Draw(t, "number")
	case *bool:
		*p = true
	case *time.Time:
		*p = time.UnixMicro(rapid.Int64Range(0, 1<<52).Draw(t, "when")).UTC()
	case *[]string:
		*p = rapid.SliceOfN(text, 1, 3).Draw(t, "texts")
	case *[]Item:
		for range rapid.IntRange(1, 3).Draw(t, "items") {
			*p = append(*p, Item{Kind: text.Draw(t, "kind"), Amount: rapid.Int64().Draw(t, "amount"), Quantity: rapid.Int64Range(0, 1).Draw(t, "quantity"),
				Digital: rapid.Bool().Draw(t, "digital"), Recipient: text.Draw(t, "recipient")})
		}
	}
}
