package attachment

import (
	"bytes"
	"crypto/aes"
	"crypto/cipher"
	"crypto/md5" //nolint:gosec // the format prescribes it
	"crypto/rc4" //nolint:gosec // the format prescribes it
	"crypto/sha256"
	"crypto/sha512"
)

// Many PDF files are locked against printing or copying only: everybody can
// read them, with the empty password. Fraudsters send such files because
// filters that do not try it see no link, and others with the password in the
// mail's text (ISO 32000-2, 7.6).

// pdfCrypt opens the strings and streams of a locked PDF file.
type pdfCrypt struct {
	key []byte
	aes bool // AES in CBC, else RC4
	v5  bool // the key is used as it is
}

// pad fills a password up to 32 bytes (7.6.4.3.2).
var pad = []byte("\x28\xBF\x4E\x5E\x4E\x75\x8A\x41\x64\x00\x4E\x56\xFF\xFA\x01\x08\x2E\x2E\x00\xB6\xD0\x68\x3E\x80\x2F\x0C\xA9\xFE\x64\x53\x69\x7A")

// unlock finds the key of a locked file for the empty password or one of the
// given ones, and tells which opened it; nil when none does.
func (d *pdfDoc) unlock(data []byte, passwords []string) (c *pdfCrypt, opened string) {
	e, c := d.encryption(data)
	if c == nil {
		return nil, ""
	}
	for _, pw := range append([]string{""}, passwords[:min(len(passwords), maxPasswords)]...) {
		e.password = []byte(pw)
		if c.v5 {
			c.key = e.key256()
		} else {
			c.key = e.key128()
		}
		if c.key != nil {
			return c, pw
		}
	}
	return nil, ""
}

// maxPasswords is how many passwords are tried; each costs up to a
// millisecond.
const maxPasswords = 12

// encryption reads how a file is locked; nil when in a way not known here.
func (d *pdfDoc) encryption(data []byte) (e encryption, c *pdfCrypt) {
	at := bytes.LastIndex(data, []byte("/Encrypt"))
	p := parser{b: data[at+len("/Encrypt"):]}
	dict := d.dict(p.value(0))
	if dict == nil || dict["Filter"] != name("Standard") {
		return e, nil
	}
	e = encryption{version: number(dict["V"]), revision: number(dict["R"]), permissions: uint32(int64(number64(dict["P"])))}
	e.o, _ = dict["O"].(string)
	e.u, _ = dict["U"].(string)
	e.ue, _ = dict["UE"].(string)
	e.length = number(dict["Length"]) / 8
	if e.length < 5 || e.length > 16 {
		e.length = 5
	}
	e.id = fileID(data)
	e.plainMetadata = dict["EncryptMetadata"] == keyword("false")
	c = &pdfCrypt{v5: e.version >= 5, aes: e.version >= 5}
	if e.version == 4 {
		e.length = 16
		filters := d.dict(dict["CF"])
		n, _ := dict["StmF"].(name)
		switch d.dict(filters[string(n)])["CFM"] {
		case name("AESV2"):
			c.aes = true
		case name("V2"):
		default:
			return e, nil
		}
	}
	return e, c
}

func number64(v any) float64 {
	f, _ := v.(float64)
	return max(min(f, 1<<33), -(1 << 33))
}

// fileID returns the first part of the file's identifier.
func fileID(data []byte) string {
	at := bytes.LastIndex(data, []byte("/ID"))
	if at < 0 {
		return ""
	}
	p := parser{b: data[at+3:]}
	if list, ok := p.value(20).([]any); ok && len(list) > 0 {
		id, _ := list[0].(string)
		return id
	}
	return ""
}

// encryption is the dictionary that says how a file is locked.
type encryption struct {
	version, revision, length int
	permissions               uint32
	o, u, ue, id              string
	password                  []byte
	plainMetadata             bool
}

