package hypertext

import (
	"fmt"
	"os"
	"slices"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"bonafide/evidence"
)

func TestVisibleText(t *testing.T) {
	tests := []struct{ name, in, want string }{
		{"paragraphs", "<p>One</p><p>Two</p>", "One\n\nTwo"},
		{"unclosed paragraphs", "<p>One<p>Two", "One\n\nTwo"},
		{"line breaks", "One<br>Two<br><br>Three", "One\nTwo\n\nThree"},
		{"white space", "  One \n\t two&nbsp;&nbsp;three ", "One two three"},
		{"cut apart by tags", "Am<span></span>az<b>o</b>n", "Amazon"},
		{"cut apart by a comment", "Ama<!-- x -->zon", "Amazon"},
		{"cut apart by hidden text", `Ama<span style="display:none">xyz</span>zon`, "Amazon"},
		{"table", "<table><tr><td>Order</td><td>123</td></tr><tr><td>Total</td><td>9 €</td></tr></table>", "Order 123\nTotal 9 €"},
		{"list", "<ul><li>a<li>b</ul>c", "a\nb\n\nc"},
		{"entities", "&Auml;pfel &amp; Birnen &#x1F34E; &lt;b&gt;", "Äpfel & Birnen 🍎 <b>"},
		{"pre", "<pre>a\r\n  b</pre>c", "a\n  b\n\nc"},
		{"no script, no style", "a<script>var x='<p>b</p>'</script><style>p{}</style>c", "ac"},
		{"title apart", "<title>T</title>a", "a"},
		{"alternative text", `Your <img src="l.png" alt="Shop"> order`, "Your Shop order"},
		{"no text for counting pixels", `a<img src="p.gif" width="1" height="1" alt="pixel">`, "a"},
		{"button and field", `<input type="text" placeholder="E-mail"><input type=submit value="Sign in">`, "E-mail Sign in"},
		{"conditional comments", "<!--[if mso]>old<![endif]--><![if !mso]>new<![endif]>", "new"},
		{"noscript is shown by mail programs", "<noscript>shown</noscript>", "shown"},
		{"control characters", "a\x00b\x07c", "abc"},
		{"headings", "<h1>A</h1>b", "A\n\nb"},
		{"no HTML at all", "just text", "just text"},
		{"stray end tags", "</div></p>a</td></table>", "a"},
		{"textarea", "<textarea><b>raw</b></textarea>", "<b>raw</b>"},
	}
	for _, test := range tests {
		if got := Read(test.in, Options{}).Text; got != test.want {
			t.Errorf("%s: Read(%q).Text = %q, want %q", test.name, test.in, got, test.want)
		}
	}
}

