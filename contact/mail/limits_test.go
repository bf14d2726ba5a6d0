package mail

import (
	"archive/zip"
	"bytes"
	"encoding/base64"
	"fmt"
	"image"
	"image/color"
	"image/png"
	"slices"
	"strings"
	"testing"
	"time"

	"bonafide/contact"

	"github.com/makiuchi-d/gozxing"
	"github.com/makiuchi-d/gozxing/qrcode"
)

const head = "From: a@shop.example\r\nSubject: x\r\n"

// hostile are mails made to cost more than their length, with the problem that
// they must end with, if any.
func hostile(size int) map[string]struct{ raw, problem string } {
	n := size / 10
	deep := ""
	for i := range 60 {
		deep += fmt.Sprintf("Content-Type: multipart/mixed; boundary=b%d\r\n\r\n--b%d\r\n", i, i)
	}
	mails := strings.Repeat("Content-Type: message/rfc822\r\n\r\nFrom: a@b.example\r\nSubject: y\r\n", 40)
	return map[string]struct{ raw, problem string }{
		"10,000 parts":        {head + "Content-Type: multipart/mixed; boundary=b\r\n\r\n" + strings.Repeat("--b\r\n\r\ntext\r\n", 10_000) + "--b--\r\n", "truncated"},
		"deep parts":          {head + deep + "\r\ntext\r\n", "too_deep"},
		"deep mails":          {head + mails + "\r\ntext", "too_deep"},
		"one long line":       {head + "\r\n" + strings.Repeat("a", size), ""},
		"long header":         {head + strings.Repeat("X-A: b\r\n", n) + "\r\ntext", "truncated"},
		"long field":          {head + "To: " + strings.Repeat("<", size) + "\r\n\r\ntext", "truncated"},
		"many addresses":      {head + "To: " + strings.Repeat("a@b.example, ", n/4) + "\r\n\r\ntext", ""},
		"quotes":              {head + "To: " + strings.Repeat("\"(<", n/8) + "\r\n\r\ntext", ""},
		"words without end":   {head + "Subject: " + strings.Repeat("=?a?q?", n/2) + "\r\n\r\ntext", ""},
		"folded":              {head + "Subject: " + strings.Repeat("\r\n a", n/2) + "\r\n\r\ntext", ""},
		"stray header lines":  {head + strings.Repeat("no field\r\nX-B: c\r\n", n/2) + "\r\ntext", "truncated"},
		"begins":              {head + "\r\n" + strings.Repeat("begin 644 a\r\n", n), ""},
		"begin in one line":   {head + "\r\n" + strings.Repeat("begin 644 ", n), ""},
		"quoted lines":        {head + "\r\n" + strings.Repeat(">a\r\nb\r\n", n), ""},
		"labels":              {head + "\r\n" + strings.Repeat("a: b\r\n", n), ""},
		"rules":               {head + "\r\n" + strings.Repeat("-----\r\n", n), ""},
		"boundary like lines": {head + "Content-Type: multipart/mixed; boundary=b\r\n\r\n" + strings.Repeat("--ba\r\n", n), "boundary"},
		"bare CR":             {strings.ReplaceAll(head, "\r\n", "\r") + strings.Repeat("\r", size), ""},
		"flowed":              {head + "Content-Type: text/plain; format=flowed; delsp=yes\r\n\r\n" + strings.Repeat("a \r\n", n), ""},
		"base64 text":         {head + "Content-Transfer-Encoding: base64\r\n\r\n" + strings.Repeat("QUFB", n), ""},
		"equal signs":         {head + "Content-Transfer-Encoding: quoted-printable\r\n\r\n" + strings.Repeat("= ", size/2), ""},
		"too much text":       {head + "\r\n" + strings.Repeat("word ", 1<<20), "truncated"},
		"too much page":       {head + "Content-Type: text/html\r\n\r\n" + strings.Repeat("<p>word</p>", 2<<20), "truncated"},
		"received":            {strings.Repeat("Received: from a (b [1.2.3.4]) by c; x\r\n", 1500) + head + "\r\ntext", ""},
		"parameters":          {head + "Content-Type: text/plain" + strings.Repeat("; a*0*=b", n/4) + "\r\n\r\ntext", ""},
	}
}

func TestHostileMailsAreBounded(t *testing.T) {
	opt := options(t)
	for name, test := range hostile(1 << 20) {
		start := time.Now()
		c, err := Read([]byte(test.raw), opt)
		if took := time.Since(start); took > time.Minute {
			t.Errorf("%s: %d bytes took %v", name, len(test.raw), took)
		}
		if err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		check(t, c)
		var codes []string
		for _, p := range c.Problems {
			codes = append(codes, p.Code)
		}
		if test.problem != "" && !slices.Contains(codes, test.problem) || test.problem == "" && len(codes) > 0 {
			t.Errorf("%s: problems %q, want %q", name, codes, test.problem)
		}
		total := 0
		for _, p := range c.Parts {
			total += len(p.Text)
		}
		if total > 5<<20 {
			t.Errorf("%s: %d bytes of text", name, total)
		}
	}
}

