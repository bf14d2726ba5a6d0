package ocr

import (
	"bytes"
	"context"
	"errors"
	stdimage "image"
	"image/color"
	"image/png"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"
	"time"
	"unicode"

	"golang.org/x/image/draw"
	"golang.org/x/image/font"
	"golang.org/x/image/font/basicfont"
	"golang.org/x/image/math/fixed"

	"bonafide/contact"
	"bonafide/contact/image"
)

// installed returns a reader with the languages wanted, or skips.
func installed(t testing.TB, langs string) *Reader {
	t.Helper()
	r := New(Config{Languages: langs})
	if st := r.Available(); !st.OK || len(st.Missing) > 0 {
		t.Skipf("tesseract with %s is not installed: %s", langs, st.Hint)
	}
	return r
}

// rendered draws lines of text, four times the size of the basic font.
func rendered(t testing.TB, lines ...string) []byte {
	t.Helper()
	small := stdimage.NewGray(stdimage.Rect(0, 0, 340, 20+20*len(lines)))
	draw.Draw(small, small.Rect, stdimage.White, stdimage.Point{}, draw.Src)
	d := font.Drawer{Dst: small, Src: stdimage.Black, Face: basicfont.Face7x13}
	for i, l := range lines {
		d.Dot = fixed.P(10, 20+20*i)
		d.DrawString(l)
	}
	big := stdimage.NewGray(stdimage.Rect(0, 0, 4*small.Rect.Dx(), 4*small.Rect.Dy()))
	draw.CatmullRom.Scale(big, big.Rect, small, small.Rect, draw.Src, nil)
	return encoded(t, big)
}

