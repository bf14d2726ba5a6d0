package mail

import (
	"bytes"
	"strings"

	"bonafide/contact"
	"bonafide/contact/qr"
)

// picture keeps an image for the search for QR codes, each once.
func (r *reader) picture(part string, data []byte) {
	if !r.opt.QR || len(r.pictures) >= 64 {
		return
	}
	for _, p := range r.pictures {
		if bytes.Equal(p.data, data) {
			return
		}
	}
	r.pictures = append(r.pictures, picture{part, data})
}

// minSide is the least side of a picture, in pixels, that a code is looked for
// in.
const minSide = 60

// codes looks for QR codes in the pictures of the mail, within the limits of
// pictures and pixels. What a code holds is a link, or else a text.
func (r *reader) codes() {
	images, pixels := r.opt.Limits.Images, r.opt.Limits.Pixels
	for _, p := range r.pictures {
		w, h, err := qr.Size(p.data)
		if err != nil || w < minSide || h < minSide {
			continue
		}
		if images == 0 || w > pixels/h {
			r.problem("pictures", "mail has more or larger pictures than are searched for QR codes")
			continue
		}
		images--
		pixels -= w * h
		texts, err := qr.Decode(p.data, qr.Options{MinSide: minSide, MaxPixels: r.opt.Limits.Pixels})
		if err != nil {
			r.problem("picture", "a picture could not be read")
			continue
		}
		for _, t := range texts {
			t = strings.TrimSpace(strings.ToValidUTF8(t, "?"))
			if strings.ContainsAny(t, " \n\t") {
				r.part("qr", contact.Said, r.take(t))
				continue
			}
			r.link(contact.Link{Raw: t, From: "qr", Part: p.part})
		}
	}
}