func TestTenThousandPartsKeepWhatWasRead(t *testing.T) {
	raw := hostile(1 << 20)["10,000 parts"].raw
	c, err := Read([]byte(raw), Options{})
	if err != nil || len(c.Parts) < 900 || c.Parts[1].Text != "text" {
		t.Errorf("%v, %d parts; want the first thousand", err, len(c.Parts))
	}
}

func TestFiftyMegabytes(t *testing.T) {
	film := base64.StdEncoding.EncodeToString(bytes.Repeat([]byte("not a film "), 3_400_000))
	raw := []byte(head + "Content-Type: multipart/mixed; boundary=b\r\n\r\n--b\r\n\r\nSee the film.\r\n--b\r\nContent-Type: video/mp4; name=a.mp4\r\nContent-Transfer-Encoding: base64\r\n\r\n")
	for len(film) > 76 {
		raw = append(append(raw, film[:76]...), '\r', '\n')
		film = film[76:]
	}
	raw = append(raw, "\r\n--b--\r\n"...)
	start := time.Now()
	c, err := Read(raw, options(t))
	if took := time.Since(start); took > time.Minute {
		t.Errorf("%d MB took %v", len(raw)>>20, took)
	}
	if err != nil || len(c.Attachments) != 1 || c.Parts[1].Text != "See the film." {
		t.Errorf("%v, %d files, parts %v", err, len(c.Attachments), len(c.Parts))
	}
}