func TestHiddenText(t *testing.T) {
	hidden := []struct{ name, in string }{
		{"display", `<div style="display:none">H</div>`},
		{"display, upper case and important", `<div STYLE="DISPLAY: NONE !important">H</div>`},
		{"visibility", `<div style="visibility:hidden">H</div>`},
		{"font size 0", `<span style="font-size:0px">H</span>`},
		{"font size 1px", `<span style="font-size:1px">H</span>`},
		{"font size 0 in the shorthand", `<span style="font:0px Arial">H</span>`},
		{"opacity", `<p style="opacity:0;display:block">H</p>`},
		{"white on white", `<font color="#ffffff">H</font>`},
		{"nearly white", `<span style="color:#fffffe">H</span>`},
		{"white by name", `<span style="color:white">H</span>`},
		{"rgb", `<span style="color:rgb(255, 255, 255)">H</span>`},
		{"colour of the ground of the cell", `<table><tr><td bgcolor="#112233"><span style="color:#112233">H</span></td></tr></table>`},
		{"transparent", `<span style="color:transparent">H</span>`},
		{"clear by alpha", `<span style="color:rgba(0,0,0,0)">H</span>`},
		{"indent", `<p style="text-indent:-9999px">H</p>`},
		{"no height", `<div style="height:0;overflow:hidden">H</div>`},
		{"no maximum height", `<div style="max-height:0px;overflow:hidden">H</div>`},
		{"no width", `<div style="width:0px;overflow:hidden">H</div>`},
		{"off screen", `<div style="position:absolute;left:-5000px">H</div>`},
		{"attribute", `<div hidden>H</div>`},
		{"class", `<style>.x{display:none}</style><p class="a x">H</p>`},
		{"id", `<style>#y { visibility : hidden }</style><p id=y>H</p>`},
		{"tag", `<style>q{font-size:0}</style><q>H</q>`},
		{"tag and class", `<style>p.z{color:#fff}</style><p class=z>H</p>`},
		{"class in media all", `<style>@media all{.x{display:none}}</style><p class=x>H</p>`},
		{"nested in hidden", `<div style="display:none"><p style="display:block">H</p></div>`},
		{"scale", `<p style="transform:scale(0)">H</p>`},
	}
	for _, test := range hidden {
		v := Read(test.in, Options{})
		if v.Text != "" || v.Hidden != "H" {
			t.Errorf("%s: visible %q, hidden %q; want H hidden", test.name, v.Text, v.Hidden)
		}
	}
	// The misses guard honest mails.
	visible := []struct{ name, in string }{
		{"size 0 outside, a size inside", `<td style="font-size:0"><span style="font-size:14px">V</span></td>`},
		{"white on a dark cell", `<table><tr><td style="background-color:#232f3e"><a href="x" style="color:#ffffff">V</a></td></tr></table>`},
		{"white on a picture", `<div style="background:url(x.png)"><span style="color:#fff">V</span></div>`},
		{"white on the ground picture of a table", `<table background="x.png"><tr><td><font color=white>V</font></td></tr></table>`},
		{"white on a ground that a rule may set", `<style>.a .b{background:#000}</style><div class=b><font color=white>V</font></div>`},
		{"hidden on small screens only", `<style>@media only screen and (max-width:480px){.x{display:none}}</style><p class=x>V</p>`},
		{"shown again", `<p style="visibility:hidden"><b style="visibility:visible">V</b></p>`},
		{"gray on white", `<span style="color:#cccccc">V</span>`},
		{"small print", `<span style="font-size:8px">V</span>`},
		{"half see-through", `<span style="opacity:0.6">V</span>`},
		{"height 0 without cutting", `<div style="height:0">V</div>`},
		{"em", `<span style="font-size:0.8em">V</span>`},
		{"percent", `<span style="font-size:80%">V</span>`},
		{"after a hidden paragraph that nobody closed", `<p style="display:none"><p>V</p>`},
		{"after a hidden cell that nobody closed", `<table><tr><td style="display:none"><td>V</table>`},
		{"hidden from Outlook only", `<p style="mso-hide:all">V</p>`},
		{"a little indent", `<p style="text-indent:-20px">V</p>`},
	}
	for _, test := range visible {
		if v := Read(test.in, Options{}); v.Text != "V" {
			t.Errorf("%s: visible %q, hidden %q; want V visible", test.name, v.Text, v.Hidden)
		}
	}
}

func TestLinks(t *testing.T) {
	tests := []struct {
		name, in string
		want     []string // from|text|raw
	}{
		{"text", `<a href="https://a.example/">Click <b>here</b></a>`, []string{"html|Click here|https://a.example/"}},
		{"picture", `<a href="https://a.example/"><img src=x.png></a>`, []string{"image||https://a.example/"}},
		{"picture with words", `<a href="https://a.example/"><img src=x.png alt="Log in"></a>`, []string{"html|Log in|https://a.example/"}},
		{"ground picture", `<a href="https://a.example/"><div style="background:url('x.png')"></div></a>`, []string{"image||https://a.example/"}},
		{"area", `<map><area href="https://a.example/" alt="Pay"></map>`, []string{"html|Pay|https://a.example/"}},
		{"nested links", `<a href="1.example">a<a href="2.example">b</a>`, []string{"html|a|1.example", "html|b|2.example"}},
		{"form", `<form action="https://a.example/p.php"><input name=x></form>`, []string{"form||https://a.example/p.php"}},
		{"formaction", `<button formaction="https://a.example/b">Go</button>`, []string{"form||https://a.example/b"}},
		{"refresh", `<meta http-equiv="Refresh" content="0; URL='https://a.example/'">`, []string{"html||https://a.example/"}},
		{"frame", `<iframe src="https://a.example/f"></iframe>`, []string{"html||https://a.example/f"}},
		{"onclick", `<button onclick="window.location.href='https://a.example/o'">x</button>`, []string{"html||https://a.example/o"}},
		{"javascript", `<a href="javascript:window.open('https://a.example/w')">x</a>`, []string{"html|x|javascript:window.open('https://a.example/w')", "html||https://a.example/w"}},
		{"base", `<base href="https://a.example/dir/x"><a href="login">L</a><a href="/top">T</a><a href="//b.example/">B</a><a href="#in">I</a>`,
			[]string{"html|L|https://a.example/dir/login", "html|T|https://a.example/top", "html|B|https://b.example/", "html|I|#in"}},
		{"entities", `<a href="https://a.example/?a=1&amp;b=2">x</a>`, []string{"html|x|https://a.example/?a=1&b=2"}},
		{"blanks are kept", `<a href="  https://a.example/ ">x</a>`, []string{"html|x|  https://a.example/ "}},
		{"srcdoc", `<iframe srcdoc="&lt;a href='https://a.example/s'&gt;in&lt;/a&gt;"></iframe>`, []string{"html|in|https://a.example/s"}},
		{"no target", `<a name="x">y</a>`, nil},
	}
	for _, test := range tests {
		v := Read(test.in, Options{Part: "body"})
		var got []string
		for _, l := range v.Links {
			got = append(got, l.From+"|"+l.Text+"|"+l.Raw)
			if l.Part == "body" && v.Text[l.Start:l.End] != l.Text && !strings.Contains(l.Text, " ") {
				t.Errorf("%s: link %q stands at %q", test.name, l.Text, v.Text[l.Start:l.End])
			}
		}
		if !slices.Equal(got, test.want) {
			t.Errorf("%s: links %q, want %q", test.name, got, test.want)
		}
	}
}

