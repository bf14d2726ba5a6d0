package event

import (
	"compress/gzip"
	"encoding/json"
	"flag"
	"os"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"bonafide/fault"
)

const order = `{"specversion":"1.0","id":"7","source":"shop","type":"order.placed","time":"2026-01-05T10:00:00.5+09:00",
 "data":{"account":"a1","device":"d1","ip":"203.0.113.9","country":"JP",
 "order":{"id":"o1","amount":5500,"currency":"JPY","payment":"card","items":[
  {"kind":"gift_card","amount":5000,"recipient":"r1"},{"kind":"goods","amount":500}]}}}`

func TestParse(t *testing.T) {
	e, err := Parse([]byte(order), Options{})
	if err != nil {
		t.Fatal(err)
	}
	if got := e.Time.Format(time.RFC3339Nano); got != "2026-01-05T01:00:00.5Z" {
		t.Errorf("time is %s", got)
	}
	if e.Order.GiftAmount() != 5000 || e.Order.GiftCount() != 1 || e.Subject != "a1" || e.Context.Network() != "203.0.113.0/24" {
		t.Errorf("derived fields are wrong: %+v", e)
	}
	again, err := Parse(e.JSON(), Options{})
	if err != nil {
		t.Fatal(err)
	}
	if d := cmp.Diff(e, again); d != "" {
		t.Errorf("written and read again it differs:\n%s", d)
	}
}

func TestErrorsNameTheExactPlace(t *testing.T) {
	with := func(old, new string) string { return strings.Replace(order, old, new, 1) }
	for _, c := range []struct{ in, field, text string }{
		{with(`"amount":500}`, `"amount":5.5}`), "data.order.items[1].amount", "minor units"},
		{with(`"kind":"goods"`, `"kind":"gods"`), "data.order.items[1].kind", "none of goods"},
		{with(`"kind":"goods",`, ``), "data.order.items[1].kind", "missing"},
		{with(`"currency":"JPY"`, `"currency":"yen"`), "data.order.currency", "ISO 4217"},
		{with(`"payment"`, `"paymant"`), "data.order.paymant", "unknown"},
		{with(`"device"`, `"divice"`), "data.divice", "unknown"},
		{with(`"account":"a1",`, ``), "data.account", "missing"},
		{with(`"account":"a1"`, `"account":""`), "data.account", "empty"},
		{with(`"type":"order.placed"`, `"type":"order.plced"`), "type", "order.plced"},
		{with(`"type":"order.placed"`, `"type":"login"`), "data.order.id", "does not belong"},
		{with(`"2026-01-05T10:00:00.5+09:00"`, `"1767250932"`), "time", "RFC 3339"},
		{with(`"2026-01-05T10:00:00.5+09:00"`, `"1970-01-05T10:00:00Z"`), "time", "years"},
		{with(`"id":"7",`, ``), "id", "missing"},
		{with(`"id":"7"`, `"id":"7","id":"8"`), "id", "twice"},
		{with(`"d1"`, `"d\u0000"`), "data.device", "control"},
		{with(`"d1"`, `"`+strings.Repeat("d", MaxText+1)+`"`), "data.device", "513 bytes"},
		{with(`"d1"`, `{"a":1}`), "data.device.a", "unknown"},
		{with(`[`, `[[`), "data.order.items", "comma"},
		{strings.Repeat(`{"a":`, 20), "a.a.a.a.a.a.a.a.a", "deeper"},
		{`[]`, "", "an object"},
		{strings.Repeat(" ", MaxSize+1), "", "too large"},
		{`{"a":[` + strings.Repeat("0,", MaxNodes) + `0]}`, "", "more than"},
	} {
		_, err := Parse([]byte(c.in), Options{})
		fe, ok := err.(*fault.Error)
		if !ok || fe.Field != c.field || !strings.Contains(fe.Text, c.text) {
			t.Errorf("want an error at %q with %q, got %v", c.field, c.text, err)
		}
	}
}

func TestUnknownFieldsAreKeptOnRequest(t *testing.T) {
	in := strings.Replace(order, `"device":"d1"`, `"device":"d1","shelf":{"row":[1,"x"]}`, 1)
	if _, err := Parse([]byte(in), Options{}); err == nil {
		t.Error("an unknown field must be refused by default")
	}
	e, err := Parse([]byte(in), Options{Unknown: Keep})
	if err != nil {
		t.Fatal(err)
	}
	if e.Extra["data.shelf.row"] != `[1,"x"]` {
		t.Errorf("kept %v", e.Extra)
	}
}

