package event

import "encoding/json"

// Schema returns the JSON Schema (2020-12) of an event in our own form, made
// from the vocabulary. What Parse accepts with Refuse, the schema accepts too.
func Schema() []byte {
	var all []any
	for _, t := range Types() {
		all = append(all, schemaOf(t))
	}
	out, _ := json.MarshalIndent(map[string]any{ // only texts, numbers and maps of them
		"$schema": "https://json-schema.org/draft/2020-12/schema",
		"title":   "Bonafide account event (CloudEvents 1.0)",
		"oneOf":   all,
	}, "", "  ")
	return append(out, '\n')
}

func schemaOf(t Type) map[string]any {
	props, needs := map[string]any{}, []string{}
	groups := map[string]map[string]any{}
	groupNeeds := map[string][]string{}
	for _, f := range Fields() {
		if f.Derived || !f.On(t) {
			continue
		}
		group, name := cutPath(f.Path)
		if group == "event" {
			props[name] = f.schema()
			if f.Required {
				needs = append(needs, name)
			}
			continue
		}
		if groups[group] == nil {
			groups[group] = map[string]any{}
		}
		groups[group][name] = f.schema()
		if f.Required {
			groupNeeds[group] = append(groupNeeds[group], name)
		}
	}
	for g, p := range groups {
		o := map[string]any{"type": "object", "properties": p, "additionalProperties": false}
		if len(groupNeeds[g]) > 0 {
			o["required"] = groupNeeds[g]
			needs = append(needs, g)
		}
		props[g] = o
	}
	text := map[string]any{"type": "string", "minLength": 1, "maxLength": MaxText}
	return map[string]any{
		"type": "object", "required": []string{"id", "source", "type", "time", "data"}, "additionalProperties": false,
		"properties": map[string]any{
			"specversion": map[string]any{"const": "1.0"}, "datacontenttype": map[string]any{"type": "string"},
			"id": text, "source": text, "subject": map[string]any{"type": "string", "maxLength": MaxText},
			"type": map[string]any{"const": string(t)}, "time": map[string]any{"type": "string", "format": "date-time"},
			"data": map[string]any{"type": "object", "required": needs, "properties": props, "additionalProperties": false},
		},
	}
}

func cutPath(p string) (string, string) {
	for i := range p {
		if p[i] == '.' {
			return p[:i], p[i+1:]
		}
	}
	return "event", p
}

func (f *Field) schema() map[string]any {
	out := map[string]any{"description": f.Meaning}
	switch f.Kind {
	case String:
		out["type"], out["maxLength"] = "string", MaxText
		if f.Short {
			out["maxLength"] = MaxShort
		}
		if f.Enum != nil {
			out["enum"] = f.Enum
		}
	case Int:
		out["type"], out["minimum"], out["maximum"] = "integer", -MaxAmount, MaxAmount
	case Bool:
		out["type"] = "boolean"
	case Time:
		out["type"], out["format"] = "string", "date-time"
	case Strings:
		out["type"], out["maxItems"], out["items"] = "array", MaxItems, map[string]any{"type": "string", "maxLength": MaxText}
	case lines:
		out["type"], out["maxItems"] = "array", MaxItems
		out["items"] = map[string]any{"type": "object", "required": []string{"kind"}, "additionalProperties": false, "properties": map[string]any{
			"kind": map[string]any{"enum": ItemKinds()}, "amount": map[string]any{"type": "integer"},
			"quantity": map[string]any{"type": "integer", "minimum": 0}, "digital": map[string]any{"type": "boolean"},
			"recipient": map[string]any{"type": "string", "maxLength": MaxText},
		}}
	}
	return out
}
