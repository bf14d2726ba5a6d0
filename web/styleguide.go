package web

import "net/http"

// registerGuide adds the styleguide. It holds nothing of anybody.
func (w *Web) registerGuide(mux Mux) {
	mux.HandleFunc("GET /styleguide", func(rw http.ResponseWriter, r *http.Request) {
		w.render(rw, r, http.StatusOK, "styleguide", "guide.title", w.guide)
	})
	mux.HandleFunc("GET /styleguide.css", func(rw http.ResponseWriter, _ *http.Request) {
		rw.Header().Set("Content-Type", "text/css; charset=utf-8")
		_, _ = rw.Write([]byte(w.guideSheet))
	})
}
