package attachment

import (
	"strings"
	"unicode"
)

// baseName cuts off a path, in the manner of all systems.
func baseName(name string) string {
	name = strings.TrimSpace(strings.Trim(name, "\"\x00"))
	if at := strings.LastIndexAny(name, "/\\"); at >= 0 && at < len(name)-1 {
		name = name[at+1:]
	}
	if len(name) > 1024 {
		name = name[:512] + "…" + name[len(name)-509:]
	}
	return name
}

// cleanName is the name without characters that cannot be seen and without
// the dots and blanks that Windows drops from its end.
func cleanName(name string) string {
	name = strings.Map(func(r rune) rune {
		if unicode.Is(unicode.Cf, r) || unicode.IsControl(r) {
			return -1
		}
		return r
	}, name)
	return strings.TrimRight(name, ". ")
}

// ending returns what stands behind the last dot, in lower case.
func ending(name string) string {
	at := strings.LastIndexByte(name, '.')
	if at < 0 || at == len(name)-1 || len(name)-at > 24 {
		return ""
	}
	return strings.ToLower(strings.TrimSpace(name[at+1:]))
}

// judgeName adds what a file's name says: what it runs when it is opened, and
// whether it pretends to be something else.
func (in *inspection) judgeName(name string) {
	k := in.opt.Kinds
	if strings.ContainsAny(name, "\u202d\u202e\u2066\u2067\u2068") {
		in.trait("double_extension")
		in.trait("reversed_name")
	}
	clean := cleanName(name)
	last := ending(clean)
	if last == "" {
		return
	}
	for _, t := range k.traits(last) {
		in.trait(t)
	}
	id := k.id(last)
	dangerous := len(k.traits(last)) > 0 || id == "page"
	if !dangerous {
		return
	}
	stem := strings.TrimRight(clean[:strings.LastIndexByte(clean, '.')], " ._-\u00a0\u3000")
	switch k.id(ending(stem)) {
	case "document", "picture", "sound_or_film", "archive":
		in.trait("double_extension")
	}
	if strings.Contains(clean, "     ") {
		in.trait("double_extension")
	}
}

// compareTypes notes when the content is of another family than the name or
// the declared type says.
func (in *inspection) compareTypes() {
	actual := family(in.out.Actual)
	if actual == "" {
		return
	}
	named, declared := in.opt.Kinds.family(ending(cleanName(in.name))), family(in.out.Declared)
	if named != "" && named != actual || declared != "" && declared != actual {
		in.trait("type_mismatch")
	}
}

// family groups media types that pass for each other among honest senders.
func family(media string) string {
	switch media {
	case typePDF:
		return "pdf"
	case typeHTML, typeSVG, typeHTA:
		return "page"
	case typePE, typeELF, typeMachO, typeMSI:
		return "program"
	case typeLNK:
		return "shortcut"
	case typeISO, typeVHD:
		return "disk_image"
	case typeRAR, type7z, typeGzip, typeTar:
		return "archive"
	}
	if strings.HasPrefix(media, "image/") {
		return "picture"
	}
	if strings.HasPrefix(media, "audio/") || strings.HasPrefix(media, "video/") {
		return "sound_or_film"
	}
	return ""
}
