package hypertext

import "strings"

// sheet holds the rules of the style elements that matter for seeing text, by
// the one simple selector that they are for.
type sheet struct {
	byTag, byClass, byID map[string]*style
	rules, media, bytes  int
}

// Bounds of a sheet.
const (
	maxRules      = 2000
	maxSheetBytes = 256 << 10
	maxClasses    = 16
)

// add reads the rules of one style element. Rules within @media are for other
// screens and are left out, except those for all screens.
func (sh *sheet) add(css string) {
	if sh.bytes += len(css); sh.bytes > maxSheetBytes {
		return
	}
	css = dropComments(css)
	for css != "" && sh.rules < maxRules {
		open := strings.IndexByte(css, '{')
		if open < 0 {
			return
		}
		head := strings.TrimSpace(css[:open])
		if semi := strings.LastIndexByte(head, ';'); semi >= 0 { // @import …; a{}
			head = strings.TrimSpace(head[semi+1:])
		}
		rest := css[open+1:]
		if strings.HasPrefix(head, "@") {
			inner, after := block(rest)
			if name := lower(head); strings.HasPrefix(name, "@media") && (strings.HasSuffix(name, " all") || strings.HasSuffix(name, " screen")) {
				if sh.media++; sh.media > 50 { // each is a copy
					return
				}
				css = inner + " " + after
				continue
			}
			css = after
			continue
		}
		body, after, _ := strings.Cut(rest, "}")
		sh.rule(head, body)
		css = after
	}
}

// block returns what stands before the brace that closes an opened one.
func block(s string) (inner, after string) {
	depth := 1
	for i := 0; i < len(s); i++ {
		switch s[i] {
		case '{':
			depth++
		case '}':
			if depth--; depth == 0 {
				return s[:i], s[i+1:]
			}
		}
	}
	return s, ""
}

func dropComments(css string) string {
	css = strings.NewReplacer("<!--", " ", "-->", " ").Replace(css)
	if !strings.Contains(css, "/*") {
		return css
	}
	var out strings.Builder
	for {
		open := strings.Index(css, "/*")
		if open < 0 {
			out.WriteString(css)
			return out.String()
		}
		out.WriteString(css[:open])
		end := strings.Index(css[open+2:], "*/")
		if end < 0 {
			return out.String()
		}
		css = css[open+2+end+2:]
	}
}

// rule files one rule under each of its selectors. Of a selector with several
// parts only what it says of the ground is kept, as unknown: whether it
// applies is not looked into, and text must not be called hidden by a guess.
func (sh *sheet) rule(selectors, body string) {
	var st style
	st.parse(body)
	if st.set == 0 {
		return
	}
	for _, sel := range strings.Split(selectors, ",") {
		if sh.rules++; sh.rules > maxRules {
			return
		}
		sel = strings.TrimSpace(sel)
		use := &st
		if at := strings.LastIndexAny(sel, " >+~"); at >= 0 {
			sel = sel[at+1:]
			use = &style{set: st.set & (setBack | setColor), back: unknownColor, color: unknownColor}
		}
		if strings.ContainsAny(sel, ":[*") || sel == "" || use.set == 0 {
			continue
		}
		sh.file(sel, use)
	}
}

func (sh *sheet) file(sel string, st *style) {
	where := &sh.byTag
	key := lower(sel)
	switch dot, hash := strings.LastIndexByte(sel, '.'), strings.LastIndexByte(sel, '#'); {
	case hash >= 0:
		where, key = &sh.byID, sel[hash+1:]
	case dot >= 0 && strings.Count(sel, ".") == 1:
		where, key = &sh.byClass, sel[dot+1:]
	case dot >= 0:
		return
	}
	if *where == nil {
		*where = make(map[string]*style)
	}
	if old := (*where)[key]; old != nil {
		both := *old
		both.merge(st)
		st = &both
	}
	(*where)[key] = st
}

// apply puts what the rules say of an element into st.
func (sh *sheet) apply(st *style, tag string, classes, id string) {
	if sh.rules == 0 {
		return
	}
	if rule := sh.byTag[tag]; rule != nil {
		st.merge(rule)
	}
	for n := 0; classes != "" && n < maxClasses && sh.byClass != nil; n++ {
		var class string
		class, classes, _ = strings.Cut(strings.TrimLeft(classes, " \t\r\n"), " ")
		if rule := sh.byClass[strings.TrimSpace(class)]; rule != nil {
			st.merge(rule)
		}
	}
	if rule := sh.byID[id]; rule != nil && id != "" {
		st.merge(rule)
	}
}