func TestLinkPlaces(t *testing.T) {
	v := Read(`<p>Hello,</p><p>please <a href="https://a.example/">sign in</a> or <a href="b.example" style="display:none">not</a>.</p>`, Options{Part: "body:2"})
	l := v.Links[0]
	if l.Part != "body:2" || v.Text[l.Start:l.End] != "sign in" {
		t.Errorf("first link is in %q at %q, want sign in", l.Part, v.Text[l.Start:l.End])
	}
	l = v.Links[1]
	if l.Part != "body:2:hidden" || v.Hidden[l.Start:l.End] != "not" || l.Text != "" {
		t.Errorf("hidden link: %+v in %q", l, v.Hidden)
	}
}

func TestBackwards(t *testing.T) {
	v := Read(`Your <span style="unicode-bidi:bidi-override;direction:rtl"><a href="https://a.example/">nozama</a></span> order`, Options{Part: "body"})
	if v.Text != "Your amazon order" || v.Reversed != 6 {
		t.Errorf("got %q, %d reversed", v.Text, v.Reversed)
	}
	if l := v.Links[0]; v.Text[l.Start:l.End] != "amazon" || l.Text != "amazon" {
		t.Errorf("link moved to %q, text %q", v.Text[l.Start:l.End], l.Text)
	}
	if v := Read(`<p dir="rtl">טקסט</p>`, Options{}); v.Reversed != 0 || v.Text != "טקסט" {
		t.Errorf("a Hebrew paragraph was turned round: %q", v.Text)
	}
	if v := Read(`<bdo dir=rtl>cba</bdo>`, Options{}); v.Text != "abc" {
		t.Errorf("bdo: %q, want abc", v.Text)
	}
}

func TestForms(t *testing.T) {
	v := Read(`<form action="p.php" method="POST"><input type=email name=mail><input type="PASSWORD" name=p><input type=hidden name=h></form>`, Options{})
	if len(v.Forms) != 1 || v.Forms[0].Action != "p.php" || v.Forms[0].Method != "post" || len(v.Forms[0].Fields) != 2 || !v.HasPassword() || v.HasCard() {
		t.Errorf("form: %+v", v.Forms)
	}
	if v := Read(`<input name="cc-number"><input name=cvv>`, Options{}); !v.HasCard() || v.HasPassword() {
		t.Errorf("card fields outside of a form were missed: %+v", v.Forms)
	}
}

func TestScripts(t *testing.T) {
	page := `<script>document.write(atob("PGZvcm0gYWN0aW9uPSdodHRwczovL2V2aWwuZXhhbXBsZS9wJz48aW5wdXQgdHlwZT1wYXNzd29yZD48L2Zvcm0+"))</script>
<script>document.write(unescape('%3Ca%20href%3D%22https%3A//evil.example/u%22%3Ego%3C/a%3E'))</script>
<script>window.location.replace("https://evil.example/r")</script><script>var u=atob("aHR0cHM6Ly9ldmlsLmV4YW1wbGUvYg==")</script>`
	v := Read(page, Options{Scripts: true})
	var got []string
	for _, l := range v.Links {
		got = append(got, l.Raw)
	}
	slices.Sort(got)
	want := []string{"https://evil.example/b", "https://evil.example/p", "https://evil.example/r", "https://evil.example/u"}
	if !slices.Equal(got, want) || !v.HasPassword() || v.Scripts != 4 {
		t.Errorf("links %q, want %q; password %v; scripts %d", got, want, v.HasPassword(), v.Scripts)
	}
	if v := Read(page, Options{}); len(v.Links) != 0 {
		t.Errorf("a mail program runs no script, but there are links %v", v.Links)
	}
	if v := Read(`<script type="application/ld+json">{"@type":"Order"}</script>`, Options{}); v.Scripts != 0 {
		t.Error("data for mail programs was counted as a script")
	}
}