func TestVocabularyIsWhole(t *testing.T) {
	seen := map[string]bool{}
	for _, f := range Fields() {
		if seen[f.Path] || f.Meaning == "" || f.at == nil {
			t.Errorf("%s stands twice or lacks its meaning", f.Path)
		}
		seen[f.Path] = true
	}
	var e Event
	for _, f := range Fields() {
		if f.Kind != lines && f.Value(&e) == nil {
			t.Errorf("%s cannot be read", f.Path)
		}
		text, number, list := f.Raw(&e)
		switch v := f.Value(&e).(type) {
		case string:
			if v != text {
				t.Errorf("%s is %q and %q", f.Path, v, text)
			}
		case time.Time:
			if v.UnixMicro() != number {
				t.Errorf("%s is %v and %d", f.Path, v, number)
			}
		default:
			if number != 0 || len(list) != 0 {
				t.Errorf("%s is not zero", f.Path)
			}
		}
	}
	var schema map[string]any
	if err := json.Unmarshal(Schema(), &schema); err != nil || len(schema["oneOf"].([]any)) != len(Types()) {
		t.Errorf("the schema has not every type: %v", err)
	}
}

func TestSealedValuesStayEqual(t *testing.T) {
	s, err := NewSealer([]byte("0123456789abcdef"))
	if err != nil {
		t.Fatal(err)
	}
	e, _ := Parse([]byte(order), Options{})
	a := s.Seal(e)
	e.Context.IP = "203.0.113.77"
	b := s.Seal(e)
	if a.Context.Network() != b.Context.Network() || a.Context.IP == b.Context.IP || a.Order.ID != b.Order.ID {
		t.Error("sealed networks must meet, and addresses must differ")
	}
	if strings.Contains(string(a.JSON()), `"a1"`) || strings.Contains(string(a.JSON()), "203.0") || strings.Contains(string(a.JSON()), `"r1"`) {
		t.Errorf("an identifier is left: %s", a.JSON())
	}
	if e.Order.Items[0].Recipient != "r1" {
		t.Error("sealing changed the event that it was given")
	}
	if _, err := NewSealer([]byte("short")); err == nil {
		t.Error("a short key must be refused")
	}
}

func TestShippedMappingReadsTheCorpus(t *testing.T) {
	raw, err := os.ReadFile("../../data/account/mappings/takeover-chain.yaml")
	if err != nil {
		t.Fatal(err)
	}
	m, err := LoadMapping(raw)
	if err != nil {
		t.Fatal(err)
	}
	in := `{"id":"e0","time":1767250932,"type":"login","account":"a1","device":"d1","ip":"192.0.2.1","country":"JP","success":true,"mfa":"none"}
{"id":"e2","time":1767251461,"type":"order","account":"a1","order":"o1","device":"d1","ip":"192.0.2.1","country":"JP","item":"gift_card_digital","amount":5000,"recipient":"r1@mail.example","address":"h1","payment":"card1"}
{"id":"e3","time":1767251493,"type":"order_hidden","account":"a1","order":"o1","device":"d1","ip":"192.0.2.1"}
{"id":"e4","time":1767251500,"type":"credential_change","account":"a1","credential":"phone-sms","change":"update","device":"d1","ip":"192.0.2.1","mfa":"none"}
{"id":"e5","time":1767251501,"type":"password_reset_forced","account":"a1"}
{"id":"e6","time":1767251502,"type":"dance","account":"a1"}`
	var got []Event
	var failed []string
	for e, err := range m.Read(strings.NewReader(in)) {
		if err != nil {
			failed = append(failed, err.Error())
			continue
		}
		got = append(got, e)
	}
	if len(got) != 5 || len(failed) != 1 || !strings.HasPrefix(failed[0], "line 6: type: ") {
		t.Fatalf("read %d events, errors %q", len(got), failed)
	}
	if o := got[1].Order; o.Amount != 5000 || o.Currency != "JPY" || o.GiftAmount() != 5000 || o.GiftRecipients()[0] != "r1@mail.example" {
		t.Errorf("the order is %+v", o)
	}
	if got[3].Credential.Type != "phone_sms" || got[4].Type != ResetForced {
		t.Errorf("types are %s, %s", got[3].Credential.Type, got[4].Type)
	}
}