func encoded(t testing.TB, img stdimage.Image) []byte {
	t.Helper()
	var b bytes.Buffer
	if err := png.Encode(&b, img); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

func white(t testing.TB) []byte {
	g := stdimage.NewGray(stdimage.Rect(0, 0, 50, 50))
	draw.Draw(g, g.Rect, stdimage.NewUniform(color.White), stdimage.Point{}, draw.Src)
	return encoded(t, g)
}

func TestReadEnglish(t *testing.T) {
	r := installed(t, "eng")
	text, err := r.Read(context.Background(), rendered(t, "Your parcel is waiting", "Pay the fee today"), "eng")
	if err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{"parcel", "waiting", "today"} {
		if !strings.Contains(text, want) {
			t.Errorf("read %q, want the word %q in it", text, want)
		}
	}
}

// TestScreens reads screens in light and dark mode and in coloured bubbles, in
// three languages, and counts wrong characters (edit distance, white space left
// out). Before contact/image.Clean the same screens had 8 % of them wrong.
func TestScreens(t *testing.T) {
	if testing.Short() {
		t.Skip("with -short: reading whole screens takes seconds")
	}
	r := installed(t, "eng+deu+jpn")
	files, err := filepath.Glob("testdata/*.png")
	if err != nil || len(files) < 6 {
		t.Fatalf("%d screens, %v; want at least 6", len(files), err)
	}
	wrong, total := 0, 0
	for _, f := range files {
		raw, err := os.ReadFile(f)
		if err != nil {
			t.Fatal(err)
		}
		want, err := os.ReadFile(strings.TrimSuffix(f, ".png") + ".txt")
		if err != nil {
			t.Fatal(err)
		}
		cleaned, err := image.Clean(raw, image.Limits{})
		if err != nil {
			t.Fatalf("%s: %v", f, err)
		}
		got, err := r.Read(context.Background(), cleaned, "")
		if err != nil {
			t.Fatalf("%s: %v", f, err)
		}
		w := letters(string(want))
		n := distance(w, letters(got))
		wrong, total = wrong+n, total+len(w)
		if n*20 > len(w) {
			t.Errorf("%s: %d of %d characters wrong:\n%s", filepath.Base(f), n, len(w), got)
		}
	}
	t.Logf("%d of %d characters wrong (%.2f %%)", wrong, total, 100*float64(wrong)/float64(total))
	if wrong*100 > total {
		t.Errorf("%d of %d characters wrong, want at most 1 %%", wrong, total)
	}
}

// TestScreenToContact goes the whole way from a picture to a contact.
func TestScreenToContact(t *testing.T) {
	r := installed(t, "eng+deu+jpn")
	layouts, err := image.Load(os.DirFS("../../data"))
	if err != nil {
		t.Fatal(err)
	}
	for file, want := range map[string]struct{ sender, phrase string }{
		"en_sms_light": {"+1 (555) 010-0147", "an order for a phone of $1,199.00 was placed on your account."},
		"de_chat_dark": {"+49 155 5501 0199", "Kannst du mir bitte 850 Euro überweisen?"},
		"ja_mail_dark": {"info@shop-account.example", "24時間以内にお支払い情報を更新してください。"},
	} {
		raw, err := os.ReadFile("testdata/" + file + ".png")
		if err != nil {
			t.Fatal(err)
		}
		cleaned, err := image.Clean(raw, image.Limits{})
		if err != nil {
			t.Fatal(err)
		}
		text, err := r.Read(context.Background(), cleaned, "")
		if err != nil {
			t.Fatal(err)
		}
		c := layouts.FromText(text, contact.Screenshot, time.Time{})
		sender := c.Sender.Number
		if c.Sender.Mail.Domain != "" {
			sender = c.Sender.Mail.String()
		}
		body := ""
		for _, p := range c.Parts {
			if p.Name == "ocr" {
				body = p.Text
			}
		}
		if sender != want.sender || !strings.Contains(body, want.phrase) {
			t.Errorf("%s: sender %q, text %q; want sender %q and %q", file, sender, body, want.sender, want.phrase)
		}
	}
}

func letters(s string) []rune {
	return []rune(strings.Map(func(r rune) rune {
		if unicode.IsSpace(r) {
			return -1
		}
		return r
	}, s))
}

// distance is the edit distance (V. I. Levenshtein, 1966).
func distance(a, b []rune) int {
	row := make([]int, len(b)+1)
	for j := range row {
		row[j] = j
	}
	for i := range a {
		diagonal := row[0]
		row[0] = i + 1
		for j := range b {
			c := diagonal
			if a[i] != b[j] {
				c = min(diagonal, row[j], row[j+1]) + 1
			}
			diagonal, row[j+1] = row[j+1], c
		}
	}
	return row[len(b)]
}

// fake writes a program that stands for tesseract: it knows one language and
// else does what the script says.
func fake(t *testing.T, script string) string {
	t.Helper()
	if runtime.GOOS != "linux" {
		t.Skip("not on this system: the false tesseract is a shell script that looks into /proc; how the real one is bounded is not shown")
	}
	path := filepath.Join(t.TempDir(), "tesseract")
	body := "#!/bin/sh\ncase $1 in\n--list-langs) echo 'List of languages (1):'; echo eng; exit;;\n--version) echo 'tesseract 9.9.9'; exit;;\nesac\n" + script + "\n"
	if err := os.WriteFile(path, []byte(body), 0o755); err != nil {
		t.Fatal(err)
	}
	return path
}

func TestChildIsConfined(t *testing.T) {
	t.Setenv("BONAFIDE_SECRET", "must not pass")
	t.Setenv("TMPDIR", t.TempDir())
	r := New(Config{Languages: "eng", TessdataPrefix: "/models", Binary: fake(t, `cat >/dev/null; env; echo "args $*"; echo "cwd $(pwd) $(ls -A | wc -l)"; ulimit -v; echo "net $(tail -n +3 /proc/net/dev | grep -vc 'lo:')"`)})
	st := r.Available()
	if !st.OK || st.Version != "9.9.9" || st.Hint != "" {
		t.Fatalf("status %+v: want the fake program", st)
	}
	out, err := r.Read(context.Background(), white(t), "eng+../x+-c")
	if err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{"OMP_THREAD_LIMIT=1", "TESSDATA_PREFIX=/models", "args stdin stdout -l eng --psm 4", " 0\n", "1048576"} {
		if !strings.Contains(out, want) {
			t.Errorf("child shows\n%s\nwant %q in it", out, want)
		}
	}
	for _, bad := range []string{"BONAFIDE_SECRET", "HOME=", "../x"} {
		if strings.Contains(out, bad) {
			t.Errorf("child shows\n%s\nwith %q in it", out, bad)
		}
	}
	if !st.Network && !strings.Contains(out, "net 0") {
		t.Errorf("status says there is no network, but the child sees one:\n%s", out)
	}
	left, err := filepath.Glob(filepath.Join(os.TempDir(), "ocr-*"))
	if err != nil || len(left) > 0 {
		t.Errorf("folders left behind: %v", left)
	}
}

func TestTimeoutEndsTheWholeGroup(t *testing.T) {
	mark := filepath.Join(t.TempDir(), "mark")
	r := New(Config{Languages: "eng", Timeout: 300 * time.Millisecond, Binary: fake(t, `(sleep 2; echo late > "`+mark+`") & sleep 60`)})
	start := time.Now()
	_, err := r.Read(context.Background(), white(t), "")
	if !errors.Is(err, ErrTimeout) || time.Since(start) > time.Minute {
		t.Errorf("error %v after %v, want ErrTimeout at once", err, time.Since(start))
	}
	time.Sleep(2200 * time.Millisecond)
	if _, err := os.Stat(mark); err == nil {
		t.Error("a child of the program lived on after the timeout")
	}
}

func TestBounds(t *testing.T) {
	r := New(Config{Languages: "eng", MaxOutput: 100, Binary: fake(t, `cat >/dev/null; i=0; while [ $i -lt 1000 ]; do echo "übü übü übü übü"; i=$((i+1)); done`)})
	out, err := r.Read(context.Background(), white(t), "")
	if err != nil || len(out) > 100 || strings.Contains(out, "\uFFFD") {
		t.Errorf("%d bytes, %v: want at most 100, cut between characters", len(out), err)
	}
	failing := New(Config{Languages: "eng", Binary: fake(t, "exit 3")})
	if _, err := failing.Read(context.Background(), white(t), ""); !errors.Is(err, ErrFailed) || !strings.Contains(err.Error(), "status 3") {
		t.Errorf("failing program: %v, want ErrFailed with its status", err)
	}
	hungry := New(Config{Languages: "eng", MaxMemoryBytes: 64 << 20, Binary: fake(t, `x=1234567890; i=0; while [ $i -lt 24 ]; do x=$x$x; i=$((i+1)); done; echo grown`)})
	if _, err := hungry.Read(context.Background(), white(t), ""); !errors.Is(err, ErrFailed) {
		t.Errorf("program that wants 160 MB of 64: %v, want ErrFailed", err)
	}
	for name, b := range map[string][]byte{"nothing": nil, "no PNG": []byte(strings.Repeat("x", 100)), "too many pixels": white(t)} {
		small := New(Config{MaxPixels: 100})
		if _, err := small.Read(context.Background(), b, ""); !errors.Is(err, ErrPicture) {
			t.Errorf("%s: %v, want ErrPicture", name, err)
		}
	}
}

func TestContextEnds(t *testing.T) {
	r := New(Config{Languages: "eng", Concurrency: 1, Binary: fake(t, "sleep 60")})
	ctx, cancel := context.WithTimeout(context.Background(), 400*time.Millisecond)
	defer cancel()
	done := make(chan error, 2)
	for range 2 {
		go func() { _, err := r.Read(ctx, white(t), ""); done <- err }()
	}
	for range 2 {
		select {
		case err := <-done:
			if !errors.Is(err, context.DeadlineExceeded) {
				t.Errorf("error %v, want the context's", err)
			}
		case <-time.After(10 * time.Second):
			t.Fatal("reading did not end with its context")
		}
	}
}

func TestNotInstalled(t *testing.T) {
	r := New(Config{Binary: "/nowhere/tesseract", Languages: "eng+deu+chi_sim"})
	st := r.Available()
	if st.OK || st.Hint != "apt-get install tesseract-ocr tesseract-ocr-deu tesseract-ocr-chi-sim" {
		t.Errorf("status %+v: want the command that installs it", st)
	}
	if _, err := r.Read(context.Background(), white(t), ""); !errors.Is(err, ErrNotInstalled) {
		t.Errorf("error %v, want ErrNotInstalled", err)
	}
	half := New(Config{Languages: "eng+jpn", Binary: fake(t, "cat >/dev/null")})
	if st := half.Available(); !st.OK || st.Hint != "apt-get install tesseract-ocr-jpn" || len(st.Missing) != 1 {
		t.Errorf("status %+v: want OK with the missing language", st)
	}
	if _, err := half.Read(context.Background(), white(t), "jpn"); !errors.Is(err, ErrNotInstalled) {
		t.Errorf("language that is not there: %v, want ErrNotInstalled", err)
	}
}