func TestZipBombInMail(t *testing.T) {
	var b bytes.Buffer
	w := zip.NewWriter(&b)
	f, err := w.Create("a.html")
	if err != nil {
		t.Fatal(err)
	}
	if _, err := f.Write(make([]byte, 280<<20)); err != nil {
		t.Fatal(err)
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	raw := head + "Content-Type: multipart/mixed; boundary=b\r\n\r\n--b\r\nContent-Type: application/zip; name=a.zip\r\nContent-Transfer-Encoding: base64\r\n\r\n" + base64.StdEncoding.EncodeToString(b.Bytes()) + "\r\n--b--\r\n"
	start := time.Now()
	c, err := Read([]byte(raw), options(t))
	if took := time.Since(start); took > time.Minute {
		t.Errorf("took %v", took)
	}
	if err != nil || len(c.Attachments) != 1 || !slices.Contains(c.Attachments[0].Traits, "bomb") {
		t.Errorf("%v, %+v; want the trait bomb", err, c.Attachments)
	}
}

// picturePNG draws a QR code.
func picturePNG(t testing.TB, text string) []byte {
	t.Helper()
	bits, err := qrcode.NewQRCodeWriter().Encode(text, gozxing.BarcodeFormat_QR_CODE, 200, 200, nil)
	if err != nil {
		t.Fatal(err)
	}
	img := image.NewGray(image.Rect(0, 0, 200, 200))
	for y := range 200 {
		for x := range 200 {
			if !bits.Get(x, y) {
				img.SetGray(x, y, color.Gray{Y: 255})
			}
		}
	}
	var b bytes.Buffer
	if err := png.Encode(&b, img); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

func TestQRCodes(t *testing.T) {
	code := base64.StdEncoding.EncodeToString(picturePNG(t, "https://evil.example/qr"))
	words := base64.StdEncoding.EncodeToString(picturePNG(t, "call +1 202 555 0100"))
	raw := head + "Content-Type: multipart/related; boundary=b\r\n\r\n--b\r\nContent-Type: text/html\r\n\r\n<p>Scan</p><img src=\"cid:p\"><img src=\"data:image/png;base64," + words +
		"\">\r\n--b\r\nContent-Type: image/png\r\nContent-ID: <p>\r\nContent-Transfer-Encoding: base64\r\n\r\n" + code + "\r\n--b--\r\n"
	c, err := Read([]byte(raw), Options{QR: true})
	if err != nil || len(c.Links) != 1 || c.Links[0] != (contact.Link{Raw: "https://evil.example/qr", From: "qr", Part: "attachment:1"}) {
		t.Errorf("%v, links %v; want the one of the code", err, c.Links)
	}
	if p := c.Parts[len(c.Parts)-1]; p.Name != "qr" || p.Text != "call +1 202 555 0100" {
		t.Errorf("last part is %v, want the words of the second code", p)
	}
	if c, _ := Read([]byte(raw), Options{}); len(c.Links) != 0 {
		t.Error("codes were read although that is switched off")
	}
	if c, _ := Read([]byte(raw), Options{QR: true, Limits: Limits{Images: 1}}); len(c.Problems) != 1 || c.Problems[0].Code != "pictures" {
		t.Errorf("with one picture allowed: problems %v, want pictures", c.Problems)
	}
}

func TestLockedPDFWithPasswordInTheMail(t *testing.T) {
	pdf, err := readFile("../attachment/testdata/locked-rc4.pdf")
	if err != nil {
		t.Fatal(err)
	}
	raw := head + "Content-Type: multipart/mixed; boundary=b\r\n\r\n--b\r\n\r\nYour invoice is attached.\r\nPassword: 123\r\n--b\r\nContent-Type: application/pdf; name=invoice.pdf\r\nContent-Transfer-Encoding: base64\r\n\r\n" +
		base64.StdEncoding.EncodeToString(pdf) + "\r\n--b--\r\n"
	c, err := Read([]byte(raw), options(t))
	if err != nil || len(c.Links) != 1 || c.Links[0].Raw != "https://shop.example/confirm" || !slices.Contains(c.Attachments[0].Traits, "password_given") {
		t.Errorf("%v, links %v, files %+v; want the link out of the locked file", err, c.Links, c.Attachments)
	}
}

func FuzzRead(f *testing.F) {
	files, err := glob("testdata/broken/*.eml")
	if err != nil {
		f.Fatal(err)
	}
	for _, raw := range files {
		f.Add(raw)
	}
	opt := options(f)
	opt.Limits = Limits{Bytes: 1 << 20, TextBytes: 1 << 18, Parts: 50, Depth: 6, Pixels: 100_000}
	f.Fuzz(func(t *testing.T, raw []byte) {
		c, fs, err := Inspect(raw, opt)
		if err != nil {
			return
		}
		check(t, c)
		_ = dump(c, fs)
		IsMail(raw)
	})
}

func FuzzSplitMbox(f *testing.F) {
	f.Add([]byte("From a@b.example Mon Jan  1 00:00:00 2024\nFrom: a\n\nx\n\nFrom c Tue Jan  2 00:00:00 2024\n\ny"))
	f.Add([]byte(">From x\n\n>>From y\n"))
	f.Fuzz(func(t *testing.T, b []byte) {
		total := 0
		for m, err := range SplitMbox(bytes.NewReader(b)) {
			if err != nil {
				t.Errorf("reading from memory: %v", err)
			}
			total += len(m)
		}
		if total > len(b) {
			t.Errorf("%d bytes became %d", len(b), total)
		}
	})
}

// typical is a mail of about 20 KB with a plain and an HTML view.
func typical() []byte {
	var page strings.Builder
	page.WriteString(`<html><head><style>.btn{color:#fff;background:#f90}</style></head><body bgcolor=3D"#ffffff"><table width=3D"600">`)
	for i := range 32 {
		fmt.Fprintf(&page, "<tr><td style=3D\"font-family:Arial,sans-serif;font-size:14px;color:#333333;pa=\r\ndding:8px 4px 8px 4px\">Item %d: a thing, gr=C3=B6=C3=9Fer than others, of usual length</td><td a=\r\nlign=3D\"right\" style=3D\"font-family:Arial,sans-serif;font-size:14px;color:#333333\">EUR %d,99</td><td><a class=3D\"btn\" href=3D\"https://shop.example/item/%d?utm_source=3Dmail&amp;utm_me=\r\ndium=3Dorder&amp;utm_campaign=3Dx\" style=3D\"text-decoration:none\"><img src=3D\"https://img.shop.example/%d.png\" alt=3D\"Picture\" width=3D\"80\" height=3D\"80\"></a></td></tr>\r\n", i, i, i, i)
	}
	page.WriteString("</table></body></html>\r\n")
	return []byte("Return-Path: <bounce@mail.shop.example>\r\n" +
		strings.Repeat("Received: from mx1.shop.example (mx1.shop.example. [192.0.2.25])\r\n        by mx.home.example with ESMTPS id y for <kim@home.example>;\r\n        Tue, 05 Sep 2023 01:25:31 +0000\r\n", 4) +
		"DKIM-Signature: v=1; a=rsa-sha256; c=relaxed/relaxed; d=shop.example; s=s1;\r\n h=from:to:subject; bh=" + strings.Repeat("a", 44) + ";\r\n b=" + strings.Repeat("b", 340) + "\r\n" +
		"From: =?UTF-8?Q?Gro=C3=9Fer_Laden?= <news@shop.example>\r\nTo: Kim <kim@home.example>\r\nSubject: =?UTF-8?B?SWhyZSBCZXN0ZWxsdW5nIMO8YmVyIDMyIEFydGlrZWw=?=\r\nDate: Tue, 05 Sep 2023 03:25:29 +0200\r\nMessage-ID: <1@shop.example>\r\nMIME-Version: 1.0\r\nContent-Type: multipart/alternative; boundary=\"----=_b\"\r\n\r\n" +
		"------=_b\r\nContent-Type: text/plain; charset=utf-8\r\n\r\n" + strings.Repeat("Item: see https://shop.example/item/1 for more\r\n", 32) +
		"------=_b\r\nContent-Type: text/html; charset=utf-8\r\nContent-Transfer-Encoding: quoted-printable\r\n\r\n" + page.String() + "------=_b--\r\n")
}

func BenchmarkRead(b *testing.B) {
	raw := typical()
	opt := options(b)
	b.SetBytes(int64(len(raw)))
	b.ReportAllocs()
	for b.Loop() {
		if _, err := Read(raw, opt); err != nil {
			b.Fatal(err)
		}
	}
}
