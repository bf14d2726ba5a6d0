package redflag

import (
	"bufio"
	"encoding/gob"
	"fmt"
	"os"
	"testing"

	"bonafide/contact"
	"bonafide/contact/text"
	"bonafide/data"
)

func TestZZStats(t *testing.T) {
	type zzSet struct {
		Name, Channel string
		Raw           [][]byte
		Text          []string
	}
	f, err := os.Open("/tmp/spd/sets.gob")
	if err != nil {
		t.Skip()
	}
	var sets []zzSet
	gob.NewDecoder(bufio.NewReader(f)).Decode(&sets)
	c, err := Load(data.FS)
	if err != nil {
		t.Fatal(err)
	}
	fold, err := text.LoadFolding(data.FS)
	if err != nil {
		t.Fatal(err)
	}
	for _, lang := range c.order {
		l := c.languages[lang]
		fmt.Println(lang, "names", len(l.names), "programs", len(l.programs), "slots", l.slots, "filed", len(l.filed), "rules", len(l.rules), "levels", l.levels, "keys", len(l.keys), "infix", len(l.infix), "byRef")
	}
	for _, s := range sets {
		if s.Name != "sms-uci" {
			continue
		}
		sentences, read := 0, map[string]int{}
		var toks, slots, filedN, pass, noted, rulesTried int
		for _, x := range s.Text[:400] {
			r := text.Read(contact.Part{Kind: contact.Said, Text: x}, fold)
			sentences += len(r.Sentences)
			for _, lang := range c.order {
				for i := range r.Sentences {
					if !speaks(r, i, lang) {
						continue
					}
					read[lang]++
					l := c.languages[lang]
					sc := l.scanner()
					tk := tokenise(r.Folded[r.Sentences[i].Start:r.Sentences[i].End], 0, nil)
					toks += len(tk)
					sc.sentence(tk)
					for _, tt := range tk {
						slots += len(sc.slotsOf(tt))
					}
					for _, sl := range sc.filled {
						filedN += int(l.slotFrom[sl+1] - l.slotFrom[sl])
					}
					for _, w := range sc.waiting {
						pass += len(w)
					}
					noted += len(sc.noted)
					for _, n := range sc.noted {
						rulesTried += len(l.byNeed[n])
					}
					sc.release()
				}
			}
		}
		fmt.Println(s.Name, "sentences", sentences, "read", read, "toks", toks, "slots", slots, "filed", filedN, "pass", pass, "noted", noted, "rules", rulesTried)
	}
}
