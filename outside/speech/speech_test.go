package speech

import (
	"bytes"
	"context"
	"errors"
	"io"
	"mime"
	"mime/multipart"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

var wav = "RIFF\x24\x00\x00\x00WAVEfmt "

func client(t testing.TB, url string, change func(*Config)) *Client {
	t.Helper()
	cfg := Config{URL: url, Key: "secret-key"}
	if change != nil {
		change(&cfg)
	}
	c, err := New(cfg)
	if err != nil {
		t.Fatal(err)
	}
	return c
}

func TestTranscribe(t *testing.T) {
	got := map[string]string{}
	srv := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		got["path"], got["auth"], got["method"] = r.URL.Path, r.Header.Get("Authorization"), r.Method
		_, p, err := mime.ParseMediaType(r.Header.Get("Content-Type"))
		if err != nil {
			t.Error(err)
			return
		}
		mr := multipart.NewReader(r.Body, p["boundary"])
		for {
			part, err := mr.NextPart()
			if err != nil {
				break
			}
			b, _ := io.ReadAll(part)
			got[part.FormName()] = string(b)
			if part.FileName() != "" {
				got["name"] = part.FileName()
			}
		}
		_, _ = io.WriteString(w, `{"task":"transcribe","language":"german","duration":4.5,"text":" Guten Tag. ","segments":[{"id":0,"start":0.5,"end":4.5,"text":" Guten Tag."},{"start":-1,"end":1e300,"text":"x"}]}`)
	}))
	defer srv.Close()
	tr, err := client(t, srv.URL+"/v1/", nil).Transcribe(context.Background(), Recording{Name: "Anna Meier 0555.wav", Language: "de", Audio: strings.NewReader(wav)})
	if err != nil {
		t.Fatal(err)
	}
	want := map[string]string{"path": "/v1/audio/transcriptions", "auth": "Bearer secret-key", "method": "POST",
		"model": "whisper-1", "response_format": "verbose_json", "language": "de", "file": wav, "name": "recording.wav"}
	if d := cmp.Diff(want, got); d != "" {
		t.Errorf("request differs (-want +got):\n%s", d)
	}
	if tr.Text != "Guten Tag." || tr.Duration != 4500*time.Millisecond || len(tr.Segments) != 2 || tr.Segments[0].Start != 500*time.Millisecond || tr.Segments[1].End != 0 {
		t.Errorf("transcript %+v", tr)
	}
}

func TestTranscribeErrors(t *testing.T) {
	answer := func(status int, body string) http.HandlerFunc {
		return func(w http.ResponseWriter, r *http.Request) {
			_, _ = io.Copy(io.Discard, r.Body)
			w.Header().Set("Location", "http://elsewhere.example/")
			w.WriteHeader(status)
			_, _ = io.WriteString(w, body)
		}
	}
	for name, tc := range map[string]struct {
		h     http.HandlerFunc
		audio string
		cfg   func(*Config)
		want  error
	}{
		"key":         {answer(401, ""), wav, nil, ErrRefused},
		"busy":        {answer(429, ""), wav, nil, ErrBusy},
		"too large":   {answer(413, ""), wav, nil, ErrTooLarge},
		"error":       {answer(500, "what was said"), wav, nil, ErrFailed},
		"redirect":    {answer(307, ""), wav, nil, ErrFailed},
		"web page":    {answer(200, "<html>"), wav, nil, ErrFailed},
		"other JSON":  {answer(200, `{"x":1}`), wav, nil, ErrFailed},
		"long answer": {answer(200, strings.Repeat("x", 100)), wav, func(c *Config) { c.MaxAnswer = 50 }, ErrFailed},
		"long sound":  {answer(200, "x"), wav, func(c *Config) { c.MaxBytes = 5 }, ErrTooLarge},
		"no sound":    {answer(200, "x"), "hello", nil, ErrFormat},
		"slow": {func(w http.ResponseWriter, r *http.Request) { time.Sleep(300 * time.Millisecond) }, wav,
			func(c *Config) { c.Timeout = 50 * time.Millisecond }, context.DeadlineExceeded},
	} {
		srv := httptest.NewServer(tc.h)
		_, err := client(t, srv.URL, tc.cfg).Transcribe(context.Background(), Recording{Audio: strings.NewReader(tc.audio)})
		if !errors.Is(err, tc.want) || strings.Contains(err.Error(), "secret") || strings.Contains(err.Error(), "what was said") {
			t.Errorf("%s: %v, want %v without secrets", name, err, tc.want)
		}
		srv.Close()
	}
}

func TestOtherAnswers(t *testing.T) {
	for in, want := range map[string]string{"": "", "plain words\n": "plain words", "WEBVTT\n\n00:01.000 --> 00:02.000\nx": "WEBVTT\n\n00:01.000 --> 00:02.000\nx"} {
		if got, err := parse([]byte(in)); err != nil || got.Text != want {
			t.Errorf("answer %q: %q, %v; want %q", in, got.Text, err, want)
		}
	}
}

func TestNotConfigured(t *testing.T) {
	c := client(t, "", nil)
	if _, err := c.Transcribe(context.Background(), Recording{Audio: strings.NewReader(wav)}); !errors.Is(err, ErrNotConfigured) {
		t.Errorf("error %v, want ErrNotConfigured", err)
	}
	var none *Client
	if none.Configured() {
		t.Error("no client counts as configured")
	}
	for _, u := range []string{"http://speech.example", "http://127.evil.example", "ftp://speech.example", "https://user:pw@speech.example", "speech", "https://"} {
		if _, err := New(Config{URL: u, Key: "secret"}); err == nil || strings.Contains(err.Error(), "pw") {
			t.Errorf("address %q: error %v, want a refusal without its content", u, err)
		}
	}
	if _, err := New(Config{URL: "http://10.0.0.5:8000", AllowPlain: true}); err != nil {
		t.Errorf("plain http allowed: %v", err)
	}
}

func TestExtension(t *testing.T) {
	for in, want := range map[string]string{
		"ID3\x04": "mp3", "\xff\xfb\x90": "mp3", wav: "wav", "OggS": "ogg", "fLaC": "flac", "\x1a\x45\xdf\xa3": "webm",
		"\x00\x00\x00\x20ftypM4A ": "m4a", "MZ": "", "": "", "%PDF-": "",
	} {
		if got, ok := extension("x", []byte(in)); got != want || ok != (want != "") {
			t.Errorf("extension of %q = %q, want %q", in, got, want)
		}
	}
}

func FuzzParse(f *testing.F) {
	f.Add([]byte(`{"text":"a","segments":[{"start":1}]}`))
	f.Add([]byte("plain"))
	f.Fuzz(func(t *testing.T, b []byte) {
		tr, err := parse(b)
		if err == nil && len(tr.Text) > 3*len(b) {
			t.Errorf("%d bytes grew to %d", len(b), len(tr.Text))
		}
		extension("x", bytes.TrimSpace(b))
	})
}
