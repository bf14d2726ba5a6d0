// Package fingerprint makes a short signature of a contact, by which contacts
// of one fraud campaign are found among many although each of them names
// another receiver, number and address. A signature has the words (MinHash over
// word triples, Broder 1997), the layout of the lines and the shape of the
// links (SimHash, Charikar 2002), and hashes of the contact points.
//
// A contact point is where a contact leads its reader: a site, a page at a
// place where anybody can publish, a telephone number, a mailbox, an account, a
// file. What belongs to a known organisation, to the sender's own domain or to
// everybody is no contact point, because genuine mails share it. A template
// alone is no campaign: see Rules.Match.
//
// It does not say what a contact is (contact/verdict does) and keeps nothing.
//
// A signature holds no text, and none can be computed from it. But it can be
// tested: who has a text learns whether a signature fits it. Telephone numbers
// are few, some ten digits, so that a plain hash of one hides nothing from who
// tries them all. With a key (Rules.With) only those who have the key can test
// anything; signatures made with different keys cannot be compared.
//
//	rules, err := fingerprint.Load(data.FS)
//	sig, points := rules.Read(fingerprint.Input{Contact: c, Readings: readings, Links: links})
//	groups := rules.Group([]fingerprint.Member{{Signature: sig, Doubted: true}, …})
//
// A. Broder: On the resemblance and containment of documents, SEQUENCES 1997.
// M. Charikar: Similarity estimation techniques from rounding algorithms, STOC
// 2002. P. Li, A. Owen, C. Zhang: One permutation hashing, NIPS 2012.
// A. Shrivastava: Optimal densification for fast and accurate minwise hashing,
// ICML 2017.
package fingerprint

import (
	"bonafide/contact"
	"bonafide/contact/link"
	"bonafide/contact/text"
	"bonafide/ident"
)

// Bounds of the work on one contact.
const (
	// rows is the number of minima kept of a text. The standard error of a
	// resemblance is at most 1/(2·√64) = 0.06.
	rows = 64
	// maxWords is how many words are read.
	maxWords = 50_000
	// maxPoints are kept; of more, those with the smallest hashes, so that two
	// contacts with the same many keep the same ones.
	maxPoints = 24
	// maxLinks are looked at.
	maxLinks = 1000
)

// Signature is the fingerprint of one contact. The zero value is that of a
// contact with nothing in it; it is like no other. It does not change and may
// be used by several goroutines.
type Signature struct {
	// key tells with which key it was made, 0 without one.
	key uint32
	// words is the number of words, at most 65,535.
	words uint16
	// own: it comes from the domain of a known organisation and leads nowhere
	// else.
	own bool
	// house: it leads to the sender's own domain, or nowhere.
	house bool
	// sender is a hash of the sender's domain, 0 where anybody can have a
	// mailbox there or there is none.
	sender uint64
	// layout and links are SimHashes, 0 when there is nothing to hash.
	layout, links uint64
	text          [rows]uint16
	points        []Mark
}

// Words is the number of words that were compared, masked ones included.
func (s *Signature) Words() int { return int(s.words) }

// Points are the marks of the contact points, in ascending order. The slice is
// the signature's own.
func (s *Signature) Points() []Mark { return s.points }

// Keyed reports whether it was made with a key.
func (s *Signature) Keyed() bool { return s.key != 0 }

// Input is a contact with what the other rooms read in it.
type Input struct {
	Contact  *contact.Contact
	Readings []*text.Reading
	Links    []link.Analysis
	// Numbers are the telephone numbers that the other side named or called
	// from; Accounts are bank accounts that it named.
	Numbers  []ident.Phone
	Accounts []string
	// Forged: the mail is known not to come from the domain that it names as
	// its sender's (DMARC).
	Forged bool
	// Known tells what belongs to known organisations; nil: nothing does.
	Known Known
}

// Known tells what belongs to known organisations.
type Known interface {
	// Owned reports whether a domain belongs to one of them.
	Owned(d ident.Domain) bool
	// Listed reports whether a number belongs to one of them.
	Listed(p ident.Phone) bool
	// Freemail reports whether anybody can have a mailbox at a domain.
	Freemail(d ident.Domain) bool
}

type nothing struct{}

func (nothing) Owned(ident.Domain) bool    { return false }
func (nothing) Listed(ident.Phone) bool    { return false }
func (nothing) Freemail(ident.Domain) bool { return false }

// Read makes the signature of a contact and lists its contact points, masked
// for people, in the order of Signature.Points.
func (r *Rules) Read(in Input) (Signature, []Point) {
	if in.Known == nil {
		in.Known = nothing{}
	}
	s := Signature{key: r.keyID}
	w := writer{rules: r, sig: &s}
	w.recipients(in.Contact)
	for _, rd := range in.Readings {
		if rd.Part.Kind == contact.Said {
			w.read(rd.Folded)
		}
	}
	w.close()
	s.links = r.linkShape(in.Links)
	points := r.contactPoints(in, &s, w.longRuns)
	return s, points
}
