package riskmodel

import (
	"encoding/json"
	"fmt"
	"io"
	"math"
	"strconv"
	"strings"
)

// xgb is what is read of a model that XGBoost saved as JSON (save_model,
// documented under "Introduction to Model IO"). Other fields are passed over.
type xgb struct {
	Learner struct {
		FeatureNames []string `json:"feature_names"`
		Booster      struct {
			Name  string `json:"name"`
			Model struct {
				Trees []xgbTree `json:"trees"`
			} `json:"model"`
		} `json:"gradient_booster"`
		Param struct {
			BaseScore  string `json:"base_score"`
			NumFeature string `json:"num_feature"`
			NumClass   string `json:"num_class"`
			NumTarget  string `json:"num_target"`
		} `json:"learner_model_param"`
		Objective struct {
			Name string `json:"name"`
		} `json:"objective"`
	} `json:"learner"`
}

type xgbTree struct {
	Left      []int32   `json:"left_children"`
	Right     []int32   `json:"right_children"`
	Feature   []int32   `json:"split_indices"`
	Threshold []float64 `json:"split_conditions"`
	Default   []flag    `json:"default_left"`
	Cover     []float64 `json:"sum_hessian"`
	SplitType []int     `json:"split_type"`
}

// flag is true, false, 1 or 0, as versions of XGBoost differ.
type flag bool

// UnmarshalJSON reads either writing.
func (f *flag) UnmarshalJSON(b []byte) error {
	switch string(b) {
	case "1", "true":
		*f = true
	case "0", "false":
		*f = false
	default:
		return fmt.Errorf("default_left is %.20q: it is 0, 1, true or false", b)
	}
	return nil
}

// ReadXGBoost reads a model that XGBoost saved as JSON, with the objective
// binary:logistic or binary:logitraw and the booster gbtree, within the limits
// of the package. All its trees count. Categorical splits, other boosters and
// several classes are refused. Numbers are compared in 32 bits as there; sums are
// kept in 64, so that scores agree to about six digits. It is not calibrated.
func ReadXGBoost(r io.Reader) (*Model, error) {
	raw, err := limited(r)
	if err != nil {
		return nil, fmt.Errorf("riskmodel: read an XGBoost model: %w", err)
	}
	var x xgb
	if err := json.Unmarshal(raw, &x); err != nil {
		return nil, fmt.Errorf("riskmodel: read an XGBoost model: %w; save it with save_model(\"model.json\")", err)
	}
	m, err := x.model()
	if err != nil {
		return nil, fmt.Errorf("riskmodel: read an XGBoost model: %w", err)
	}
	return m, nil
}

func (x *xgb) model() (*Model, error) {
	l := &x.Learner
	if l.Booster.Name != "gbtree" {
		return nil, fmt.Errorf("booster %.40q: only gbtree is read", l.Booster.Name)
	}
	if o := l.Objective.Name; o != "binary:logistic" && o != "binary:logitraw" {
		return nil, fmt.Errorf("objective %.40q: only binary:logistic and binary:logitraw are read", o)
	}
	if c := l.Param.NumClass; c != "" && c != "0" && c != "1" {
		return nil, fmt.Errorf("%.20s classes: only models of two are read", c)
	}
	if c := l.Param.NumTarget; c != "" && c != "0" && c != "1" {
		return nil, fmt.Errorf("%.20s targets: only models of one are read", c)
	}
	n, err := strconv.Atoi(l.Param.NumFeature)
	if err != nil || n < 1 || n > MaxFeatures {
		return nil, fmt.Errorf("num_feature is %.20q: 1 to %d are read", l.Param.NumFeature, MaxFeatures)
	}
	if len(l.FeatureNames) != 0 && len(l.FeatureNames) != n {
		return nil, fmt.Errorf("%d feature names for %d features", len(l.FeatureNames), n)
	}
	// From version 3.1 base_score is written as a list of one.
	base, err := strconv.ParseFloat(strings.Trim(l.Param.BaseScore, "[]"), 64)
	if err != nil {
		return nil, fmt.Errorf("base_score is %.20q: it must be one number", l.Param.BaseScore)
	}
	if l.Objective.Name == "binary:logistic" {
		if !(base > 0 && base < 1) {
			return nil, fmt.Errorf("base_score is %v: it must be a probability between 0 and 1", base)
		}
		base = math.Log(base / (1 - base))
	}
	m := &Model{card: Card{Name: "read from XGBoost"}, base: base, slope: 1, single: true}
	for i := range n {
		name := "f" + strconv.Itoa(i)
		if len(l.FeatureNames) != 0 {
			name = l.FeatureNames[i]
		}
		m.features = append(m.features, Feature{Name: name})
	}
	if len(l.Booster.Model.Trees) > MaxTrees {
		return nil, fmt.Errorf("%d trees: at most %d are read", len(l.Booster.Model.Trees), MaxTrees)
	}
	for i := range l.Booster.Model.Trees {
		if err := m.graft(&l.Booster.Model.Trees[i]); err != nil {
			return nil, fmt.Errorf("tree %d: %w", i, err)
		}
	}
	if err := m.check(); err != nil {
		return nil, err
	}
	m.fill()
	return m, nil
}

// graft appends a tree of XGBoost breadth first, so that siblings are neighbours.
func (m *Model) graft(t *xgbTree) error {
	n := len(t.Left)
	if n == 0 || len(t.Right) != n || len(t.Feature) != n || len(t.Threshold) != n || len(t.Default) != n || len(t.Cover) != 0 && len(t.Cover) != n {
		return fmt.Errorf("it is empty, or its columns differ in length")
	}
	for i, s := range t.SplitType {
		if s != 0 {
			return fmt.Errorf("node %d splits on categories: train with numbers only", i)
		}
	}
	root := int32(len(m.nodes))
	if len(m.nodes)+n > MaxNodes {
		return fmt.Errorf("more than %d nodes", MaxNodes)
	}
	m.roots = append(m.roots, root)
	queue := []int32{0}
	for at := 0; at < len(queue); at++ {
		i := queue[at]
		cover := 0.0
		if len(t.Cover) == n {
			cover = t.Cover[i]
		}
		m.covers = append(m.covers, cover)
		nd := node{threshold: float64(float32(t.Threshold[i]))}
		if l, r := t.Left[i], t.Right[i]; l != -1 || r != -1 {
			if l < 1 || r < 1 || int(l) >= n || int(r) >= n || len(queue)+2 > n {
				return fmt.Errorf("node %d has the children %d and %d of %d nodes, or one is the child of two", i, l, r, n)
			}
			if t.Feature[i] < 0 || int(t.Feature[i]) >= len(m.features) {
				return fmt.Errorf("node %d splits on feature %d of %d", i, t.Feature[i], len(m.features))
			}
			nd.left, nd.feature = root+int32(len(queue)), uint16(t.Feature[i])
			if !t.Default[i] {
				nd.missing = 1
			}
			queue = append(queue, l, r)
		}
		m.nodes = append(m.nodes, nd)
	}
	return nil
}
