package fingerprint

import "iter"

// Member is a contact to be grouped.
type Member struct {
	Signature Signature
	// Doubted: its verdict is scam or suspicious.
	Doubted bool
}

// Match is how two contacts are alike.
type Match struct {
	// Campaign: by the rule they are of one campaign.
	Campaign bool
	// Words is the estimated share of word triples that the texts have in
	// common; Layout and Links tell how alike their lines and links are built.
	// All are from 0 to 1.
	Words, Layout, Links float64
	// Shared are the contact points that both have.
	Shared []Mark
}

// Match compares two contacts. They are of one campaign when
//
//   - neither comes from a known organisation's domain and leads nowhere else,
//   - and either one is doubted, and they have the same words (Rule.SameWords,
//     at least Rule.FewWords of them), or like words and a contact point in
//     common, or next to no words and a contact point, or contact points of
//     two kinds,
//   - or neither is doubted, their senders' domains differ or are forged, and
//     they have the same words and a contact point in common.
//
// All mails of a shop are of one template and name its numbers and the service
// that it sends with, and one wrong verdict must not make a campaign of them.
// So where both come from one sender's domain and lead to it, both must be
// doubted, and points alone are not enough.
//
// Signatures of different keys are not comparable: the zero Match.
func (r *Rules) Match(a, b *Member) Match {
	x, y := &a.Signature, &b.Signature
	if x.key != y.key {
		return Match{}
	}
	m := Match{Words: words(x, y), Layout: angle(x.layout, y.layout), Links: angle(x.links, y.links), Campaign: r.campaign(a, b)}
	for s := range shared(x.points, y.points) {
		m.Shared = append(m.Shared, s)
	}
	return m
}

// words is the resemblance of two texts.
func words(x, y *Signature) float64 {
	if x.words == 0 || y.words == 0 {
		return 0
	}
	return alike(&x.text, &y.text)
}

// campaign is the rule that Match describes.
func (r *Rules) campaign(a, b *Member) bool {
	x, y := &a.Signature, &b.Signature
	if x.key != y.key || x.own || y.own {
		return false
	}
	points, kinds := 0, 0
	var last Kind
	for s := range shared(x.points, y.points) {
		points++
		if s.Kind() != last {
			last = s.Kind()
			kinds++
		}
	}
	oneSender := x.sender != 0 && x.sender == y.sender
	house := oneSender && (x.house || y.house)
	enough := int(min(x.words, y.words)) >= r.rule.FewWords
	switch {
	case !a.Doubted && !b.Doubted:
		return !oneSender && enough && points > 0 && words(x, y) >= r.rule.SameWords
	case house && !(a.Doubted && b.Doubted):
		return false
	case points == 0:
		return enough && words(x, y) >= r.rule.SameWords
	case words(x, y) >= r.rule.LikeWords, int(max(x.words, y.words)) < r.rule.NoWords:
		return true
	}
	return !house && enough && kinds > 1
}

// shared yields what two ascending lists have in common.
func shared(a, b []Mark) iter.Seq[Mark] {
	return func(yield func(Mark) bool) {
		for i, k := 0, 0; i < len(a) && k < len(b); {
			switch {
			case a[i] < b[k]:
				i++
			case a[i] > b[k]:
				k++
			default:
				if !yield(a[i]) {
					return
				}
				i++
				k++
			}
		}
	}
}
