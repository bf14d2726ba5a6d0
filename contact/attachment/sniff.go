package attachment

import (
	"bytes"
	"encoding/binary"
	"strings"
	"unicode/utf8"
)

// The media types that sniff tells, as registered with IANA where they are.
const (
	typeHTML     = "text/html"
	typeSVG      = "image/svg+xml"
	typeHTA      = "application/hta"
	typeText     = "text/plain"
	typeCSV      = "text/csv"
	typeCalendar = "text/calendar"
	typeCard     = "text/vcard"
	typeMail     = "message/rfc822"
	typePDF      = "application/pdf"
	typeZip      = "application/zip"
	typeRAR      = "application/vnd.rar"
	type7z       = "application/x-7z-compressed"
	typeGzip     = "application/gzip"
	typeTar      = "application/x-tar"
	typeCab      = "application/vnd.ms-cab-compressed"
	typeISO      = "application/x-iso9660-image"
	typeVHD      = "application/x-vhd"
	typeDMG      = "application/x-apple-diskimage"
	typeOLE      = "application/x-ole-storage"
	typeMSI      = "application/x-msi"
	typeMSG      = "application/vnd.ms-outlook"
	typeTNEF     = "application/ms-tnef"
	typeRTF      = "application/rtf"
	typeOneNote  = "application/onenote"
	typeCHM      = "application/vnd.ms-htmlhelp"
	typePE       = "application/vnd.microsoft.portable-executable"
	typeELF      = "application/x-elf"
	typeMachO    = "application/x-mach-binary"
	typeJava     = "application/java-vm"
	typeJar      = "application/java-archive"
	typeAPK      = "application/vnd.android.package-archive"
	typeLNK      = "application/x-ms-shortcut"
	typeShortcut = "application/x-mswinurl"
	typeScript   = "text/x-script"
	typePNG      = "image/png"
	typeJPEG     = "image/jpeg"
	typeGIF      = "image/gif"
	typeWebP     = "image/webp"
	typeBMP      = "image/bmp"
)

// magic are the bytes at the beginning of files of a type.
var magic = []struct {
	at    int
	bytes string
	media string
}{
	{0, "%PDF-", typePDF},
	{0, "PK\x03\x04", typeZip}, {0, "PK\x05\x06", typeZip}, {0, "PK\x07\x08PK", typeZip},
	{0, "Rar!\x1a\x07", typeRAR}, {0, "7z\xbc\xaf\x27\x1c", type7z}, {0, "\x1f\x8b\x08", typeGzip},
	{0, "BZh", "application/x-bzip2"}, {0, "\xfd7zXZ\x00", "application/x-xz"}, {0, "\x28\xb5\x2f\xfd", "application/zstd"},
	{0, "MSCF\x00\x00\x00\x00", typeCab}, {7, "**ACE**", "application/x-ace-compressed"}, {0, "\x60\xea", "application/x-arj"},
	{257, "ustar", typeTar}, {32769, "CD001", typeISO}, {34817, "CD001", typeISO},
	{0, "conectix", typeVHD}, {0, "vhdxfile", typeVHD}, {0, "MSWIM\x00\x00\x00", typeVHD},
	{0, "\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", typeOLE}, {0, "\x78\x9f\x3e\x22", typeTNEF}, {0, "{\\rt", typeRTF},
	{0, "\xe4\x52\x5c\x7b\x8c\xd8\xa7\x4d\xae\xb1\x53\x78\xd0\x29\x96\xd3", typeOneNote},
	{0, "ITSF", typeCHM}, {0, "\x7fELF", typeELF},
	{0, "\xfe\xed\xfa\xce", typeMachO}, {0, "\xfe\xed\xfa\xcf", typeMachO}, {0, "\xce\xfa\xed\xfe", typeMachO}, {0, "\xcf\xfa\xed\xfe", typeMachO},
	{0, "L\x00\x00\x00\x01\x14\x02\x00", typeLNK},
	{0, "\x89PNG\r\n\x1a\n", typePNG}, {0, "\xff\xd8\xff", typeJPEG}, {0, "GIF87a", typeGIF}, {0, "GIF89a", typeGIF},
	{8, "WEBPVP8", typeWebP}, {0, "II*\x00", "image/tiff"}, {0, "MM\x00*", "image/tiff"},
	{4, "ftypheic", "image/heic"}, {4, "ftypmif1", "image/heif"}, {4, "ftypavif", "image/avif"},
	{0, "ID3", "audio/mpeg"}, {0, "OggS", "audio/ogg"}, {4, "ftyp", "video/mp4"}, {8, "WAVEfmt", "audio/wav"}, {8, "AVI LIST", "video/x-msvideo"},
	{0, "\x00\x00\x01\x00", "image/vnd.microsoft.icon"},
}