func TestMappingOfATable(t *testing.T) {
	m, err := LoadMapping([]byte(`
mapping: table
version: 1
format: csv
comma: ";"
id: $.nr
sender: {value: till}
time: {from: $.at, as: unix_ms}
type: {value: order.placed}
fields:
  event.account: "$['customer no']"
  order.id: $.nr
  order.amount: {from: $.total, as: decimal}
  order.currency: $.cur
items:
  each: $
  kind: {value: gift_card}
  amount: {from: $.total, as: decimal}
`))
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	for e, err := range m.Read(strings.NewReader("nr;at;customer no;total;cur\n1;1767250932123;c1;12.50;EUR\n2;1767250932123;c1;1250;JPY\n3;1767250932123;c1;1.255;EUR\n4;1767250932123;c\x83\x4b;1.25;EUR\n")) {
		if err != nil {
			got = append(got, err.Error())
		} else {
			got = append(got, e.Time.Format(time.RFC3339Nano)+" "+e.Order.Currency+" "+string(rune('0'+len(e.Order.Items)))+" "+time.Duration(e.Order.Amount).String())
		}
	}
	want := []string{"2026-01-01T07:02:12.123Z EUR 1 1.25µs", "2026-01-01T07:02:12.123Z JPY 1 1.25µs", "line 4: order.amount: has more decimals than its currency",
		"line 5: data.account: is no UTF-8: save the table as UTF-8"}
	if d := cmp.Diff(want, got); d != "" {
		t.Error(d)
	}
}

// TestATableWithoutHeader: a part of a table without its header is refused, not
// read as if its first row were one.
func TestATableWithoutHeader(t *testing.T) {
	m, err := LoadMapping([]byte("mapping: m\nversion: 1\nformat: csv\nid: $.nr\nsender: {value: till}\ntime: $.at\ntype: {value: login}\nfields: {event.account: $.who}\n"))
	if err != nil {
		t.Fatal(err)
	}
	n := 0
	for _, err := range m.Read(strings.NewReader("1,2026-11-22T10:00:00Z,a\n2,2026-11-22T10:00:00Z,b\n")) {
		if n++; err == nil || !strings.Contains(err.Error(), `"nr"`) {
			t.Errorf("%v", err)
		}
	}
	if n != 1 {
		t.Errorf("%d answers, want one refusal", n)
	}
}

func TestMappingIsChecked(t *testing.T) {
	good := "mapping: m\nversion: 1\nformat: json\nid: $.id\nsender: {value: s}\ntime: $.t\ntype: {value: login}\n"
	if _, err := LoadMapping([]byte(good)); err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct{ add, want string }{
		{"fields: {login.sucess: $.ok}", "fields.login.sucess"},
		{"fields: {order.gift_amount: $.ok}", "fields.order.gift_amount"},
		{"fields: {login.success: ok}", "begins with $"},
		{"fields: {login.success: '$.a[x]'}", "no place in a list"},
		{"fields: {login.success: {from: $.a, as: hex}}", "fields.login.success.as"},
		{"fields: {login.success: {form: $.a}}", "line 8"},
		{"items: {colour: $.c}", "items.colour"},
		{"colour: red", "colour"},
	} {
		if _, err := LoadMapping([]byte(good + c.add)); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: want an error with %q, got %v", c.add, c.want, err)
		}
	}
}

func TestMappingOfAList(t *testing.T) {
	m, err := LoadMapping([]byte("mapping: m\nversion: 1\nformat: json\nid: $.id\nsender: {value: s}\ntime: $.t\ntype: {from: $.k, values: {in: login}, others: skip}\nfields: {event.account: '$.who[0].id', login.success: $.ok}\n"))
	if err != nil {
		t.Fatal(err)
	}
	n := 0
	for e, err := range m.Read(strings.NewReader(`[{"id":1,"t":"2026-01-01T00:00:00Z","k":"in","ok":true,"who":[{"id":"a"}]},{"id":2,"k":"out"}]`)) {
		if err != nil || e.Context.Account != "a" || !e.Login.Success {
			t.Errorf("%+v %v", e, err)
		}
		n++
	}
	if n != 1 {
		t.Errorf("%d events", n)
	}
}

