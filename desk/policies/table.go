package policies

import "bonafide/account/policy"

// TableView is a decision table of a text, for people.
type TableView struct {
	ID     string    `json:"id"`
	Line   int       `json:"line"`
	Hit    string    `json:"hit" enum:"first,unique,collect" doc:"first: the first row that holds; unique: rows exclude each other; collect: all that hold, scores added."`
	Step   string    `json:"step,omitempty"`
	On     []string  `json:"on"`
	Inputs []string  `json:"inputs"`
	Rows   []RowView `json:"rows"`
}

// RowView is a row of a decision table: what it asks, and what follows.
type RowView struct {
	Rule   string   `json:"rule" doc:"Id of the row among rules."`
	Line   int      `json:"line"`
	Cells  []string `json:"cells" doc:"What it asks of each input; - for anything."`
	Score  int64    `json:"score"`
	Action string   `json:"action,omitempty" doc:"The mildest action allowed."`
	Shop   []string `json:"shop,omitempty"`
}

// tablesOf are the decision tables of a policy.
func tablesOf(p *policy.Policy) []TableView {
	out := make([]TableView, 0, len(p.Tables))
	for i := range p.Tables {
		t := &p.Tables[i]
		v := TableView{ID: t.ID, Line: t.Line, Hit: t.Hit, Step: t.Step, Inputs: t.Inputs}
		for _, on := range t.On {
			v.On = append(v.On, string(on))
		}
		for _, row := range t.Rows {
			r := &p.Rules[row.Rule]
			x := RowView{Rule: r.ID, Line: row.Line, Cells: row.Cells, Score: r.Score}
			if r.Floor > policy.Allow {
				x.Action = r.Floor.String()
			}
			for _, s := range r.Shop {
				x.Shop = append(x.Shop, s.Do)
			}
			v.Rows = append(v.Rows, x)
		}
		out = append(out, v)
	}
	return out
}
