package plot_test

import (
	"bytes"
	"encoding/xml"
	"errors"
	"io"
	"strings"
	"testing"

	"bonafide/eval/plot"
	"bonafide/eval/score"
)

func TestReliability(t *testing.T) {
	var points []score.Point
	for i := range 200 {
		points = append(points, score.Point{Probability: float64(i) / 200, Positive: i%3 == 0})
	}
	svg := plot.Reliability(`Mail <&> "more"`, score.NewCalibration(points, 1))
	dec := xml.NewDecoder(bytes.NewReader(svg))
	for {
		if _, err := dec.Token(); errors.Is(err, io.EOF) {
			break
		} else if err != nil {
			t.Fatalf("is no XML: %v\n%s", err, svg)
		}
	}
	s := string(svg)
	for _, want := range []string{"<title", "<desc", `role="img"`, "prefers-color-scheme:dark", "Mail &lt;&amp;&gt;"} {
		if !strings.Contains(s, want) {
			t.Errorf("lacks %s", want)
		}
	}
	if n := strings.Count(s, "<circle"); n != score.Bins {
		t.Errorf("%d dots, want one for each of %d bins", n, score.Bins)
	}
	if len(svg) > 8<<10 {
		t.Errorf("%d bytes: want a small file", len(svg))
	}
	if empty := plot.Reliability("Calls", score.NewCalibration(nil, 1)); bytes.Contains(empty, []byte("NaN")) || bytes.Contains(empty, []byte("<circle")) {
		t.Error("a diagram of nothing shows something")
	}
}
