package eval

import (
	"encoding/json"
	"io"
	"math"
	"time"

	"bonafide/eval/score"
)

// Report is what was measured. In JSON its names are stable.
type Report struct {
	Version string  `json:"version,omitempty"`
	Day     string  `json:"day,omitempty"`
	Machine Machine `json:"machine"`
	Part    string  `json:"part"`
	Limit   int     `json:"limit"`
	Seed    uint64  `json:"seed"`
	// Missing are described sets that were not in the folder.
	Missing []string `json:"missing"`
	// Sets are in the order mail, sms, calls; Channels and Languages hold the
	// sets whose fraud is a goal.
	Sets      []Row `json:"sets"`
	Subsets   []Row `json:"subsets"`
	Channels  []Row `json:"channels"`
	Languages []Row `json:"languages"`
	// Pairs are areas between the fraud of some sets and the legitimate
	// contacts of others.
	Pairs       []Pair                 `json:"pairs"`
	Calibration map[string]Calibration `json:"calibration"`
	Speed       Speed                  `json:"speed"`
	// PeakMemory of the whole process, in bytes.
	PeakMemory int64 `json:"peak_memory_bytes"`
	// Worst are the errors farthest from the truth, of each channel.
	Worst    []Mistake `json:"worst,omitempty"`
	Mistakes []Mistake `json:"mistakes,omitempty"`
	// Orders, Variants, Disguises and Bars are there when they were asked for.
	Orders    []OrderRow    `json:"orders,omitempty"`
	Variants  []VariantRows `json:"variants,omitempty"`
	Disguises []Disguise    `json:"disguises,omitempty"`
	Bars      []Bar         `json:"bars,omitempty"`
	// Codes tells, by set, how often each code spoke for fraud.
	Codes []CodeCount `json:"codes"`
}

// Machine is where it was measured.
type Machine struct {
	Cores  int    `json:"cores"`
	System string `json:"system"`
	Go     string `json:"go"`
}

// Row is the result for one group of contacts.
type Row struct {
	Name    string `json:"name"`
	Channel string `json:"channel,omitempty"`
	Origin  string `json:"origin,omitempty"`
	What    string `json:"what,omitempty"`
	// Goal false: catching these is no goal.
	Goal bool `json:"goal"`
	// Number of contacts that were checked; Empty ones had no byte to check.
	Number int `json:"number"`
	Empty  int `json:"empty,omitempty"`
	// Confusion counts verdicts by label (fraud, legitimate, spam).
	Confusion map[string]map[string]int `json:"confusion"`
	// Recall is the share of fraud that was called scam or suspicious, Cleared
	// the share of fraud that was called genuine, FalseAlarms the share of
	// legitimate contacts that were called scam or suspicious, SpamCalled that
	// of spam. Each is absent where there was nothing to count.
	Recall      *score.Share `json:"recall,omitempty"`
	Cleared     *score.Share `json:"cleared,omitempty"`
	FalseAlarms *score.Share `json:"false_alarms,omitempty"`
	SpamCalled  *score.Share `json:"spam_called,omitempty"`
	// Area under the ROC curve of the probability of fraud against legitimate.
	Area *score.Area `json:"auc,omitempty"`
	// AtHundredth and AtThousandth are the recall at 1 % and at 0.1 % false
	// alarms, Calibration that of the group: all for groups with both labels.
	AtHundredth  *score.Limited `json:"recall_at_1_percent,omitempty"`
	AtThousandth *score.Limited `json:"recall_at_0_1_percent,omitempty"`
	Calibration  *Calibration   `json:"calibration,omitempty"`
	Speed        *Speed         `json:"speed,omitempty"`
	// Timed is the speed of the checks alone, with authentication.
	Timed *Speed `json:"timed,omitempty"`
	// BothParts: contacts of the other part are counted, too.
	BothParts bool `json:"both_parts,omitempty"`
	// Detected counts contacts whose language the set does not tell.
	Detected int `json:"language_detected,omitempty"`
}