// FuzzParse: nothing panics, what is accepted is valid JSON and is read back to
// the same value, and no error repeats a long value.
func FuzzParse(f *testing.F) {
	f.Add([]byte(order))
	f.Add([]byte(`{"id":"\ud800","data":{"a":[1e5,-0.0,null,true,{}]}}`))
	f.Add([]byte(`{"id":"1","source":"s","type":"login","time":"2026-01-05T10:00:00Z","data":{"account":"a","x":1,"login":{"success":true,"factors":["totp"]}}}`))
	m, err := LoadMapping([]byte("mapping: m\nversion: 1\nformat: json\nid: $.id\nsender: {value: s}\ntime: {from: $.t, as: unix}\ntype: {from: $.type, others: keep}\nfields: {event.account: $.data.account, order.amount: {from: $.data, as: decimal}, order.currency: $.c}\n"))
	if err != nil {
		f.Fatal(err)
	}
	f.Fuzz(func(t *testing.T, in []byte) {
		_, _, _ = m.Event(in)
		e, err := Parse(in, Options{Unknown: Keep})
		if err != nil {
			return
		}
		if !json.Valid(in) {
			t.Fatal("accepted what is no JSON")
		}
		e.Extra = nil
		again, err := Parse(e.JSON(), Options{})
		if err != nil {
			t.Fatalf("%v: %s", err, e.JSON())
		}
		if again.Key() != e.Key() || !again.Time.Equal(e.Time) || string(again.JSON()) != string(e.JSON()) {
			t.Fatalf("differs: %s / %s", e.JSON(), again.JSON())
		}
	})
}

// FuzzJSON: the reader agrees with encoding/json on what is JSON, within the bounds.
func FuzzJSON(f *testing.F) {
	for _, s := range []string{`{}`, `[]`, `"a\n"`, `-1.5e+3`, `01`, `{"a":1,}`, `[1,]`, `tru`, `nullx`, ` {"a" : [ 1 , 2 ] } `, `"\x"`, "\"\xff\""} {
		f.Add([]byte(s))
	}
	f.Fuzz(func(t *testing.T, in []byte) {
		n, err := readJSON(in)
		if err == nil && !json.Valid(in) {
			t.Fatalf("accepted %q", in)
		}
		if err == nil {
			var b strings.Builder
			n.render(&b)
			if !json.Valid([]byte(b.String())) {
				t.Fatalf("wrote %q", b.String())
			}
		}
		if err != nil && json.Valid(in) && fault.KindOf(err) != fault.TooLarge && !strings.Contains(err.Error(), "twice") &&
			!strings.Contains(err.Error(), "UTF-8") && !strings.Contains(err.Error(), "valid text") && !strings.Contains(err.Error(), "40 characters") {
			t.Fatalf("refused %q: %v", in, err)
		}
	})
}

func BenchmarkParse(b *testing.B) {
	in := []byte(order)
	b.ReportAllocs()
	for b.Loop() {
		if _, err := Parse(in, Options{}); err != nil {
			b.Fatal(err)
		}
	}
}

// TestCorpusIsReadWhole reads every event of the sample of takeover chains.
func TestCorpusIsReadWhole(t *testing.T) {
	f, err := os.Open("../../../shared/corpora/transactions/takeover-chain-dev/events.jsonl.gz")
	if err != nil {
		t.Skipf("corpus takeover-chain-dev is not here: %v", err)
	}
	defer func() { _ = f.Close() }()
	z, err := gzip.NewReader(f)
	if err != nil {
		t.Fatal(err)
	}
	raw, err := os.ReadFile("../../data/account/mappings/takeover-chain.yaml")
	if err != nil {
		t.Fatal(err)
	}
	m, err := LoadMapping(raw)
	if err != nil {
		t.Fatal(err)
	}
	n := 0
	for _, err := range m.Read(z) {
		if err != nil {
			t.Fatal(err)
		}
		n++
	}
	if n != 20310 {
		t.Errorf("read %d events of 20310", n)
	}
}

var update = flag.Bool("update", false, "write the published schema")

