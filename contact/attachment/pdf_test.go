package attachment

import (
	"bytes"
	"fmt"
	"image"
	_ "image/png"
	"os"
	"slices"
	"strings"
	"testing"
	"time"

	"golang.org/x/image/bmp"
)

func file(t testing.TB, name string) []byte {
	t.Helper()
	b, err := os.ReadFile("testdata/" + name)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

// The four files say the same; three are locked, in the three ways that are in
// use. They were checked with another reader of PDF.
func TestPDF(t *testing.T) {
	const text, link = "Your order needs\na confirmation today", "https://shop.example/confirm"
	for _, test := range []struct {
		name      string
		passwords []string
		traits    []string
		opened    bool
	}{
		{"plain.pdf", nil, []string{"links"}, true},
		{"locked-rc4.pdf", []string{"wrong", "123"}, []string{"encrypted", "password_given", "links"}, true},
		{"locked-rc4.pdf", nil, []string{"encrypted"}, false},
		{"locked-aes128.pdf", nil, []string{"links"}, true},
		{"locked-aes256.pdf", []string{"geheim"}, []string{"encrypted", "password_given", "links"}, true},
		{"locked-aes256.pdf", []string{"Geheim"}, []string{"encrypted"}, false},
	} {
		a, x := Inspect(test.name, "application/pdf", file(t, test.name), Options{Passwords: test.passwords})
		if !slices.Equal(a.Traits, test.traits) {
			t.Errorf("%s with %q: traits %q, want %q", test.name, test.passwords, a.Traits, test.traits)
		}
		opened := len(x.Texts) == 1 && x.Texts[0].Text == text && len(x.Links) == 1 && x.Links[0].Raw == link
		if opened != test.opened {
			t.Errorf("%s with %q: texts %v, links %v", test.name, test.passwords, x.Texts, x.Links)
		}
		if !test.opened && (len(x.Problems) != 1 || x.Problems[0].Code != "encrypted") {
			t.Errorf("%s: problems %v, want encrypted", test.name, x.Problems)
		}
	}
}

// object writes a PDF without any table, which this reader does not need.
func objects(list ...string) []byte {
	var b bytes.Buffer
	b.WriteString("%PDF-1.5\n")
	for i, o := range list {
		fmt.Fprintf(&b, "%d 0 obj\n%s\nendobj\n", i+1, o)
	}
	return b.Bytes()
}

func stream(dict, data string) string {
	return fmt.Sprintf("<<%s/Length %d>>stream\n%s\nendstream", dict, len(data), data)
}

func simplePDF() []byte {
	return objects("<</Type/Catalog/Pages 2 0 R>>", "<</Type/Pages/Kids[3 0 R 3 0 R 2 0 R]>>",
		"<</Type/Page/Resources<</Font<</F 5 0 R>>/XObject<</X 7 0 R/I 8 0 R>>>>/Contents[4 0 R]>>",
		stream("", "BT /F 9 Tf <00010002> Tj T* [<0001>-300<0002>] TJ ET /X Do /I Do"),
		"<</Subtype/Type0/Encoding/Identity-H/ToUnicode 6 0 R>>",
		stream("", "1 begincodespacerange <0000><ffff> endcodespacerange 1 beginbfchar <0001><6CE8> endbfchar 1 beginbfrange <0002><0003><6587> endbfrange"),
		stream("/Subtype/Form", "BT /Other 9 Tf (form text) Tj ET /X Do"),
		stream("/Subtype/Image/Width 64/Height 64/BitsPerComponent 1/ColorSpace/DeviceGray", strings.Repeat("\xF0", 8*64)))
}

func TestPDFFontsFormsAndPictures(t *testing.T) {
	_, x := Inspect("a.pdf", "", simplePDF(), Options{})
	// A form that draws itself ends at the bound of depth.
	if len(x.Texts) != 1 || !strings.HasPrefix(x.Texts[0].Text, "注文\n注 文 form text") {
		t.Errorf("texts %v, want 注文, 注 文, form text", x.Texts)
	}
	if len(x.Images) == 0 {
		t.Fatal("no picture was handed on")
	}
	img, err := bmp.Decode(bytes.NewReader(x.Images[0]))
	if err != nil || img.Bounds() != image.Rect(0, 0, 64, 64) {
		t.Fatalf("picture is %v, %v", img, err)
	}
	if l, _, _, _ := img.At(0, 0).RGBA(); l != 0xFFFF {
		t.Errorf("pixel 0 has brightness %x, want ffff", l)
	}
	if l, _, _, _ := img.At(5, 63).RGBA(); l != 0 {
		t.Errorf("pixel 5 of the last row has brightness %x, want 0", l)
	}
}

func TestPDFObjectStream(t *testing.T) {
	packed := "10 0 11 21 <</Type/Annot/A 11 0 R>> <</S/URI/URI(https://a.example/\\(x\\))>>"
	first := strings.Index(packed, "<<")
	packed = strings.Replace(packed, "11 21", fmt.Sprintf("11 %d", strings.Index(packed, "<</S")-first), 1)
	_, x := Inspect("a.pdf", "", objects(stream(fmt.Sprintf("/Type/ObjStm/N 2/First %d", first), packed)), Options{})
	if len(x.Links) != 1 || x.Links[0].Raw != "https://a.example/(x)" {
		t.Errorf("links %v, want one out of the object stream", x.Links)
	}
}

func TestPDFSimpleFont(t *testing.T) {
	_, x := Inspect("a.pdf", "", objects("<</Type/Page/Resources<</Font<</F<</Subtype/Type1/Encoding<</Differences[65/udieresis/germandbls 1/uni20AC]>>>>>>>>/Contents 2 0 R>>",
		stream("", "BT /F 9 Tf (Gr\\101\\102e \\001) Tj ET")), Options{})
	if len(x.Texts) != 1 || x.Texts[0].Text != "Grüße €" {
		t.Errorf("texts %v, want Grüße €", x.Texts)
	}
}

// hostilePDFs are files made to cost more than their length.
func hostilePDFs(n int) map[string][]byte {
	self := "<</Type/Catalog/Pages 1 0 R/Kids[" + strings.Repeat("1 0 R ", n/10) + "]/Parent 1 0 R/Contents 1 0 R>>"
	cmap := stream("", "1 beginbfrange <0000><ffff><0000> endbfrange")
	fonts := []string{"<</Type/Page/Contents 3 0 R/Resources<</Font 2 0 R>>>>", ""}
	var names, uses strings.Builder
	for i := range 200 {
		fmt.Fprintf(&names, "/F%d %d 0 R", i, 4+2*i)
		fmt.Fprintf(&uses, "/F%d 1 Tf (x) Tj ", i)
	}
	fonts[1] = "<<" + names.String() + ">>"
	fonts = append(fonts, stream("", uses.String()))
	for i := range 200 {
		fonts = append(fonts, fmt.Sprintf("<</Subtype/Type0/ToUnicode %d 0 R>>", 5+2*i), cmap)
	}
	offsets := strings.Repeat("1 0 ", n/4)
	return map[string][]byte{
		"self":          objects(self),
		"fonts":         objects(fonts...),
		"nested arrays": objects("<</Type/Catalog/Pages " + strings.Repeat("[", n)),
		"nested dicts":  objects("<</Type/Catalog/Pages " + strings.Repeat("<</A", n/4)),
		"objects":       []byte("%PDF-1.4 " + strings.Repeat("1 0 obj ", n/8)),
		"no ends":       []byte("%PDF-1.4 " + strings.Repeat("1 0 obj stream ", n/15)),
		"overlap":       objects(stream(fmt.Sprintf("/Type/ObjStm/N 50000/First %d", len(offsets)), offsets+strings.Repeat("/URI ", n/5))),
		"parens":        objects("<</URI" + strings.Repeat("(", n)),
		"uris":          objects(strings.Repeat("/URI(", n/5)),
		"encrypt":       objects("<</Encrypt 1 0 R/Filter/Standard/V 5/R 6>>"),
		"size":          []byte("%PDF-1.4\nxref\n0 999999999\ntrailer<</Size 999999999/Prev 9>>startxref\n9\n%%EOF"),
	}
}

func TestHostilePDFsAreBounded(t *testing.T) {
	for name, b := range hostilePDFs(1 << 20) {
		start := time.Now()
		Inspect("a.pdf", "", b, Options{})
		if took := time.Since(start); took > time.Minute {
			t.Errorf("%s: %d bytes took %v", name, len(b), took)
		}
	}
}

func FuzzPDF(f *testing.F) {
	for _, name := range []string{"plain.pdf", "locked-rc4.pdf", "locked-aes128.pdf", "locked-aes256.pdf"} {
		f.Add(file(f, name))
	}
	f.Add(simplePDF())
	for _, b := range hostilePDFs(300) {
		f.Add(b)
	}
	f.Fuzz(func(t *testing.T, b []byte) {
		b = append([]byte("%PDF-1.4\n"), b...)
		start := time.Now()
		_, x := Inspect("a.pdf", "", b, Options{MaxInflate: 1 << 20, Passwords: []string{"123", "geheim"}})
		if took := time.Since(start); took > time.Minute {
			t.Errorf("%d bytes took %v", len(b), took)
		}
		if len(x.Images) > maxImages || len(x.Links) > maxLinks {
			t.Errorf("%d images, %d links", len(x.Images), len(x.Links))
		}
	})
}
