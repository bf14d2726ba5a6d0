package verdict

import (
	"bytes"
	"errors"
	"fmt"
	"io/fs"
	"math"

	"go.yaml.in/yaml/v3"

	"bonafide/contact"
)

// Knot is one measured point: of contacts whose evidence sums to about Bits, the
// share P was fraud.
type Knot struct {
	Bits float64 `yaml:"bits"`
	P    float64 `yaml:"p"`
}

// Calibration turns summed bits into the probability of fraud, by channel; "" is
// for channels that have no knots of their own.
type Calibration map[string][]Knot

// CalibrationFile is where the knots stand among the data.
const CalibrationFile = "verdict/calibration.yaml"

// beyond is how fast the log-odds go on, per bit, outside of what was measured:
// slower than the bits say, for nothing is known there.
const beyond = 0.5

// LoadCalibration reads and checks the knots: at least two a channel, rising.
func LoadCalibration(fsys fs.FS) (Calibration, error) {
	raw, err := fs.ReadFile(fsys, CalibrationFile)
	if err != nil {
		return nil, fmt.Errorf("verdict: %w", err)
	}
	var f struct {
		AsOf     string      `yaml:"as_of"`
		Source   string      `yaml:"source"`
		Channels Calibration `yaml:"channels"`
	}
	dec := yaml.NewDecoder(bytes.NewReader(raw))
	dec.KnownFields(true)
	if err := dec.Decode(&f); err != nil {
		return nil, fmt.Errorf("verdict: read %s: %w", CalibrationFile, err)
	}
	if err := f.Channels.check(); err != nil {
		return nil, fmt.Errorf("verdict: %s: %w", CalibrationFile, err)
	}
	return f.Channels, nil
}

func (c Calibration) check() error {
	if len(c[""]) == 0 {
		return errors.New(`no knots for channel "", which all others fall back on`)
	}
	for ch, knots := range c {
		if len(knots) < 2 {
			return fmt.Errorf("channel %q has fewer than two knots", ch)
		}
		for i, k := range knots {
			if !(0 < k.P && k.P < 1) {
				return fmt.Errorf("channel %q: probability %g: want between 0 and 1", ch, k.P)
			}
			if i > 0 && (k.Bits <= knots[i-1].Bits || k.P < knots[i-1].P) {
				return fmt.Errorf("channel %q: knot %d does not rise", ch, i+1)
			}
		}
	}
	return nil
}

func logOdds(p float64) float64 { return math.Log2(p / (1 - p)) }

// Probability of fraud of a contact whose evidence sums to bits: straight lines in
// log-odds from knot to knot.
func (c Calibration) Probability(ch contact.Channel, bits float64) float64 {
	knots, ok := c[string(ch)]
	if !ok {
		knots = c[""]
	}
	first, last := knots[0], knots[len(knots)-1]
	odds := 0.0
	switch {
	case bits <= first.Bits:
		odds = logOdds(first.P) + beyond*(bits-first.Bits)
	case bits >= last.Bits:
		odds = logOdds(last.P) + beyond*(bits-last.Bits)
	default:
		i := 1
		for bits > knots[i].Bits {
			i++
		}
		a, b := knots[i-1], knots[i]
		odds = logOdds(a.P) + (bits-a.Bits)/(b.Bits-a.Bits)*(logOdds(b.P)-logOdds(a.P))
	}
	return 1 / (1 + math.Exp2(-odds))
}
