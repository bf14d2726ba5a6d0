package riskmodel

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
)

// FileVersion is the version of the file that Write writes. A number is never
// used again.
const FileVersion = 1

const fileFormat = "bonafide account model"

type file struct {
	Format   string     `json:"format"`
	Version  int        `json:"version"`
	Card     Card       `json:"card"`
	Features []Feature  `json:"features"`
	Base     float64    `json:"base"`
	Slope    float64    `json:"slope"`
	Shift    float64    `json:"shift"`
	Single   bool       `json:"single,omitempty"`
	Trees    []fileTree `json:"trees"`
}

// fileTree holds one tree in columns. Left is relative to the tree, 0 in a leaf,
// where Threshold is the value; the right child follows the left one.
type fileTree struct {
	Left      []int32   `json:"left"`
	Feature   []uint16  `json:"feature"`
	Threshold []float64 `json:"threshold"`
	Missing   []uint16  `json:"missing"`
	Cover     []float64 `json:"cover"`
}

// Write returns the model as a file of version FileVersion: JSON, the same bytes
// for the same model.
func (m *Model) Write() ([]byte, error) {
	f := file{Format: fileFormat, Version: FileVersion, Card: m.card, Features: m.features, Base: m.base, Slope: m.slope, Shift: m.shift, Single: m.single}
	for t, root := range m.roots {
		end := len(m.nodes)
		if t+1 < len(m.roots) {
			end = int(m.roots[t+1])
		}
		var ft fileTree
		for i := int(root); i < end; i++ {
			n := m.nodes[i]
			left := n.left
			if left != 0 {
				left -= root
			}
			ft.Left, ft.Feature, ft.Threshold = append(ft.Left, left), append(ft.Feature, n.feature), append(ft.Threshold, n.threshold)
			ft.Missing, ft.Cover = append(ft.Missing, n.missing), append(ft.Cover, m.covers[i])
		}
		f.Trees = append(f.Trees, ft)
	}
	out, err := json.Marshal(f)
	if err != nil {
		return nil, fmt.Errorf("riskmodel: write the model: %w", err)
	}
	return append(out, '\n'), nil
}

// Read reads a model file. At most MaxFile bytes are read, and nothing beyond
// the package's limits; unknown fields and versions are refused.
func Read(r io.Reader) (*Model, error) {
	raw, err := limited(r)
	if err != nil {
		return nil, fmt.Errorf("riskmodel: read a model: %w", err)
	}
	var f file
	d := json.NewDecoder(bytes.NewReader(raw))
	d.DisallowUnknownFields()
	if err := d.Decode(&f); err != nil {
		return nil, fmt.Errorf("riskmodel: read a model: not a model file: %w", err)
	}
	if _, err := d.Token(); err != io.EOF {
		return nil, fmt.Errorf("riskmodel: read a model: something follows the model: give one JSON object")
	}
	if f.Format != fileFormat || f.Version != FileVersion {
		return nil, fmt.Errorf("riskmodel: read a model: format %.40q version %d: this program reads %q version %d; train it anew", f.Format, f.Version, fileFormat, FileVersion)
	}
	m := &Model{card: f.Card, features: f.Features, base: f.Base, slope: f.Slope, shift: f.Shift, single: f.Single}
	for i, t := range f.Trees {
		n := len(t.Left)
		if len(t.Feature) != n || len(t.Threshold) != n || len(t.Missing) != n || len(t.Cover) != n {
			return nil, fmt.Errorf("riskmodel: read a model: tree %d: its columns differ in length", i)
		}
		if len(m.nodes)+n > MaxNodes {
			return nil, fmt.Errorf("riskmodel: read a model: more than %d nodes", MaxNodes)
		}
		root := int32(len(m.nodes))
		m.roots = append(m.roots, root)
		for j, left := range t.Left {
			if left < 0 || int(left) >= n {
				return nil, fmt.Errorf("riskmodel: read a model: tree %d: node %d has the child %d of %d", i, j, left, n)
			}
			if left != 0 {
				left += root
			}
			m.nodes = append(m.nodes, node{threshold: t.Threshold[j], left: left, feature: t.Feature[j], missing: t.Missing[j]})
		}
		m.covers = append(m.covers, t.Cover...)
	}
	if err := m.check(); err != nil {
		return nil, fmt.Errorf("riskmodel: read a model: %w", err)
	}
	m.fill()
	return m, nil
}

// ReadEither reads a model of either form: a file of this package, or XGBoost's
// JSON.
func ReadEither(r io.Reader) (*Model, error) {
	raw, err := limited(r)
	if err != nil {
		return nil, fmt.Errorf("riskmodel: read a model: %w", err)
	}
	var head struct {
		Learner json.RawMessage `json:"learner"`
	}
	if err := json.Unmarshal(raw, &head); err == nil && len(head.Learner) > 0 {
		return ReadXGBoost(bytes.NewReader(raw))
	}
	return Read(bytes.NewReader(raw))
}

func limited(r io.Reader) ([]byte, error) {
	raw, err := io.ReadAll(io.LimitReader(r, MaxFile+1))
	if err == nil && len(raw) > MaxFile {
		err = fmt.Errorf("more than %d bytes: train a smaller model", MaxFile)
	}
	return raw, err
}
