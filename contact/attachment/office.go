package attachment

import (
	"html"
	"strings"

	"bonafide/contact"
)

// The media types of documents in zip form.
const (
	typeWord        = "application/vnd.openxmlformats-officedocument.wordprocessingml.document"
	typeSheet       = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
	typeSlides      = "application/vnd.openxmlformats-officedocument.presentationml.presentation"
	typeOpenText    = "application/vnd.oasis.opendocument.text"
	typeOpenUnknown = "application/vnd.oasis.opendocument"
)

// document recognises what is a document or program in zip form and reads it;
// false means that the archive is just an archive.
func (in *inspection) document(entries []entry) bool {
	kind := ""
	has := func(prefix string) bool {
		for i := range entries {
			if strings.HasPrefix(entries[i].name, prefix) {
				return true
			}
		}
		return false
	}
	switch {
	case has("AndroidManifest.xml"):
		in.out.Actual = typeAPK
		return true
	case has("META-INF/MANIFEST.MF"):
		in.out.Actual = typeJar
		return true
	case has("[Content_Types].xml") && has("word/"):
		kind = typeWord
	case has("[Content_Types].xml") && has("xl/"):
		kind = typeSheet
	case has("[Content_Types].xml") && has("ppt/"):
		kind = typeSlides
	case has("mimetype") && has("content.xml"):
		kind = typeOpenText
		if has("ObjectReplacements") || has("xl") {
			kind = typeOpenUnknown
		}
	default:
		return false
	}
	in.out.Actual = kind
	in.readDocument(entries)
	return true
}

// readDocument takes links, texts, pictures and signs of programs from a
// document.
func (in *inspection) readDocument(entries []entry) {
	var text strings.Builder
	rels, slides := 0, 0
	for i := range entries {
		e := &entries[i]
		name := e.name
		switch {
		case strings.HasSuffix(name, "vbaProject.bin"), strings.Contains(name, "macrosheets/"), strings.HasPrefix(name, "Basic/"):
			in.trait("macro")
		case strings.Contains(name, "/embeddings/") && strings.HasSuffix(name, ".bin"):
			in.trait("object")
		case strings.HasSuffix(name, ".rels"):
			if rels++; rels <= 64 {
				in.relationships(string(in.unpack(e, 256<<10)))
			}
		case name == "word/document.xml", name == "xl/sharedStrings.xml", name == "content.xml", strings.HasPrefix(name, "word/footer"), strings.HasPrefix(name, "word/header"),
			strings.HasPrefix(name, "ppt/slides/slide"), strings.HasPrefix(name, "xl/drawings/drawing"):
			if slides++; slides <= 64 && text.Len() < in.opt.MaxText {
				markupText(&text, string(in.unpack(e, 4<<20)))
			}
		case strings.Contains(name, "media/") || strings.HasPrefix(name, "Pictures/"):
			if len(in.extra.Images) < maxImages {
				if b := in.unpack(e, 4<<20); len(b) > 200 {
					in.image(b)
				}
			}
		}
	}
	in.text(contact.Said, in.opt.Part, strings.TrimSpace(text.String()))
}

// relationships reads the targets outside of the document (ECMA-376 part 2,
// 6.5): links, and templates or objects that are fetched without a click.
func (in *inspection) relationships(xml string) {
	for n := 0; n < 2000; n++ {
		at := strings.Index(xml, "<Relationship ")
		if at < 0 {
			return
		}
		xml = xml[at+len("<Relationship "):]
		end := strings.IndexByte(xml, '>')
		if end < 0 {
			return
		}
		one := xml[:end]
		if !strings.Contains(one, `"External"`) && !strings.Contains(one, `'External'`) {
			continue
		}
		target, typ := attribute(one, "Target"), attribute(one, "Type")
		if strings.HasSuffix(typ, "/attachedTemplate") || strings.HasSuffix(typ, "/oleObject") || strings.HasSuffix(typ, "/frame") {
			in.trait("external_template")
		}
		in.link(contact.Link{Raw: target})
	}
}

// attribute returns the value of an attribute in one XML tag.
func attribute(tag, name string) string {
	at := strings.Index(" "+tag, " "+name+"=")
	if at < 0 {
		return ""
	}
	rest := tag[at+len(name)+1:]
	if rest == "" {
		return ""
	}
	end := strings.IndexByte(rest[1:], rest[0])
	if end < 0 {
		return ""
	}
	return html.UnescapeString(rest[1 : 1+end])
}

// markupText writes the text of a document's XML, with a line for each
// paragraph, cell or shared string.
func markupText(out *strings.Builder, xml string) {
	for xml != "" {
		open := strings.IndexByte(xml, '<')
		if open < 0 {
			break
		}
		if t := xml[:open]; strings.TrimSpace(t) != "" || t == " " {
			out.WriteString(html.UnescapeString(t))
		}
		xml = xml[open+1:]
		end := strings.IndexByte(xml, '>')
		if end < 0 {
			break
		}
		switch name, _, _ := strings.Cut(xml[:end], " "); strings.TrimSuffix(name, "/") {
		case "/w:p", "/a:p", "/si", "/text:p", "/text:h", "w:br", "a:br", "text:line-break", "/w:tr":
			out.WriteByte('\n')
		case "w:tab", "text:tab", "/w:tc", "text:s":
			out.WriteByte(' ')
		case "w:instrText", "w:delText":
			// Field codes and deleted text are not seen.
			if stop := strings.Index(xml, "</"+name); stop > end {
				end = stop - 1
			}
		}
		xml = xml[end+1:]
	}
	out.WriteByte('\n')
}

// ole reads the older Office format by the names of its streams, which stand
// in it as UTF-16 ([MS-CFB] 2.6).
func (in *inspection) ole() {
	b := in.data[:min(len(in.data), 16<<20)]
	has := func(name string) bool { return hasWide(b, name) }
	switch {
	case has("__substg1.0_") || has("__properties_version1.0"):
		in.out.Actual = typeMSG
		in.problem("msg", "attached Outlook message (.msg) is not opened; saved as .eml it can be read")
		return
	case has("WordDocument"):
		in.out.Actual = "application/msword"
	case has("Workbook") || has("Book"):
		in.out.Actual = "application/vnd.ms-excel"
	case has("PowerPoint Document"):
		in.out.Actual = "application/vnd.ms-powerpoint"
	case has("EncryptedPackage"):
		in.trait("encrypted")
		in.out.Actual = typeOLE
	case ending(cleanName(in.name)) == "msi":
		in.out.Actual = typeMSI
	}
	if has("_VBA_PROJECT") || has("Macros") || has("VBA") {
		in.trait("macro")
	}
	if has("\x01Ole10Native") || has("Equation Native") {
		in.trait("object")
	}
	in.scanLinks(b)
}

// wide is a name as UTF-16LE.
func wide(s string) string {
	var out strings.Builder
	for i := 0; i < len(s); i++ {
		out.WriteByte(s[i])
		out.WriteByte(0)
	}
	return out.String()
}
