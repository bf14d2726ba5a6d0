// Package evidence holds what every judgement of Bonafide rests on: findings
// for or against, weighed in bits (base-2 logarithms of likelihood ratios), in
// groups that have caps, added up to a probability.
//
// A room that looks at a contact returns findings: what it saw, where, and on
// whose authority. How much a finding weighs is not decided there but in the
// table of weights, which is data. The sum of weighed findings is the log-odds
// of fraud (I. J. Good, "Probability and the Weighing of Evidence", 1950).
//
// It is not for deciding: what a verdict is, and which evidence outranks which,
// is the matter of contact/verdict.
package evidence

// Code names one kind of finding, for good: a code is never renumbered or
// reused. Codes of red flags are the ids of data/redflags.
type Code string

// Where points to the place that a finding was seen in.
type Where struct {
	// Part is the name of a part of the contact: "subject", "body", "from",
	// "header:reply-to", "link:3", "attachment:1", "call", "words".
	Part string `json:"part"`
	// Start and End are byte offsets into the text of the part as it was
	// given, End exclusive. Both zero mean the whole part.
	Start int `json:"start,omitempty"`
	End   int `json:"end,omitempty"`
	// Quote is what stands there, as written, cut to a readable length.
	Quote string `json:"quote,omitempty"`
}

// Finding is one thing that a room saw, not yet weighed.
type Finding struct {
	Code Code
	// Args fill the blanks of the finding's sentence: numbers, names, hosts.
	Args map[string]string
	// Where it was seen; the zero value means the contact as a whole.
	Where Where
	// Source is the id of the fact, promise, list or measurement behind it.
	Source string
	// Strength scales the weight, 0 < Strength <= 1. Zero means 1.
	Strength float64
	// Diluted is the share that the length of the text left of Strength; zero
	// means all of it.
	Diluted float64
}

// Kind ranks evidence: proof comes from the shop's books or from cryptography,
// strong evidence may carry a verdict, weak evidence never decides.
type Kind string

// The kinds of evidence.
const (
	Proof  Kind = "proof"
	Strong Kind = "strong"
	Weak   Kind = "weak"
)

// Evidence is a finding with its weight. Positive bits speak for fraud,
// negative bits against it, zero bits are context.
type Evidence struct {
	Finding
	Bits  float64
	Kind  Kind
	Group string
}
