package web

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"io/fs"
	"net/http"
	"strings"
)

// fingerprints names each static file by its content, so that a browser may
// keep it and still never mixes an old sheet with a new page.
func fingerprints() (map[string]string, error) {
	out := map[string]string{}
	entries, err := fs.ReadDir(files, "static")
	if err != nil {
		return nil, fmt.Errorf("web: %w", err)
	}
	for _, e := range entries {
		raw, err := files.ReadFile("static/" + e.Name())
		if err != nil {
			return nil, fmt.Errorf("web: %w", err)
		}
		sum := sha256.Sum256(raw)
		out[e.Name()] = hex.EncodeToString(sum[:6])
	}
	return out, nil
}

// staticFiles serves files, not lists of them, and lets browsers keep them.
func (w *Web) staticFiles(files http.Handler) http.Handler {
	return http.HandlerFunc(func(rw http.ResponseWriter, r *http.Request) {
		if name := strings.TrimPrefix(r.URL.Path, "/static/"); !fs.ValidPath(name) || name == "." {
			w.elsewhere(rw, r)
			return
		}
		keep := "public, max-age=3600"
		if r.URL.Query().Has("v") {
			keep = "public, max-age=31536000, immutable"
		}
		rw.Header().Set("Cache-Control", keep)
		files.ServeHTTP(rw, r)
	})
}

func (w *Web) static(name, kind string) http.HandlerFunc {
	return func(rw http.ResponseWriter, _ *http.Request) {
		raw, err := files.ReadFile(name)
		if err != nil {
			http.Error(rw, "not found", http.StatusNotFound)
			return
		}
		rw.Header().Set("Content-Type", kind)
		_, _ = rw.Write(raw)
	}
}

// manifest makes the page installable and a target of the phone's share menu
// (W3C Web App Manifest; Web Share Target).
func (w *Web) manifest(rw http.ResponseWriter, r *http.Request) {
	lang := w.language(r)
	accept := []string{"image/png", "image/jpeg", "image/webp", "message/rfc822", "application/pdf", "text/plain", ".eml", ".txt", ".xml"}
	rw.Header().Set("Content-Type", "application/manifest+json")
	_ = json.NewEncoder(rw).Encode(map[string]any{
		"name":       w.texts.Get(lang, "app.name") + ": " + w.texts.Get(lang, "app.tagline"),
		"short_name": w.texts.Get(lang, "app.name"), "description": w.texts.Get(lang, "home.lead"),
		"id": "/", "start_url": "/", "scope": "/",
		"display": "standalone", "lang": lang, "background_color": "#fbfaf7", "theme_color": "#14485b",
		"icons": []map[string]string{
			{"src": "/static/icon.svg", "sizes": "any", "type": "image/svg+xml", "purpose": "any"},
			{"src": "/static/icon-192.png", "sizes": "192x192", "type": "image/png"},
			{"src": "/static/icon-512.png", "sizes": "512x512", "type": "image/png"},
		},
		"share_target": map[string]any{
			"action": "/share", "method": "POST", "enctype": "multipart/form-data",
			"params": map[string]any{"title": "title", "text": "text", "url": "url",
				"files": []map[string]any{{"name": "file", "accept": accept}}},
		},
		"shortcuts": []map[string]string{{"name": w.texts.Get(lang, "home.now"), "url": "/now"}, {"name": w.texts.Get(lang, "nav.done"), "url": "/done"}},
	})
}