// Pair is one named comparison.
type Pair struct {
	Name      string     `json:"name"`
	BothParts bool       `json:"both_parts,omitempty"`
	Area      score.Area `json:"auc"`
}

// VariantRows is what a desk that lacks something reached.
type VariantRows struct {
	Name string `json:"name"`
	// Missing says why it was not measured.
	Missing  string `json:"missing,omitempty"`
	Channels []Row  `json:"channels,omitempty"`
	Sets     []Row  `json:"sets,omitempty"`
	Subsets  []Row  `json:"subsets,omitempty"`
}

// OrderRow tells what the order list of a person changes for a group of mails.
type OrderRow struct {
	Name string `json:"name"`
	// Number of mails that name an order, Of how many.
	Number int `json:"number"`
	Of     int `json:"of"`
	// Shown is the share of them whose answer shows the match of an order, or
	// that the order is on no list.
	Shown *score.Share `json:"shown,omitempty"`
	// Before and After are the shares called scam or suspicious without and
	// with the list.
	Before score.Share `json:"before"`
	After  score.Share `json:"after"`
	// Genuine counts those called genuine with the list.
	Genuine int `json:"genuine"`
}

// Disguise compares copies of one kind with their originals.
type Disguise struct {
	Kind string `json:"kind"`
	// Group is a channel, or a set within it.
	Group string `json:"group"`
	// Loss of recall; Loss.Of is how many fraudulent contacts have a copy.
	Loss score.Loss `json:"loss"`
	// Escaped is the share of the caught originals whose copy is not caught:
	// what the disguise hides, whatever it gives away elsewhere.
	Escaped *score.Share `json:"escaped,omitempty"`
}

// Calibration is the expected calibration error of a channel.
type Calibration = score.Calibration

// Speed tells how long it took. CPUSeconds is 0 where the system does not tell.
type Speed struct {
	Contacts     int     `json:"contacts"`
	Seconds      float64 `json:"seconds"`
	CPUSeconds   float64 `json:"cpu_seconds"`
	PerCPUSecond float64 `json:"contacts_per_cpu_second"`
}

func newSpeed(n int, wall, cpu time.Duration) Speed {
	s := Speed{Contacts: n, Seconds: round(wall.Seconds(), 3), CPUSeconds: round(cpu.Seconds(), 3)}
	if cpu > 0 {
		s.PerCPUSecond = round(float64(n)/cpu.Seconds(), 1)
	}
	return s
}

func round(f float64, digits int) float64 {
	p := math.Pow10(digits)
	return math.Round(f*p) / p
}

// Mistake is one error, without a word of its text.
type Mistake struct {
	Set string `json:"set"`
	ID  string `json:"id"`
	// Kind: false_alarm (legitimate called fraud), missed (fraud called
	// unknown), cleared (fraud called genuine), failed (no answer).
	Kind        string  `json:"kind"`
	Verdict     string  `json:"verdict"`
	Probability float64 `json:"probability"`
	Rule        string  `json:"rule,omitempty"`
	// Codes that fired with their bits, heaviest first: "link_ip +4.0".
	Codes   []string `json:"codes"`
	Failure string   `json:"failure,omitempty"`
}

// CodeCount tells in how many contacts of a set a code spoke for fraud.
type CodeCount struct {
	Set   string `json:"set"`
	Code  string `json:"code"`
	Fraud int    `json:"fraud"`
	// Legitimate counts legitimate contacts, FalseAlarms those of them that
	// were called fraud, Heaviest those false alarms in which no other code
	// weighed more.
	Legitimate  int `json:"legitimate"`
	FalseAlarms int `json:"false_alarms"`
	Heaviest    int `json:"heaviest"`
}

// WriteJSON writes the report as one JSON object.
func (r *Report) WriteJSON(w io.Writer) error {
	enc := json.NewEncoder(w)
	enc.SetIndent("", "  ")
	enc.SetEscapeHTML(false)
	return enc.Encode(r)
}