// TestPublishedSchemaIsCurrent: docs/account-event.schema.json is what the
// vocabulary says (go test ./account/event -run Published -update).
func TestPublishedSchemaIsCurrent(t *testing.T) {
	const path = "../../docs/account-event.schema.json"
	if *update {
		if err := os.WriteFile(path, Schema(), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	raw, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if string(raw) != string(Schema()) {
		t.Error("the published schema is not that of the vocabulary: run this test with -update")
	}
}

func FuzzLoadMapping(f *testing.F) {
	raw, err := os.ReadFile("../../data/account/mappings/takeover-chain.yaml")
	if err != nil {
		f.Fatal(err)
	}
	f.Add(raw)
	f.Add([]byte("mapping: m\nversion: 1\nformat: csv\nid: $.id\nsender: {value: s}\ntime: $['t'][0]\ntype: {value: login}\nitems: {each: $.a, kind: {value: goods}}\n"))
	f.Fuzz(func(t *testing.T, raw []byte) {
		m, err := LoadMapping(raw)
		if err != nil {
			return
		}
		for range m.Read(strings.NewReader("{\"id\":\"1\",\"a\":[{}]}\n[]\na,b\n")) {
		}
	})
}

// TestEveryFieldSurvivesWriting fills every field of every type, writes the
// event and reads it back.
func TestEveryFieldSurvivesWriting(t *testing.T) {
	for _, kind := range Types() {
		e := Event{ID: "1", Source: "s", Type: kind, Time: time.Date(2026, 1, 5, 10, 0, 0, 0, time.UTC)}
		for _, f := range Fields() {
			if f.Derived || !f.On(kind) {
				continue
			}
			switch p := f.at(&e).(type) {
			case *string:
				*p = "x"
				switch {
				case f.Enum != nil:
					*p = f.Enum[len(f.Enum)-1]
				case strings.HasSuffix(f.Path, ".currency"):
					*p = "JPY"
				case f.Path == "event.country":
					*p = "JP"
				}
			case *int64:
				*p = 7
			case *bool:
				*p = true
			case *time.Time:
				*p = e.Time.Add(time.Hour)
			case *[]string:
				*p = []string{"totp"}
			case *[]Item:
				*p = []Item{{Kind: "goods", Amount: 7, Quantity: 2, Digital: true, Recipient: "r"}}
			}
		}
		e.Subject = "another"
		got, err := Parse(e.JSON(), Options{})
		if err != nil {
			t.Errorf("%s: %v", kind, err)
			continue
		}
		if d := cmp.Diff(e, got); d != "" {
			t.Errorf("%s:\n%s", kind, d)
		}
	}
	seen := map[string]string{}
	for _, f := range Fields() {
		group, name, _ := strings.Cut(f.Path, ".")
		if group == "event" {
			group = name
		}
		if was := seen[group]; was != "" && (strings.HasPrefix(was, "event.") || strings.HasPrefix(f.Path, "event.")) {
			t.Errorf("%s and %s would stand under one name", was, f.Path)
		}
		seen[group] = f.Path
	}
}

// BenchmarkJSON writes an event as the log keeps it.
func BenchmarkJSON(b *testing.B) {
	e, err := Parse([]byte(order), Options{})
	if err != nil {
		b.Fatal(err)
	}
	b.Run("ours", func(b *testing.B) {
		b.ReportAllocs()
		for range b.N {
			e.JSON()
		}
	})
	b.Run("library", func(b *testing.B) {
		b.ReportAllocs()
		for range b.N {
			plainJSON(&e)
		}
	})
}

// TestByteOrderMark: spreadsheets and Windows write one before the first name.
func TestByteOrderMark(t *testing.T) {
	const rest = "\nversion: 1\nid: $.nr\nsender: {value: till}\ntime: $.at\ntype: {value: login}\nfields: {event.account: $.who, login.success: {value: true}}\n"
	for format, file := range map[string]string{
		"csv":    "nr,at,who\n1,2026-11-22T10:00:00Z,a\n",
		"ndjson": `{"nr":"1","at":"2026-11-22T10:00:00Z","who":"a"}` + "\n",
		"json":   `[{"nr":"1","at":"2026-11-22T10:00:00Z","who":"a"}]`,
	} {
		m, err := LoadMapping([]byte("mapping: m\nformat: " + format + rest))
		if err != nil {
			t.Fatal(err)
		}
		n := 0
		for e, err := range m.Read(strings.NewReader("\ufeff" + file)) {
			if n++; err != nil || e.Context.Account != "a" {
				t.Errorf("%s: account %q, %v", format, e.Context.Account, err)
			}
		}
		if n != 1 {
			t.Errorf("%s: %d events, want 1", format, n)
		}
	}
}

// TestARowOfAnotherLength is one event's error: the rows after it are read.
func TestARowOfAnotherLength(t *testing.T) {
	m, err := LoadMapping([]byte("mapping: m\nversion: 1\nformat: csv\nid: $.nr\nsender: {value: till}\ntime: $.at\ntype: {value: login}\nfields: {event.account: $.who, login.success: {value: true}}\n"))
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	for e, err := range m.Read(strings.NewReader("nr,at,who\n1,2026-11-22T10:00:00Z,a,b\n2,2026-11-22T10:00:00Z\n3,2026-11-22T10:00:00Z,c\n")) {
		if err != nil {
			got = append(got, err.Error())
		} else {
			got = append(got, e.Context.Account)
		}
	}
	if want := []string{"line 2: has 4 cells, and the first line names 3", "line 3: has 2 cells, and the first line names 3", "c"}; !slices.Equal(got, want) {
		t.Errorf("%q, want %q", got, want)
	}
}