func TestFindings(t *testing.T) {
	codes := func(in string) string {
		v := Read(in, Options{})
		var out []string
		for _, f := range v.Findings("body") {
			out = append(out, string(f.Code))
		}
		return strings.Join(out, " ")
	}
	long := strings.Repeat("word ", 40)
	for in, want := range map[string]string{
		"<p>" + long + "</p><div style='display:none'>" + long + "</div>":                          "hidden_text",
		"<div style='display:none'>Your order is on its way " + long + "</div><p>" + long + "</p>": "", // a preheader
		"<p>" + long + "</p><span style='font-size:0'>x</span>":                                    "",
		"<form><input type=password></form>":                                                       "password_form",
		"<form><input autocomplete=cc-number></form>":                                              "card_form",
		"<form><input name=q></form><script>1</script>":                                            "form_in_mail script_in_mail",
		"<meta http-equiv=refresh content='1;url=https://a.example/'>":                             "refresh_in_mail",
		"<bdo dir=rtl>nozama</bdo>":                                                                "reversed_text",
		"<p>" + long + "</p>":                                                                      "",
	} {
		if got := codes(in); got != want {
			t.Errorf("findings of %.60q… = %q, want %q", in, got, want)
		}
	}
}

// Every code that this room can return has a weight and sentences.
func TestCodesHaveWeights(t *testing.T) {
	table, err := evidence.LoadTable(os.DirFS("../../data"))
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range []evidence.Code{"hidden_text", "password_form", "card_form", "form_in_mail", "script_in_mail", "refresh_in_mail", "reversed_text"} {
		if _, ok := table.Weight(c); !ok {
			t.Errorf("code %s is not in data/evidence", c)
		}
	}
}

func TestQuoted(t *testing.T) {
	v := Read(`<p>My answer</p><blockquote type="cite"><p>Old words</p></blockquote><p>Bye</p>`, Options{})
	if len(v.Quoted) != 1 || strings.TrimSpace(v.Text[v.Quoted[0].Start:v.Quoted[0].End]) != "Old words" {
		t.Errorf("quoted %v of %q", v.Quoted, v.Text)
	}
	v = Read(`<p>See below</p><div id="divRplyFwdMsg">From: a</div><p>Rest</p>`, Options{})
	if len(v.Quoted) != 1 || v.Text[v.Quoted[0].Start:] != "From: a\n\nRest" {
		t.Errorf("quoted %v of %q", v.Quoted, v.Text)
	}
	if v := Read("<blockquote>indented</blockquote>", Options{}); len(v.Quoted) != 0 {
		t.Error("an indented paragraph is not a quote")
	}
}

func TestReadBytesFindsCharset(t *testing.T) {
	v, ok := ReadBytes([]byte("<meta charset=windows-1251><p>\xc7\xe0\xea\xe0\xe7</p>"), "", Options{})
	if v.Text != "Заказ" || !ok {
		t.Errorf("got %q, %v", v.Text, ok)
	}
	v, ok = ReadBytes([]byte("<p>Gr\xfc\xdfe</p>"), "utf-8", Options{})
	if v.Text != "Grüße" || ok {
		t.Errorf("wrong label: got %q, %v; want the text and false", v.Text, ok)
	}
}

// hostile are pages made to cost more than their length.
func hostile(n int) map[string]string {
	return map[string]string{
		"deep":             strings.Repeat("<div>", n),
		"deep and closed":  strings.Repeat("<b>", n) + strings.Repeat("</b>", n),
		"stray ends":       strings.Repeat("<div><p>", 200) + strings.Repeat("</span></i>", n),
		"unclosed":         strings.Repeat("<p><li><td><a href=x>", n/4),
		"one tag":          "<p " + strings.Repeat("a=b ", n) + ">",
		"classes":          "<style>.a{display:none}</style>" + strings.Repeat("<p class='"+strings.Repeat("b ", 100)+"'>", n/100),
		"rules":            "<style>" + strings.Repeat(".a,.b{color:red}", n) + "</style>",
		"media":            "<style>" + strings.Repeat("@media all{", n) + "</style>",
		"open comment":     strings.Repeat("<!--", n),
		"open style":       strings.Repeat("<style>/*", n),
		"entities":         strings.Repeat("&amp", n),
		"scripts":          strings.Repeat("<script>location='http://a.example/';atob(</script>", n/10),
		"turned":           strings.Repeat("<bdo dir=rtl>a", n/4),
		"turned links":     strings.Repeat("<bdo dir=rtl><a href=x>ab</a></bdo>", n/10),
		"quotes":           strings.Repeat("<blockquote type=cite>a", n/5),
		"long style":       "<p style='" + strings.Repeat("color:red;", n) + "'>",
		"parentheses":      "<p style='a:" + strings.Repeat("(", n) + "'>",
		"srcdoc in srcdoc": strings.Repeat("<iframe srcdoc='<p>", n/5),
		"plain":            strings.Repeat("a ", n),
	}
}

