// Package speech turns a recording into text by asking a transcription server
// that speaks OpenAI's interface (POST {base}/v1/audio/transcriptions): a
// program on the operator's own machines, or a service. Nothing is sent unless
// an address is configured.
//
// It is not for judging what was said: contact/call reads the text it returns.
// A recording of a call may need the consent of all who speak; the door that
// takes it asks for that.
//
//	client := speech.New(speech.Config{URL: "http://localhost:8000"})
//	tr, err := client.Transcribe(ctx, speech.Recording{Name: "call.m4a", Audio: file})
package speech

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"mime/multipart"
	"net/http"
	"net/url"
	"path"
	"slices"
	"strings"
	"time"

	"bonafide/outside/local"
)

// Config says where recordings are sent. Zero values mean the default.
type Config struct {
	// URL is the address of the server, with or without "/v1". Empty: speech is
	// not configured. Plain http is accepted for loopback only, unless
	// AllowPlain.
	URL string
	// AllowPlain permits http to other hosts of a private network.
	AllowPlain bool
	// Key is sent as bearer token; empty for none.
	Key string
	// Model is the model's name; default "whisper-1".
	Model string
	// Timeout ends one transcription; default 5 min.
	Timeout time.Duration
	// MaxBytes is the size of a recording; default 25 MiB, OpenAI's own bound.
	MaxBytes int64
	// MaxAnswer is the size of the answer; default 4 MiB.
	MaxAnswer int64
	// Client sends the request; default a client of its own that follows no
	// redirects, so that neither key nor recording goes elsewhere.
	Client *http.Client
}

// Recording is what is to be written down.
type Recording struct {
	// Name is the file's name; only its extension is sent on.
	Name string
	// Language is an ISO 639-1 hint ("de"); empty lets the server find out.
	Language string
	Audio    io.Reader
}

// Segment is a passage with its place in the recording.
type Segment struct {
	Start, End time.Duration
	Text       string
}

// Transcript is what was said, as the server understood it.
type Transcript struct {
	Text     string
	Language string
	Duration time.Duration
	Segments []Segment
}

// The errors of a transcription, for errors.Is. None holds anything that was
// said.
var (
	ErrNotConfigured = errors.New("speech: no transcription server is configured: set its address, or paste the text of the call")
	ErrTooLarge      = errors.New("recording is too large: send a shorter part of it")
	ErrFormat        = errors.New("recording has a form that cannot be read: send mp3, m4a, wav, ogg, webm or flac")
	ErrRefused       = errors.New("transcription server refused the key")
	ErrBusy          = errors.New("transcription server is busy: try again later")
	ErrFailed        = errors.New("transcription server could not write the recording down")
)

// Client asks a transcription server. It is safe for concurrent use.
type Client struct {
	cfg      Config
	endpoint string
}

// New makes a client. An empty URL makes one whose Transcribe always returns
// ErrNotConfigured; a wrong one is an error.
func New(cfg Config) (*Client, error) {
	if cfg.Model == "" {
		cfg.Model = "whisper-1"
	}
	if cfg.Timeout <= 0 {
		cfg.Timeout = 5 * time.Minute
	}
	if cfg.MaxBytes <= 0 {
		cfg.MaxBytes = 25 << 20
	}
	if cfg.MaxAnswer <= 0 {
		cfg.MaxAnswer = 4 << 20
	}
	if cfg.Client == nil {
		cfg.Client = &http.Client{CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
	}
	c := &Client{cfg: cfg}
	if cfg.URL == "" {
		return c, nil
	}
	u, err := url.Parse(cfg.URL)
	if err != nil || u.Host == "" || u.User != nil || (u.Scheme != "https" && u.Scheme != "http") {
		return nil, errors.New("speech: address of the transcription server: want https://host or http://localhost, without user and password")
	}
	if u.Scheme == "http" && !cfg.AllowPlain && !local.Host(u.Hostname()) {
		return nil, errors.New("speech: address of the transcription server is http on another machine: use https, or allow plain http for a private network")
	}
	base := strings.TrimSuffix(strings.TrimSuffix(u.Path, "/"), "/v1")
	u.Path, u.RawQuery, u.Fragment = base+"/v1/audio/transcriptions", "", ""
	c.endpoint = u.String()
	return c, nil
}

// Configured reports whether there is a server to ask.
func (c *Client) Configured() bool { return c != nil && c.endpoint != "" }

// Transcribe sends a recording and returns what was said. The recording is read
// into memory, at most Config.MaxBytes.
func (c *Client) Transcribe(ctx context.Context, rec Recording) (Transcript, error) {
	if !c.Configured() {
		return Transcript{}, ErrNotConfigured
	}
	audio, err := io.ReadAll(io.LimitReader(rec.Audio, c.cfg.MaxBytes+1))
	if err != nil {
		return Transcript{}, fmt.Errorf("speech: read the recording: %w", err)
	}
	if int64(len(audio)) > c.cfg.MaxBytes {
		return Transcript{}, fmt.Errorf("speech: recording of more than %d bytes: %w", c.cfg.MaxBytes, ErrTooLarge)
	}
	ext, ok := extension(rec.Name, audio)
	if !ok {
		return Transcript{}, fmt.Errorf("speech: %w", ErrFormat)
	}
	body, kind, err := c.form(audio, ext, rec.Language)
	if err != nil {
		return Transcript{}, fmt.Errorf("speech: write the request: %w", err)
	}
	ctx, cancel := context.WithTimeout(ctx, c.cfg.Timeout)
	defer cancel()
	return c.ask(ctx, body, kind)
}

func (c *Client) form(audio []byte, ext, language string) (io.Reader, string, error) {
	var b bytes.Buffer
	w := multipart.NewWriter(&b)
	fields := [][2]string{{"model", c.cfg.Model}, {"response_format", "verbose_json"}}
	if len(language) == 2 && strings.Trim(language, "abcdefghijklmnopqrstuvwxyz") == "" {
		fields = append(fields, [2]string{"language", language})
	}
	for _, f := range fields {
		if err := w.WriteField(f[0], f[1]); err != nil {
			return nil, "", err
		}
	}
	// The name that a person gave the file may hold a name or number.
	part, err := w.CreateFormFile("file", "recording."+ext)
	if err != nil {
		return nil, "", err
	}
	if _, err := part.Write(audio); err != nil {
		return nil, "", err
	}
	return &b, w.FormDataContentType(), w.Close()
}

func (c *Client) ask(ctx context.Context, body io.Reader, kind string) (Transcript, error) {
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, c.endpoint, body)
	if err != nil {
		return Transcript{}, fmt.Errorf("speech: make the request: %w", err)
	}
	req.Header.Set("Content-Type", kind)
	req.Header.Set("Accept", "application/json, text/vtt;q=0.5, text/plain;q=0.4")
	if c.cfg.Key != "" {
		req.Header.Set("Authorization", "Bearer "+c.cfg.Key)
	}
	resp, err := c.cfg.Client.Do(req)
	if err != nil {
		// The error of net/http quotes the address; the cause is enough.
		var ue *url.Error
		if errors.As(err, &ue) {
			err = ue.Err
		}
		return Transcript{}, fmt.Errorf("speech: ask the transcription server: %w", err)
	}
	defer func() { _ = resp.Body.Close() }()
	if err := statusError(resp.StatusCode); err != nil {
		return Transcript{}, fmt.Errorf("speech: status %d: %w", resp.StatusCode, err)
	}
	answer, err := io.ReadAll(io.LimitReader(resp.Body, c.cfg.MaxAnswer+1))
	if err != nil {
		return Transcript{}, fmt.Errorf("speech: read the answer: %w", err)
	}
	if int64(len(answer)) > c.cfg.MaxAnswer {
		return Transcript{}, fmt.Errorf("speech: answer of more than %d bytes: %w", c.cfg.MaxAnswer, ErrFailed)
	}
	return parse(answer)
}

