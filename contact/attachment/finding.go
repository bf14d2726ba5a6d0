package attachment

import (
	"fmt"
	"slices"
	"strings"

	"bonafide/contact"
	"bonafide/evidence"
)

// reason is one way in which an attachment is dangerous or out of the way.
type reason struct {
	trait string
	code  evidence.Code // the sentence that explains it
	why   string        // the sign in short, the same in all languages
}

// risky are the traits of files that no shop sends.
var risky = []reason{
	{"executable", "attachment_program", ""},
	{"script", "attachment_script", ""},
	{"autorun", "attachment_autorun", ""},
	{"launch", "attachment_script", "PDF: /Launch"},
	{"macro", "attachment_macro", "VBA"},
	{"password_field", "attachment_form", ""},
	{"card_field", "attachment_form", ""},
	{"form", "attachment_form", ""},
	{"double_extension", "attachment_double_extension", ""},
	{"encrypted", "attachment_encrypted", ""},
	{"password_given", "attachment_password_given", ""},
}

// unusual are traits that honest files have at times.
var unusual = []reason{
	{"type_mismatch", "attachment_mismatch", ""},
	{"external_template", "attachment_remote_part", "Office"},
	{"object", "attachment_object", "OLE"},
	{"javascript", "attachment_object", "JavaScript"},
	{"embedded_file", "attachment_object", "PDF"},
	{"nested_archive", "attachment_nested", ""},
	{"bomb", "attachment_nested", ""},
	{"redirect", "attachment_page", ""},
	{"encrypted", "attachment_encrypted", ""},
}

// Findings tells what speaks for itself in the attachments of a contact. For
// each there is at most one of attachment_risky and attachment_unusual, which
// carry the weight, and one finding per reason, which explains it. A file with
// nothing special about it, such as an invoice as PDF, is only mentioned.
func Findings(c *contact.Contact) []evidence.Finding {
	var out []evidence.Finding
	for i := range c.Attachments {
		a := &c.Attachments[i]
		part := fmt.Sprintf("attachment:%d", i+1)
		switch {
		case len(reasons(a, risky)) > 0:
			out = append(out, findings(a, part, "attachment_risky", reasons(a, risky))...)
		case len(reasons(a, unusual)) > 0:
			out = append(out, findings(a, part, "attachment_unusual", reasons(a, unusual))...)
		case a.Actual == typeHTML || a.Actual == typeSVG && slices.Contains(a.Traits, "links"):
			out = append(out, findings(a, part, "attachment_unusual", []reason{{"", "attachment_page", ""}})...)
		case a.Name != "" && !slices.Contains(a.Traits, "inline"):
			out = append(out, evidence.Finding{Code: "attachment_ordinary", Args: map[string]string{"name": shownName(a.Name)}, Where: evidence.Where{Part: part, Quote: shownName(a.Name)}})
		}
	}
	return out
}

// reasons returns those of the table that the attachment has. A locked archive
// is risky, a locked document only unusual.
func reasons(a *contact.Attachment, table []reason) []reason {
	var out []reason
	only := &table[0] == &unusual[0]
	for _, r := range table {
		if !slices.Contains(a.Traits, r.trait) {
			continue
		}
		if r.trait == "encrypted" && archiveType(a.Actual) == only {
			continue
		}
		out = append(out, r)
	}
	return out
}

func archiveType(media string) bool {
	return media == typeZip || media == typeRAR || media == type7z
}

func findings(a *contact.Attachment, part string, code evidence.Code, why []reason) []evidence.Finding {
	name := shownName(a.Name)
	where := evidence.Where{Part: part, Quote: name}
	args := map[string]string{"name": name, "why": sign(a, why[0])}
	out := []evidence.Finding{{Code: code, Args: args, Where: where}}
	var told []evidence.Code
	for _, r := range why {
		if !slices.Contains(told, r.code) {
			told = append(told, r.code)
			out = append(out, evidence.Finding{Code: r.code, Args: map[string]string{"name": name, "why": sign(a, r)}, Where: where})
		}
	}
	return out
}

// sign is what the reader can check: the ending of the name, or the technical
// word for what is inside.
func sign(a *contact.Attachment, r reason) string {
	if r.why != "" {
		return r.why
	}
	if r.trait == "executable" || r.trait == "script" || r.trait == "autorun" {
		// What the trait comes from may be a file within an archive.
		for _, n := range a.Inner {
			if e := ending(cleanName(n)); e != "" {
				return "." + e
			}
		}
	}
	if e := ending(cleanName(a.Name)); e != "" {
		return "." + e
	}
	return a.Actual
}

// shownName is a file name that can be shown: characters that turn the
// direction of writing become visible, and long names lose their middle.
func shownName(name string) string {
	name = strings.Map(func(r rune) rune {
		switch {
		case r >= 0x202A && r <= 0x202E, r >= 0x2066 && r <= 0x2069, r == 0x200E, r == 0x200F:
			return '�'
		case r < ' ' || r == 0x7F:
			return ' '
		}
		return r
	}, name)
	if r := []rune(name); len(r) > 80 {
		name = string(r[:48]) + "…" + string(r[len(r)-31:])
	}
	return name
}
