package message

import (
	"bytes"
	"strings"
	"testing"
	"time"
)

// TestLinearTime gives each reader half a megabyte of what could make a careless
// one slow. Ten seconds are a hundred times what is needed.
func TestLinearTime(t *testing.T) {
	w := load(t)
	rep := func(s string) string { return strings.Repeat(s, (512<<10)/len(s)) }
	for name, tc := range map[string]struct{ kind, in string }{
		"names":          {KindChatText, rep("20.11.26, 22:15 - A: x\n")},
		"one long chat":  {KindChatText, "20.11.26, 22:15 - A: x\n" + rep("y\n")},
		"half stamps":    {KindChatText, rep("[20.11.26, 22:15")},
		"cli body":       {KindSignalCLI, "Envelope from: +155501\nBody: x\n" + rep("\n")},
		"cli blocks":     {KindSignalCLI, rep("\nEnvelope from: +155501\nBody: x\n")},
		"html open":      {KindMessengerHTML, rep(`<div class="_a6-g _a6-p">`)},
		"html small":     {KindMessengerHTML, `<div class="_a6-h">A</div><div class="_a6-p">` + rep("x<b>")},
		"html tag":       {KindMessengerHTML, "<div " + rep("a ")},
		"xml references": {KindSMS, `<smses><sms type="1" body="` + rep("&#55357;") + `"/></smses>`},
		"xml ampersands": {KindSMS, `<smses><sms type="1" body="` + rep("&") + `"/></smses>`},
		"xml tags":       {KindSMS, "<smses>" + rep(`<sms type="1"/>`)},
		"xml attributes": {KindSMS, "<smses><sms " + rep(`a="" `) + "/></smses>"},
		"xml comments":   {KindSMS, "<smses>" + rep("<!--")},
		"json nest":      {KindTelegramJSON, `{"messages":` + rep("[")},
		"json pieces":    {KindTelegramJSON, `{"messages":[{"type":"message","from":"A","text":[` + rep(`"x",`) + `"x"]}]}`},
		"mojibake":       {KindMessengerJSON, `{"messages":[{"sender_name":"A","content":"` + rep("\u00c3\u00bc") + `"}]}`},
	} {
		start := time.Now()
		for _, err := range ReadBackup(bytes.NewReader([]byte(tc.in)), Options{Kind: tc.kind, Words: w}) {
			if err != nil {
				break
			}
		}
		if d := time.Since(start); d > time.Minute {
			t.Errorf("%s: %v for half a megabyte", name, d)
		} else {
			t.Logf("%s: %v", name, d)
		}
	}
}
