package mailauth

import (
	"context"
	"crypto/sha256"
	"strconv"
	"strings"

	"bonafide/ident"
)

// ARC is the result of the Authenticated Received Chain (RFC 8617): what hosts
// that passed the mail on had found when it reached them.
type ARC struct {
	Value Value `json:"value"`
	// Sets is how many hosts have sealed, Seals what they are, oldest first.
	Sets  int    `json:"sets,omitempty"`
	Seals []Seal `json:"seals,omitempty"`
	// OldestPass is the instance since which the message is unchanged, 0 when
	// it is unchanged since the first (RFC 8617, 5.2, step 5). Only with Pass.
	OldestPass int `json:"oldest_pass,omitempty"`
	// Trusted is true when the chain passes and an unbroken run of seals up to
	// the newest is by trusted sealers. Instance is the first of that run, and
	// Results what its host had found.
	Trusted  bool     `json:"trusted"`
	Instance int      `json:"instance,omitempty"`
	Results  []Method `json:"results,omitempty"`
	// Reason is for operators.
	Reason string `json:"reason,omitempty"`
}

// Seal is one ARC-Seal.
type Seal struct {
	Domain   ident.Domain `json:"domain"`
	Selector string       `json:"selector"`
	// Chain is cv=: what this host says of the chain below it.
	Chain string `json:"chain"`
}

// arcSet is the three fields of one instance, raw.
type arcSet struct{ results, message, seal string }

// The names of the fields of a set.
const (
	arcResults = "arc-authentication-results"
	arcMessage = "arc-message-signature"
	arcSeal    = "arc-seal"
)

// arc validates the chain (RFC 8617, 5.2).
func (c *checker) arc(ctx context.Context) ARC {
	sets, reason := c.arcSets()
	out := ARC{Value: None, Sets: len(sets)}
	if len(sets) == 0 && reason == "" {
		return out
	}
	var seals []signed
	if reason == "" {
		out.Seals, seals, reason = readSeals(sets)
	}
	if c.in.Resolver == nil {
		out.Value, out.Reason = NotChecked, "offline"
		return out
	}
	if reason != "" {
		out.Value, out.Reason = Fail, reason
		return out
	}
	if f := c.arcVerify(ctx, sets, seals); f != nil {
		out.Value, out.Reason = f.value, f.reason
		return out
	}
	out.Value = Pass
	out.OldestPass = c.oldestPass(ctx, sets)
	c.trustARC(&out, sets)
	return out
}

// arcVerify checks the newest message signature and then all seals.
func (c *checker) arcVerify(ctx context.Context, sets []arcSet, seals []signed) *failure {
	if f := c.arcMessage(ctx, sets[len(sets)-1].message); f != nil {
		return f
	}
	var chain []byte
	ends := make([]int, len(sets)) // where the fields before each seal end
	for i, s := range sets {
		chain = appendField(chain, s.results, relaxed)
		chain = appendField(chain, s.message, relaxed)
		ends[i] = len(chain)
		chain = appendField(chain, s.seal, relaxed)
	}
	for i := len(sets) - 1; i >= 0; i-- {
		if f := c.arcSeal(ctx, &seals[i], chain[:ends[i]]); f != nil {
			return f
		}
	}
	return nil
}

// arcMessage verifies an ARC-Message-Signature (RFC 8617, 4.1.2).
func (c *checker) arcMessage(ctx context.Context, raw string) *failure {
	s, f := parseSigned(raw)
	if f == nil && s.signs(arcSeal) > 0 {
		f = permanent("h= names ARC-Seal")
	}
	if f == nil && s.signs("from") == 0 {
		f = permanent("signature does not cover From")
	}
	var k *publicKey
	if f == nil {
		k, f = c.dns.key(ctx, s.selector, s.domain)
	}
	if f == nil {
		f = s.check(c.msg, k)
		if _, told := s.tags.lookup("c"); f != nil && !told {
			// Drafts of RFC 8617 took relaxed where c= is left out, and what
			// was signed by them is no less signed.
			s.headerC, s.bodyC = relaxed, relaxed
			f = s.check(c.msg, k)
		}
	}
	return arcFailure("message signature: ", f)
}

// arcSeal verifies an ARC-Seal over the sets up to its own (RFC 8617, 5.1.1).
func (c *checker) arcSeal(ctx context.Context, s *signed, before []byte) *failure {
	k, f := c.dns.key(ctx, s.selector, s.domain)
	if f == nil && k.algorithm != s.algorithm {
		f = permanent("key and signature are of different algorithms")
	}
	if f == nil {
		h := sha256.New()
		h.Write(before)
		h.Write([]byte(strings.TrimSuffix(string(appendField(nil, withoutB(s.raw), relaxed)), "\r\n")))
		if !k.verify(h.Sum(nil), s.b) {
			f = &failure{value: Fail, reason: "signature is not by this key"}
		}
	}
	return arcFailure("seal: ", f)
}