// sniff tells the media type of content. The ending only helps where the
// content says no more than that it is text. Empty means not known.
func sniff(data []byte, ending string) string {
	for _, m := range magic {
		if len(data) >= m.at+len(m.bytes) && string(data[m.at:m.at+len(m.bytes)]) == m.bytes {
			return m.media
		}
	}
	switch {
	case len(data) == 0:
		return ""
	case portableExecutable(data):
		return typePE
	case len(data) > 26 && data[0] == 'B' && data[1] == 'M' && binary.LittleEndian.Uint32(data[14:]) <= 124 && binary.LittleEndian.Uint32(data[14:]) >= 12:
		return typeBMP
	case len(data) > 8 && string(data[:4]) == "\xca\xfe\xba\xbe":
		if binary.BigEndian.Uint32(data[4:]) < 30 {
			return typeMachO // number of architectures; in Java the version, 45 and up
		}
		return typeJava
	case len(data) > 512 && string(data[len(data)-512:len(data)-508]) == "koly":
		return typeDMG
	}
	// Some programs read a PDF that begins after other bytes.
	if at := bytes.Index(data[:min(len(data), 1024)], []byte("%PDF-")); at > 0 && ending == "pdf" {
		return typePDF
	}
	return sniffText(data, ending)
}

func portableExecutable(data []byte) bool {
	if len(data) < 64 || data[0] != 'M' || data[1] != 'Z' {
		return false
	}
	at := int(binary.LittleEndian.Uint32(data[60:]))
	return at >= 0 && at+4 <= len(data) && string(data[at:at+2]) == "PE" || bytes.Contains(data[:min(len(data), 512)], []byte("DOS mode"))
}

// sniffText tells kinds of text apart.
func sniffText(data []byte, ending string) string {
	head := bytes.TrimPrefix(data[:min(len(data), 2048)], []byte("\xef\xbb\xbf"))
	if bytes.HasPrefix(head, []byte("\xff\xfe")) || bytes.HasPrefix(head, []byte("\xfe\xff")) {
		head = bytes.ReplaceAll(head, []byte{0}, nil)[2:]
	}
	if binaryish(head) {
		return ""
	}
	low := strings.ToLower(strings.TrimLeft(string(head), " \t\r\n\f"))
	switch {
	case ending == "hta" || strings.Contains(low, "<hta:application"):
		return typeHTA
	case strings.HasPrefix(low, "<svg") || strings.Contains(low, "<svg") && (strings.HasPrefix(low, "<?xml") || strings.HasPrefix(low, "<!doctype svg") || strings.HasPrefix(low, "<!--")) && !strings.Contains(low, "<html"):
		return typeSVG
	case htmlish(low, ending):
		return typeHTML
	case strings.HasPrefix(low, "begin:vcalendar"):
		return typeCalendar
	case strings.HasPrefix(low, "begin:vcard"):
		return typeCard
	case strings.HasPrefix(low, "[internetshortcut]") || strings.Contains(low, "\n[internetshortcut]"):
		return typeShortcut
	case strings.HasPrefix(low, "#!"):
		return typeScript
	case ending == "eml" || ending == "mht" || ending == "mhtml" || mailish(low):
		return typeMail
	case scriptish(low):
		return typeScript
	case ending == "csv":
		return typeCSV
	}
	return typeText
}

// binaryish reports whether bytes are no text.
func binaryish(b []byte) bool {
	control := 0
	for _, c := range b {
		if c == 0 || c < ' ' && c != '\n' && c != '\r' && c != '\t' && c != '\f' && c != 0x1b {
			control++
		}
	}
	return control*50 > len(b) || len(b) > 256 && !utf8.Valid(b[:len(b)-4]) && control > 0
}

func htmlish(low, ending string) bool {
	for _, start := range []string{"<!doctype html", "<html", "<head", "<body", "<script", "<meta", "<iframe", "<form", "<title"} {
		if strings.HasPrefix(low, start) {
			return true
		}
	}
	page := ending == "html" || ending == "htm" || ending == "shtml" || ending == "xhtml"
	return page || strings.Contains(low, "<html") && strings.HasPrefix(low, "<")
}

// mailish reports whether text begins with header fields of a mail.
func mailish(low string) bool {
	known := 0
	for n := 0; n < 30; n++ {
		line, rest, more := strings.Cut(low, "\n")
		for _, name := range []string{"received:", "from:", "to:", "subject:", "date:", "message-id:", "return-path:", "delivered-to:", "mime-version:"} {
			if strings.HasPrefix(line, name) {
				known++
			}
		}
		if !more || strings.TrimSpace(line) == "" {
			break
		}
		low = rest
	}
	return known >= 3
}

// scriptish knows the beginnings of scripts that are sent under a harmless
// name.
func scriptish(low string) bool {
	for _, start := range []string{"@echo off", "wscript.", "set objshell", "dim objshell", "on error resume next", "param(", "$erroractionpreference", "powershell", "<job", "<?php", "windows registry editor"} {
		if strings.HasPrefix(low, start) {
			return true
		}
	}
	return strings.Contains(low, "activexobject(") || strings.Contains(low, "wscript.shell") || strings.Contains(low, "invoke-expression")
}