func statusError(code int) error {
	switch {
	case code == http.StatusOK:
		return nil
	case code == http.StatusUnauthorized, code == http.StatusForbidden:
		return ErrRefused
	case code == http.StatusRequestEntityTooLarge:
		return ErrTooLarge
	case code == http.StatusUnsupportedMediaType:
		return ErrFormat
	case code == http.StatusTooManyRequests, code == http.StatusServiceUnavailable:
		return ErrBusy
	}
	return ErrFailed
}

// parse reads verbose_json. A server that knows only captions or plain text
// gives those; captions are left to contact/call, which reads them.
func parse(b []byte) (Transcript, error) {
	b = bytes.TrimSpace(bytes.TrimPrefix(b, []byte("\xef\xbb\xbf")))
	if len(b) == 0 {
		return Transcript{}, nil
	}
	if b[0] != '{' {
		if b[0] == '<' {
			return Transcript{}, fmt.Errorf("speech: answer is a web page, no transcript: %w", ErrFailed)
		}
		return Transcript{Text: strings.ToValidUTF8(string(b), "\uFFFD")}, nil
	}
	var a struct {
		Text     *string `json:"text"`
		Language string  `json:"language"`
		Duration float64 `json:"duration"`
		Segments []struct {
			Start float64 `json:"start"`
			End   float64 `json:"end"`
			Text  string  `json:"text"`
		} `json:"segments"`
	}
	if err := json.Unmarshal(b, &a); err != nil || a.Text == nil {
		return Transcript{}, fmt.Errorf("speech: answer has no text: %w", ErrFailed)
	}
	t := Transcript{Text: strings.TrimSpace(*a.Text), Language: cutTo(a.Language, 32), Duration: span(a.Duration)}
	for _, s := range a.Segments[:min(len(a.Segments), 20_000)] {
		t.Segments = append(t.Segments, Segment{span(s.Start), span(s.End), strings.TrimSpace(s.Text)})
	}
	return t, nil
}

func cutTo(s string, n int) string { return strings.ToValidUTF8(s[:min(len(s), n)], "") }

// span reads seconds; what is no time of a recording reads as zero.
func span(s float64) time.Duration {
	if !(s > 0 && s < 1e6) {
		return 0
	}
	return time.Duration(s * float64(time.Second))
}

// extension checks by its first bytes that this is sound, and returns the
// extension that servers go by.
func extension(name string, b []byte) (string, bool) {
	at := func(off int, s string) bool { return len(b) >= off+len(s) && string(b[off:off+len(s)]) == s }
	switch {
	case at(0, "ID3"), len(b) > 2 && b[0] == 0xff && b[1]&0xe6 == 0xe2:
		return "mp3", true
	case at(0, "RIFF") && at(8, "WAVE"):
		return "wav", true
	case at(0, "OggS"):
		return "ogg", true
	case at(0, "fLaC"):
		return "flac", true
	case at(0, "\x1a\x45\xdf\xa3"):
		return "webm", true
	case at(4, "ftyp"):
		if ext := strings.ToLower(strings.TrimPrefix(path.Ext(name), ".")); slices.Contains([]string{"m4a", "mp4"}, ext) {
			return ext, true
		}
		return "m4a", true
	}
	return "", false
}
