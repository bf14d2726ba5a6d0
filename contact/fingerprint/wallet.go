package fingerprint

import (
	"crypto/sha256"
	"math/big"
	"strings"
)

// maxRuns bounds how many long runs of a contact are tried.
const maxRuns = 200

// wallets finds addresses of wallets with right check digits: Base58Check
// (Bitcoin, Litecoin, Tron), Bech32 (BIP 173, BIP 350), and those of Ethereum,
// whose form is all there is to check.
func (g *gathering) wallets(s string) {
	for i := 0; i < len(s); {
		if !alnum(s[i]) {
			i++
			continue
		}
		end := i
		for end < len(s) && alnum(s[end]) {
			end++
		}
		if n := end - i; n >= longRun && n <= 90 && g.runs < maxRuns {
			g.runs++
			g.wallet(s[i:end])
		}
		i = end
	}
}

func alnum(c byte) bool { return '0' <= c && c <= '9' || 'a' <= c|0x20 && c|0x20 <= 'z' }

func (g *gathering) wallet(s string) {
	lower := strings.ToLower(s)
	switch {
	case len(s) <= 36 && base58Check(s):
	case bech32(lower), len(s) == 42 && strings.HasPrefix(lower, "0x") && hexOnly(lower[2:]):
		s = lower
	default:
		return
	}
	g.add(Account, s, s[:4]+"•••"+s[len(s)-4:])
}

func hexOnly(s string) bool {
	return strings.Trim(s, "0123456789abcdef") == ""
}

const base58 = "123456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz"

// base58Check reports whether s is a version byte, 20 bytes and the first four
// of their double SHA-256.
func base58Check(s string) bool {
	var n, fiftyEight big.Int
	fiftyEight.SetInt64(58)
	for i := 0; i < len(s); i++ {
		d := strings.IndexByte(base58, s[i])
		if d < 0 {
			return false
		}
		n.Mul(&n, &fiftyEight)
		n.Add(&n, big.NewInt(int64(d)))
	}
	if n.BitLen() > 25*8 {
		return false
	}
	var b [25]byte
	n.FillBytes(b[:])
	sum := sha256.Sum256(b[:21])
	sum = sha256.Sum256(sum[:])
	return [4]byte(sum[:4]) == [4]byte(b[21:])
}

const bech32Letters = "qpzry9x8gf2tvdw0s3jn54khce6mua7l"

// bech32 reports whether s is a native SegWit address of the main network.
func bech32(s string) bool {
	if !strings.HasPrefix(s, "bc1") || len(s) < 14 {
		return false
	}
	check := uint32(1)
	step := func(v byte) {
		top := check >> 25
		check = check&0x1ffffff<<5 ^ uint32(v)
		for i, g := range [...]uint32{0x3b6a57b2, 0x26508e6d, 0x1ea119fa, 0x3d4233dd, 0x2a1462b3} {
			if top>>i&1 == 1 {
				check ^= g
			}
		}
	}
	for _, v := range [...]byte{3, 3, 0, 'b' & 31, 'c' & 31} { // "bc", expanded (BIP 173)
		step(v)
	}
	for i := 3; i < len(s); i++ {
		d := strings.IndexByte(bech32Letters, s[i])
		if d < 0 {
			return false
		}
		step(byte(d))
	}
	return check == 1 || check == 0x2bc830a3
}