func TestHostilePagesAreLinear(t *testing.T) {
	for name, page := range hostile(200_000) {
		start := time.Now()
		v := Read(page, Options{Scripts: true})
		if took := time.Since(start); took > time.Minute {
			t.Errorf("%s: %d bytes took %v", name, len(page), took)
		}
		if len(v.Text) > 4*len(page) {
			t.Errorf("%s: %d bytes became %d", name, len(page), len(v.Text))
		}
	}
}

func TestLimits(t *testing.T) {
	v := Read(strings.Repeat("<a href=x>y</a>", 30)+strings.Repeat("<img src=x>", 30), Options{MaxLinks: 10, MaxImages: 5})
	if len(v.Links) != 10 || len(v.Images) != 5 || !v.Cut {
		t.Errorf("%d links, %d images, cut %v; want 10, 5, true", len(v.Links), len(v.Images), v.Cut)
	}
	if v := Read("abcdef", Options{MaxBytes: 3}); v.Text != "abc" || !v.Cut {
		t.Errorf("MaxBytes: %q, cut %v", v.Text, v.Cut)
	}
}

// check holds what must be true of every view.
func check(t *testing.T, v View) {
	t.Helper()
	if !utf8.ValidString(v.Text) || !utf8.ValidString(v.Hidden) {
		t.Error("text is no valid UTF-8")
	}
	if v.Preheader > len(v.Hidden) {
		t.Errorf("preheader %d of %d bytes", v.Preheader, len(v.Hidden))
	}
	for _, l := range v.Links {
		text := v.Text
		if strings.HasSuffix(l.Part, ":hidden") {
			text = v.Hidden
		}
		if l.Start < 0 || l.End < l.Start || l.Part != "" && l.End > len(text) {
			t.Errorf("link at %d to %d of %d bytes", l.Start, l.End, len(text))
		}
	}
	last := 0
	for _, q := range v.Quoted {
		if q.Start < last || q.End <= q.Start || q.End > len(v.Text) {
			t.Errorf("quoted %v of %d bytes", v.Quoted, len(v.Text))
		}
		last = q.End
	}
}

func FuzzRead(f *testing.F) {
	for _, page := range hostile(40) {
		f.Add(page)
	}
	f.Add(`<base href="http://a.example/"><style>.x{display:none}</style><div class=x hidden dir=rtl style="font:0 a;color:#fff"><a href=b>c<img alt=d></a>`)
	f.Add("<bdo dir=rtl>a<blockquote type=cite>\xff<a href=x>b</bdo>c")
	f.Fuzz(func(t *testing.T, page string) {
		v := Read(page, Options{Part: "body", Scripts: true})
		check(t, v)
		v.Findings("body")
		w, _ := ReadBytes([]byte(page), "", Options{Part: "body"})
		check(t, w)
	})
}

// newsletter is a page of about 20 KB in the manner of a shop's mail.
func newsletter() string {
	var b strings.Builder
	b.WriteString(`<html><head><style>.btn{color:#fff;background:#f90}.pre{display:none}</style></head><body bgcolor="#ffffff"><div class="pre">Your order</div><table width="600">`)
	for i := range 40 {
		fmt.Fprintf(&b, `<tr><td style="font-family:Arial,sans-serif;font-size:14px;color:#333333;padding:8px 4px 8px 4px">Item %d: a thing of some kind, with a description of usual length</td><td align="right" style="font-family:Arial,sans-serif;font-size:14px;color:#333333">EUR %d,99</td><td><a class="btn" href="https://shop.example/item/%d?utm_source=mail&amp;utm_medium=order&amp;utm_campaign=x" style="text-decoration:none"><img src="https://img.shop.example/%d.png" alt="Picture" width="80" height="80"></a></td></tr>`, i, i, i, i)
	}
	b.WriteString("</table></body></html>")
	return b.String()
}

func BenchmarkRead(b *testing.B) {
	page := newsletter()
	b.SetBytes(int64(len(page)))
	b.ReportAllocs()
	for b.Loop() {
		_ = Read(page, Options{Part: "body"})
	}
}