// arcFailure turns all but a temporary failure into a failed chain: ARC knows
// no other outcome (RFC 8617, 4.4).
func arcFailure(what string, f *failure) *failure {
	if f == nil || f.value == TempError {
		return f
	}
	return &failure{value: Fail, reason: what + f.reason}
}

// oldestPass finds since which instance the message is unchanged.
func (c *checker) oldestPass(ctx context.Context, sets []arcSet) int {
	for i := len(sets) - 2; i >= 0; i-- {
		if c.arcMessage(ctx, sets[i].message) != nil {
			return i + 2
		}
	}
	return 0
}

// trustARC takes the word of the oldest host in the run of trusted seals that
// ends with the newest.
func (c *checker) trustARC(out *ARC, sets []arcSet) {
	for i := len(sets) - 1; i >= 0 && c.trustedSealer(out.Seals[i].Domain); i-- {
		_, value, _ := strings.Cut(sets[i].results, ":")
		_, value, _ = strings.Cut(value, ";")
		r, err := ParseAuthResults(value)
		if err != nil {
			return
		}
		out.Trusted, out.Instance, out.Results = true, i+1, r.Results
	}
}

func (c *checker) trustedSealer(d ident.Domain) bool {
	for _, t := range c.in.TrustedSealers {
		if t == d {
			return true
		}
	}
	return false
}

// arcSets sorts the ARC fields into sets. The reason tells what is wrong with
// their structure (RFC 8617, 4.2.1 and 5.2, step 3).
func (c *checker) arcSets() (sets []arcSet, reason string) {
	n := len(c.msg.at[arcSeal])
	same := n == len(c.msg.at[arcMessage]) && n == len(c.msg.at[arcResults])
	switch {
	case n > maxARC:
		return nil, "more than 50 sets"
	case !same:
		return nil, "a set is not complete"
	}
	sets = make([]arcSet, n)
	for _, name := range []string{arcResults, arcMessage, arcSeal} {
		for _, at := range c.msg.at[name] {
			f := c.msg.fields[at]
			i, ok := instance(f)
			if !ok || i > n {
				return nil, name + " without a right i="
			}
			to := map[string]*string{
				arcResults: &sets[i-1].results, arcMessage: &sets[i-1].message, arcSeal: &sets[i-1].seal,
			}[name]
			if *to != "" {
				return nil, name + " twice in one set"
			}
			*to = f.raw
		}
	}
	return sets, ""
}

// instance reads i= of an ARC field: 1 to 50. In ARC-Authentication-Results it
// stands first (RFC 8617, 4.1.1).
func instance(f field) (int, bool) {
	v := ""
	if f.name == arcResults {
		first, _, more := strings.Cut(f.value(), ";")
		tag, value, ok := strings.Cut(first, "=")
		if !ok || !more || trimFWS(tag) != "i" {
			return 0, false
		}
		v = trimFWS(value)
	} else {
		tags, err := parseTags(f.value())
		if err != nil {
			return 0, false
		}
		v = tags.get("i")
	}
	i, err := strconv.Atoi(v)
	return i, err == nil && i >= 1 && i <= maxARC
}

// readSeals reads the seals, oldest first, and checks what they say of each
// other: cv=none on the first, cv=pass on the others (RFC 8617, 5.2, steps 2, 3).
func readSeals(sets []arcSet) (seals []Seal, read []signed, reason string) {
	for i, set := range sets {
		s, why := parseSeal(set.seal)
		if why != "" {
			return seals, read, why
		}
		want := "pass"
		if i == 0 {
			want = "none"
		}
		cv := strings.ToLower(s.tags.get("cv"))
		seals = append(seals, Seal{domainOf(s.domain), s.selector, cv})
		read = append(read, s)
		if cv != want && reason == "" {
			reason = "cv= of a seal is not " + want
		}
	}
	return seals, read, reason
}

// parseSeal reads an ARC-Seal, which has neither h= nor bh= (RFC 8617, 4.1.3).
func parseSeal(raw string) (s signed, reason string) {
	_, value, _ := strings.Cut(raw, ":")
	tags, err := parseTags(value)
	if err != nil {
		return s, "seal: " + err.Error()
	}
	s = signed{raw: raw, tags: tags, limit: -1}
	s.domain = strings.TrimSuffix(strings.ToLower(dropFWS(tags.get("d"))), ".")
	s.selector = strings.ToLower(dropFWS(tags.get("s")))
	if _, has := tags.lookup("h"); has {
		return s, "seal with h="
	}
	if !isDNSName(s.domain) || !isDNSName(s.selector) {
		return s, "seal: d= or s= is not a DNS name"
	}
	if f := s.readAlgorithm(); f != nil {
		return s, "seal: " + f.reason
	}
	if f := s.readNumbers(); f != nil {
		return s, "seal: " + f.reason
	}
	if s.b, err = decode64(tags.get("b")); err != nil || len(s.b) == 0 {
		return s, "seal: b= is not base64"
	}
	return s, ""
}