// key128 derives the key of the versions 1 to 4 and proves it (7.6.4.3, 7.6.4.4).
func (e *encryption) key128() []byte {
	if len(e.o) < 32 || len(e.u) < 16 || e.version < 1 {
		return nil
	}
	h := md5.New()
	padded := append(append([]byte(nil), e.password[:min(32, len(e.password))]...), pad...)[:32]
	h.Write(padded)
	h.Write([]byte(e.o[:32]))
	h.Write([]byte{byte(e.permissions), byte(e.permissions >> 8), byte(e.permissions >> 16), byte(e.permissions >> 24)})
	h.Write([]byte(e.id))
	if e.revision >= 4 && e.plainMetadata {
		h.Write([]byte{0xFF, 0xFF, 0xFF, 0xFF})
	}
	key := h.Sum(nil)
	n := 5
	if e.revision >= 3 {
		n = e.length
		for range 50 {
			sum := md5.Sum(key[:n])
			key = sum[:]
		}
	}
	key = key[:n]
	var proof []byte
	if e.revision < 3 {
		proof = arc4(key, pad)
		if string(proof) != e.u[:min(32, len(e.u))] {
			return nil
		}
		return key
	}
	sum := md5.Sum(append(append([]byte(nil), pad...), e.id...))
	proof = arc4(key, sum[:])
	for i := 1; i <= 19; i++ {
		step := make([]byte, len(key))
		for k := range key {
			step[k] = key[k] ^ byte(i)
		}
		proof = arc4(step, proof)
	}
	if string(proof[:16]) != e.u[:16] {
		return nil
	}
	return key
}

// key256 derives the key of version 5 and proves it (7.6.4.3.3).
func (e *encryption) key256() []byte {
	if len(e.u) < 48 || len(e.ue) < 32 {
		return nil
	}
	u := []byte(e.u)
	if !bytes.Equal(e.hash(u[32:40]), u[:32]) {
		return nil
	}
	block, err := aes.NewCipher(e.hash(u[40:48]))
	if err != nil {
		return nil
	}
	key := make([]byte, 32)
	cipher.NewCBCDecrypter(block, make([]byte, 16)).CryptBlocks(key, []byte(e.ue)[:32])
	return key
}

// hash is algorithm 2.B for a user's password; revision 5 has only its first
// step.
func (e *encryption) hash(salt []byte) []byte {
	pw := e.password[:min(127, len(e.password))]
	sum := sha256.Sum256(append(append([]byte(nil), pw...), salt...))
	k := sum[:]
	if e.revision < 6 {
		return k
	}
	for round := 0; round < 512; round++ {
		block, err := aes.NewCipher(k[:16])
		if err != nil {
			return nil
		}
		text := bytes.Repeat(append(append([]byte(nil), pw...), k...), 64)
		cipher.NewCBCEncrypter(block, k[16:32]).CryptBlocks(text, text)
		rest := 0
		for _, c := range text[:16] {
			rest += int(c)
		}
		switch rest % 3 {
		case 0:
			s := sha256.Sum256(text)
			k = s[:]
		case 1:
			s := sha512.Sum384(text)
			k = s[:]
		default:
			s := sha512.Sum512(text)
			k = s[:]
		}
		if round >= 63 && int(text[len(text)-1]) <= round-31 {
			break
		}
	}
	return k[:32]
}

func arc4(key, b []byte) []byte {
	out := make([]byte, len(b))
	if c, err := rc4.NewCipher(key); err == nil {
		c.XORKeyStream(out, b)
	}
	return out
}

// open decrypts a string or stream of an object (7.6.3).
func (c *pdfCrypt) open(num, gen int, b []byte) []byte {
	key := c.key
	if !c.v5 {
		h := md5.New()
		h.Write(key)
		h.Write([]byte{byte(num), byte(num >> 8), byte(num >> 16), byte(gen), byte(gen >> 8)})
		if c.aes {
			h.Write([]byte("sAlT"))
		}
		key = h.Sum(nil)[:min(len(c.key)+5, 16)]
	}
	if !c.aes {
		return arc4(key, b)
	}
	b = b[:len(b)/16*16]
	if len(b) < 32 {
		return nil
	}
	block, err := aes.NewCipher(key)
	if err != nil {
		return nil
	}
	out := make([]byte, len(b)-16)
	cipher.NewCBCDecrypter(block, b[:16]).CryptBlocks(out, b[16:])
	if n := int(out[len(out)-1]); n >= 1 && n <= 16 && n <= len(out) {
		out = out[:len(out)-n]
	}
	return out
}

// openStrings decrypts the strings in a value of an object.
func (c *pdfCrypt) openStrings(num, gen int, v any) any {
	switch v := v.(type) {
	case string:
		return string(c.open(num, gen, []byte(v)))
	case []any:
		for i := range v {
			v[i] = c.openStrings(num, gen, v[i])
		}
	case map[string]any:
		for k := range v {
			v[k] = c.openStrings(num, gen, v[k])
		}
	}
	return v
}
