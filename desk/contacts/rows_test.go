package contacts_test

import (
	"strings"
	"testing"

	"bonafide/desk/contacts"
)

type rq = contacts.Request

// requirements are the rows that the desk itself proves. Inputs are our own
// wordings of the rows' examples.
func requirements() map[string][]row {
	all := map[string][]row{}
	for _, part := range []map[string][]row{rowsCalls(), rowsThemes(), rowsRequests(), rowsLinksAndMail(), rowsPlaybooks(), rowsData()} {
		for id, rs := range part {
			all[id] = append(all[id], rs...)
		}
	}
	return all
}

// provenElsewhere are rows whose proof needs a door or the shop's books.
func provenElsewhere() map[string]string {
	return map[string]string{
		"S0.25": "api.TestFactsAndBrands (two-step verification since, per country)",
		"S1.7":  "api.TestFactsAndBrands (16m GBP, Which?, 2020)",
		"S1.16": "api.TestFactsAndBrands (Which? money editor)",
		"S1.21": "api.TestFactsAndBrands (Report Fraud, formerly Action Fraud)",
		"S2.15": "api.TestFactsAndBrands (receivers of Germany)",
		"S3.18": "web tests: no tel: link of a number in a contact",
		"S3.42": "api.TestFactsAndBrands (help pages)",
		"S3.43": "api.TestFactsAndBrands (fraud tips)",
		"S3.44": "api.TestFactsAndBrands (report address then and now)",
		"S4.16": "web tests: the card's expiry has no field",
		"S4.18": "api.TestFactsAndBrands (legal name in Japan)",
	}
}

// notYet are rows of other desks as far as they are not met by this one.
func notYet() map[string]string { return map[string]string{} }

func rowsCalls() map[string][]row {
	suspect := []string{"scam", "suspicious"}
	seed := "Guten Tag, hier ist der Kundenservice von Amazon. Haben Sie heute etwas bestellt? Was war das?"
	return map[string][]row{
		"S0.1": channelsRow(),
		"S0.2": {{name: "staff", req: rq{Channel: "call", Text: "Ein Herr sagte, er sei Mitarbeiter von Amazon", Lang: "de"}, codes: []string{"impersonated_staff"}, not: []string{"genuine"}, says: []string{"Mitarbeiter"}}},
		"S0.3": {
			{name: "four hours after", req: rq{Channel: "call", Text: seed, At: at("2026-11-20T14:00:00Z"), Orders: []contacts.Order{{ID: "302-1234567-1234567", PlacedAt: at("2026-11-20T10:00:00Z")}}}, codes: []string{"contact_soon_after_order"}},
			{name: "40 days later", req: rq{Channel: "call", Text: seed, At: at("2026-11-20T14:00:00Z"), Orders: []contacts.Order{{ID: "302-1234567-1234567", PlacedAt: at("2026-10-11T10:00:00Z")}}}, lacks: []string{"contact_soon_after_order"}},
		},
		"S0.5": {{name: "the son's order", req: rq{Channel: "order_notice", Text: "Ihre Bestellung 302-1234567-1234567: Fahrrad, 200,00 Euro", At: at("2026-11-20T14:00:00Z"),
			Orders: []contacts.Order{{ID: "302-1234567-1234567", PlacedAt: at("2026-11-20T10:00:00Z"), Household: "same phone", Items: []contacts.Item{{Name: "Fahrrad", AmountMinor: 20000}}, Currency: "EUR"}}, Lang: "de"}, codes: []string{"order_match_household"}}},
		"S0.6": {{name: "asks what was ordered", req: rq{Channel: "call", Text: "Haben Sie heute bei Amazon bestellt? Was war das?", Lang: "de"}, codes: []string{"asks_order_details"}, is: suspect, steps: []string{"check_orders"}}},
		"S0.7": {{name: "pretext", req: rq{Channel: "call", Text: "Das brauchen wir zur Bestätigung der Bestellung.", Lang: "de"}, codes: []string{"order_confirmation_pretext"}, says: []string{"Verfahren gibt es nicht"}}},
		"S0.8": {{name: "on the phone", req: rq{Channel: "call", Lang: "de", Call: &contacts.Call{Ongoing: true}, Words: "Er ist noch dran und will meine Adresse"}, check: func(t *testing.T, a *contacts.Answer) {
			if !strings.HasPrefix(a.Action, "Legen Sie jetzt auf") || !strings.Contains(a.Say, "keine Auskunft") {
				t.Errorf("action %q, say %q: want to hang up and a sentence to say", a.Action, a.Say)
			}
		}}},
		"S0.9": {{name: "argues", req: rq{Channel: "call", Text: "Er wollte diskutieren und ließ mich nicht auflegen.", Lang: "de"}, codes: []string{"keeps_on_line"}}},
		"S0.10": {{name: "international", req: rq{Channel: "call", From: "+91 80 6605 5000", Text: seed}, says: []string{"+918066055000", "Bengaluru", `"country":"IN"`, `"reports":1`}},
			{name: "double zero", req: rq{Channel: "call", From: "00918066055000", Text: seed}, says: []string{"+918066055000", "Bengaluru", `"reports":1`}},
			{name: "hyphen", req: rq{Channel: "call", Call: &contacts.Call{Number: "0091-8066055000"}, Words: seed}, says: []string{"+918066055000", "Bengaluru", `"reports":1`}}},
		"S0.11": {{name: "same block", req: rq{Channel: "call", From: "+918066055001", Text: seed}, codes: []string{"number_same_block"}},
			{name: "never seen", req: rq{Channel: "call", From: "+4930901820", Text: "Guten Tag, wie geht es Ihnen?"}, codes: []string{"number_no_reports"}, not: []string{"genuine"}}},
		"S0.13": {{name: "accent only", req: rq{Channel: "call", Words: "Der Anrufer sprach mit starkem Akzent.", Lang: "de"}, codes: []string{"accent_noted"}, is: []string{"unknown"}, says: []string{"entscheidet nie"}}},
		"S0.14": {{name: "knew article and price", req: rq{Channel: "call", Words: "He knew the article and the price. He wanted my card number.", Orders: []contacts.Order{{ID: "302-1234567-1234567", PlacedAt: at("2026-11-20T10:00:00Z")}}, Call: &contacts.Call{Knew: []string{"knows_order_details"}, Asked: []string{"asks_card_bank"}}}, codes: []string{"knows_order_details"}, is: []string{"scam"}, steps: []string{"tell_shop_leak"}}},
		"S0.17": {{name: "only confirmed name and address", req: rq{Channel: "call", Text: "Amazon customer service here. I only need you to confirm your full name and address."}, is: suspect, goals: []string{"data"}, says: []string{"Even confirming a name"}}},
		"S1.1":  {{name: "prime security", req: rq{Channel: "call", Text: "This is Amazon Prime security calling"}, codes: []string{"impersonated_staff", "fake_department"}, is: suspect}},
		"S1.10": {{name: "prime issue, black friday", req: rq{Channel: "call", Text: "We are calling to fix the issue with your Amazon Prime account, your membership could not be renewed.", At: at("2026-11-25T10:00:00Z")}, codes: []string{"theme_prime_renewal"}, says: []string{"Season"}}},
		"S1.13": {{name: "remote request alone", req: rq{Channel: "call", Text: "Please open TeamViewer and tell me the ID.", StartedByUser: no()}, is: []string{"scam"}}},
		"S1.18": {{name: "other brand", req: rq{Channel: "call", Text: "I am from the BT technical team"}, codes: []string{"impersonated_staff"}, is: suspect}},
		"S1.20": {{name: "call back", req: rq{Channel: "call", Text: "This is Amazon, call me back.", Country: "GB"}, says: []string{"no_search", "159", "Use another phone", "other_phone"}}},
		"S3.3":  {{name: "two departments", req: rq{Channel: "call", Text: "This is Amazon customer support."}, codes: []string{"impersonated_staff"}}, {name: "security services", req: rq{Channel: "call", Text: "You are speaking with Amazon security services."}, codes: []string{"impersonated_staff"}}},
		"S3.4":  {{name: "problem call", req: rq{Channel: "call", Text: "Hello, this is Amazon. There is a problem with your order."}, is: suspect}},
		"S3.7":  {{name: "voicemail", req: rq{Channel: "voicemail", Text: "This is Amazon. A suspicious charge of $499 was made on your account. Call us back at (888) 555-0147."}, codes: []string{"callback_number", "theme_fraudulent_charge"}, is: suspect, says: []string{"+18885550147"}}},
		"S3.19": {{name: "official number shown", req: rq{Channel: "call", From: "1-888-280-4331", Country: "US", Text: "This is Amazon, we need to verify your account."}, not: []string{"genuine"}, says: []string{"forge"}}},
		"S3.32": {{name: "asked for the call-back", req: rq{Channel: "call", Words: "Amazon called me after I requested a call in the app."}, not: []string{"scam", "suspicious"}, codes: []string{"user_started"}, says: []string{"call-back in the app"}}},
		"S4.20": {{name: "one digit off", req: rq{Channel: "call", Call: &contacts.Call{Number: "0120-889-543"}, Words: "この番号にかけました", Country: "JP", Lang: "ja"}, codes: []string{"number_one_digit_off"}}},
	}
}

func channelsRow() []row {
	var out []row
	for _, ch := range []string{"call", "voicemail", "sms", "mail", "chat", "web", "letter", "screenshot", "order_notice"} {
		out = append(out, row{name: ch, req: rq{Channel: ch, Text: "Your Amazon account has been suspended. Verify your password now."}, says: []string{`"channel":"` + ch + `"`}, is: []string{"scam", "suspicious"}})
	}
	return out
}

// each makes one row per text, all with the same expectation.
func each(code string, is []string, texts ...string) []row {
	var out []row
	for _, s := range texts {
		out = append(out, row{name: s, req: rq{Channel: "sms", Text: s}, codes: []string{code}, is: is})
	}
	return out
}

// none makes one row per text that must not raise the code.
func none(code string, texts ...string) []row {
	var out []row
	for _, s := range texts {
		out = append(out, row{name: s, req: rq{Channel: "mail", Text: s}, lacks: []string{code}, not: []string{"scam"}})
	}
	return out
}

func rowsThemes() map[string][]row {
	return map[string][]row{
		"S1.3":  each("theme_security_breach", nil, "Your Amazon account has been compromised.", "Ihr Amazon-Konto wurde gehackt.", "お客様のAmazonアカウントが乗っ取られました。"),
		"S1.4":  each("theme_fraudulent_charge", nil, "A number of unauthorised payments have been made from your account"),
		"S2.14": each("scarcity_lure", nil, "FFP2 masks in stock, Amazon partner, while stocks last"),
		"S2.16": {{name: "dunning", req: rq{Channel: "letter", Lang: "de", Country: "DE", Orders: []contacts.Order{}, Text: "Mahnung: offene Rechnung Ihrer Amazon Bestellung", Words: "Das habe ich nie bestellt."},
			codes: []string{"theme_unpaid_demand"}, steps: []string{"dont_pay_demand", "check_orders", "object_dunning"}, says: []string{"Mahnbescheid"}}},
		"S3.1": {{name: "data", req: rq{Channel: "mail", Text: "Confirm your date of birth and tax number to restore your Amazon account."}, goals: []string{"data"}},
			{name: "money", req: rq{Channel: "call", Text: "Buy four gift cards of 100 dollars and read me the numbers."}, goals: []string{"money"}},
			{name: "access", req: rq{Channel: "call", Text: "Download AnyDesk so that I can connect to your computer."}, goals: []string{"access"}}},
		"S3.11": each("theme_security_breach", nil, "Amazon: a potential security breach was detected on your account.", "Amazon: Sicherheitsvorfall in Ihrem Konto festgestellt.", "Amazon:お客様のアカウントで不正なアクセスが検出されました。"),
		"S3.12": each("theme_fraudulent_charge", nil, "There is a fraudulent charge of $399 on your Amazon account.", "Von Ihrem Amazon-Konto wurden unberechtigt 399 Euro abgebucht.", "お客様のAmazonアカウントで不正な請求がありました。"),
		"S3.13": each("theme_unfulfilled_order", nil, "Your Amazon order could not be fulfilled.", "Ihre Bestellung konnte nicht ausgeführt werden.", "ご注文を処理できませんでした。"),
		"S3.14": each("theme_lost_package", nil, "Your package is lost.", "Ihr Paket ist verloren gegangen.", "お荷物が紛失しました。"),
		"S3.15": {{name: "no order", req: rq{Channel: "order_notice", Orders: []contacts.Order{}, Text: "Order confirmed: Dyson Air Purifier $763.00, order 112-7654321-7654321. To cancel call (888) 555-0147."}, is: []string{"scam", "suspicious"}, codes: []string{"no_matching_order"}},
			{name: "matching order", req: rq{Channel: "order_notice", At: at("2026-11-20T12:00:00Z"), Text: "Thanks for your order. Order # 112-1234567-1234567. USB-C cable. View or manage your order in Your Orders.", Orders: []contacts.Order{{ID: "112-1234567-1234567", PlacedAt: at("2026-11-20T10:00:00Z"), Items: []contacts.Item{{Name: "USB-C cable", AmountMinor: 999}}, Currency: "USD"}}}, codes: []string{"order_match"}, not: []string{"scam", "suspicious"}}},
		"S3.16": append(each("theme_account_locked", []string{"scam", "suspicious"}, "Your Amazon Account Is Locked - Order Is On Hold", "Ihr Amazon-Konto ist gesperrt, Ihre Bestellung wurde angehalten.", "お客様のAmazonアカウントはロックされ、ご注文は保留されています。"),
			row{name: "severity", req: rq{Channel: "mail", Text: "Your Amazon Account Is Locked - Order Is On Hold"}, says: []string{`"severity":"high"`}}),
		"S4.37": each("impersonates_authority", nil, "税務署からのお知らせ【申告に関するお知らせ】"),
	}
}

func rowsRequests() map[string][]row {
	scam := []string{"scam"}
	sus := []string{"scam", "suspicious"}
	ama := "Amazon customer service: "
	return map[string][]row{
		"S0.18": {{name: "card number", req: rq{Channel: "call", Text: ama + "please tell me your card number."}, codes: []string{"asks_card_bank"}, promise: map[string]string{"asks_card_bank": "P-ID"}}},
		"S0.19": {{name: "postcode and birthday", req: rq{Channel: "call", Words: "He only wanted my postcode and birthday."}, codes: []string{"asks_identity"}}},
		"S0.20": {{name: "one euro", req: rq{Channel: "call", Words: "He wanted me to pay 1 euro for verification by bank transfer.", Country: "DE"}, is: sus, check: func(t *testing.T, a *contacts.Answer) {
			if c := strings.Join(codesOf(a), " "); !strings.Contains(c, "asks_pay_outside") && !strings.Contains(c, "asks_fee") {
				t.Errorf("no demand for payment in %s", c)
			}
		}}},
		"S0.21": {{name: "form attached", req: rq{Channel: "mail", Text: "Bitte füllen Sie das Formular im Anhang aus.", Lang: "de"}, codes: []string{"form_to_fill_in"}}},
		"S1.5":  {{name: "anydesk", req: rq{Channel: "call", Text: "download AnyDesk and read me the nine digits"}, codes: []string{"asks_remote_access"}, is: scam, says: []string{`"severity":"critical"`}}},
		"S1.11": {{name: "type this site", req: rq{Channel: "call", Words: "He told me to type helpme123 dot com"}, codes: []string{"unusual_site_or_step"}, says: []string{"helpme123.com"}}},
		"S1.12": {{name: "install the app", req: rq{Channel: "call", Text: "install the app to get your refund"}, codes: []string{"asks_install"}}},
		"S1.14": {{name: "card on the phone", req: rq{Channel: "call", Text: ama + "you have to pay now by card over the phone, outside the website."}, codes: []string{"asks_pay_outside"}, promise: map[string]string{"asks_pay_outside": "P-PAY"}}},
		"S1.19": {{name: "birthday", req: rq{Channel: "call", Text: "confirm your date of birth"}, codes: []string{"asks_identity"}}, {name: "program", req: rq{Channel: "call", Text: "install this program"}, codes: []string{"asks_install"}}},
		"S3.17": {{name: "callback", req: rq{Channel: "sms", Country: "US", Text: "Amazon: call us back at (888) 555-0147"}, codes: []string{"callback_number"}, says: []string{"+18885550147"}},
			{name: "in words", req: rq{Channel: "voicemail", Country: "US", Text: "Please call one eight hundred five five five zero one nine nine."}, says: []string{"+18005550199"}}},
		"S3.20": {{name: "no link, only a number", req: rq{Channel: "mail", Country: "US", Text: "Amazon: your order of $899 has shipped. If you did not place this order call +1 (888) 555-0147 immediately."}, codes: []string{"callback_number"}, is: sus}},
		"S3.22": append(each("asks_password", scam, ama+"please reply with your login and password.", "Amazon: Nennen Sie uns Ihr Passwort.", "Amazonです。パスワードを教えてください。"), none("asks_password", "We will never ask for your password.", "Wir fragen nie nach Ihrem Passwort.")...),
		"S3.23": append(each("asks_card_bank", scam, "Enter your credit card number and security code.", "Geben Sie Ihre Kartennummer und die Prüfziffer ein.", "カード番号とセキュリティコードを入力してください。"), none("asks_card_bank", "Your card ending in 1234 was charged.")...),
		"S3.24": each("asks_remote_access", scam, "Install AnyDesk so that our technician can connect to your computer.", "Laden Sie TeamViewer herunter, damit ich auf Ihren Computer zugreifen kann.", "TeamViewerをインストールして、遠隔操作を許可してください。"),
		"S3.25": each("unusual_site_or_step", nil, "open www.helpdesk-refund.support"),
		"S3.26": {{name: "six digits", req: rq{Channel: "call", Text: "read me the 6 digits you just received"}, codes: []string{"asks_one_time_code"}, is: scam, says: []string{`"severity":"critical"`}}},
		"S3.27": {{name: "gift cards", req: rq{Channel: "call", Text: "buy four 100 dollar gift cards at the drugstore"}, codes: []string{"asks_gift_card", "odd_purchase"}, is: scam}},
		"S3.28": each("asks_fee", sus, "pay 1.99 to release your parcel"),
		"S3.31": sixPromises(),
		"S3.33": {{name: "personal information", req: rq{Channel: "sms", Text: "Amazon: please send us your date of birth and social security number."}, codes: []string{"asks_identity"}, promise: map[string]string{"asks_identity": "P-ID"}}},
		"S3.34": {{name: "iban", req: rq{Channel: "mail", Text: "Amazon: please pay by bank transfer to this IBAN DE89 3704 0044 0532 0130 00."}, codes: []string{"asks_pay_outside"}, promise: map[string]string{"asks_pay_outside": "P-PAY"}}},
		"S3.35": {{name: "remote", req: rq{Channel: "call", Text: "This is Amazon. Allow me remote access to your computer."}, codes: []string{"asks_remote_access"}, promise: map[string]string{"asks_remote_access": "P-REMOTE"}}},
		"S3.37": {{name: "errors", req: rq{Channel: "mail", Text: "Dear costumer, you account have been suspend"}, codes: []string{"language_errors"}, says: []string{`"severity":"low"`}}},
	}
}

// sixPromises are the six things that the shop never asks for unasked.
func sixPromises() []row {
	var out []row
	for text, want := range map[string][2]string{
		"Amazon: please send us your social security number.":         {"asks_identity", "P-ID"},
		"Amazon: please enter your tax ID here.":                      {"asks_identity", "P-ID"},
		"Amazon: please give us your bank account number.":            {"asks_card_bank", "P-ID"},
		"Amazon: please confirm your credit card number.":             {"asks_card_bank", "P-ID"},
		"Amazon: what is your mother's maiden name?":                  {"asks_identity", "P-ID"},
		"Amazon: please reply with your password to keep the account": {"asks_password", "P-PW"},
	} {
		out = append(out, row{name: text, req: rq{Channel: "mail", Text: text}, codes: []string{want[0]}, promise: map[string]string{want[0]: want[1]}})
	}
	return out
}

func rowsLinksAndMail() map[string][]row {
	sus := []string{"scam", "suspicious"}
	mail := func(head, body string) []byte {
		return []byte(strings.ReplaceAll("Date: Fri, 20 Nov 2026 10:00:00 +0000\nTo: anna@example.com\n"+head+"\n\n"+body+"\n", "\n", "\r\n"))
	}
	attach := func(name, kind, body string) []byte {
		return mail("From: Shop <info@example.org>\nSubject: Order\nMIME-Version: 1.0\nContent-Type: multipart/mixed; boundary=b",
			"--b\nContent-Type: text/plain\n\nPlease see the attachment.\n--b\nContent-Type: "+kind+"; name=\""+name+"\"\nContent-Disposition: attachment; filename=\""+name+"\"\n\n"+body+"\n--b--")
	}
	var look, fine []row
	for _, u := range []string{"https://amazon.com.account-verify.top", "https://аmazon.com/signin", "https://amazon-support-help.com", "http://123.123.123.123/amazon.co.jp", "https://amazon.com@evil.example/"} {
		look = append(look, row{name: u, req: rq{Channel: "sms", Text: "Amazon: please see " + u}, is: sus, check: func(t *testing.T, a *contacts.Answer) {
			if c := strings.Join(codesOf(a), " "); !strings.Contains(c, "lookalike_domain") && !strings.Contains(c, "link_ip_or_hidden") {
				t.Errorf("%s is not flagged: %s", u, c)
			}
		}})
	}
	for _, u := range []string{"https://pay.amazon.de", "https://www.amazon.co.jp"} {
		fine = append(fine, row{name: u, req: rq{Channel: "web", Text: u}, lacks: []string{"lookalike_domain", "link_ip_or_hidden", "link_foreign"}, not: sus})
	}
	return map[string][]row{
		"S1.15": {{name: "DE", req: rq{Channel: "sms", Country: "DE", Text: "Amazon: Ihr Konto wurde gesperrt"}, says: []string{"amazon.de"}}, {name: "JP", req: rq{Channel: "sms", Country: "JP", Text: "Amazonアカウントが停止されました"}, says: []string{"amazon.co.jp"}}, {name: "GB", req: rq{Channel: "sms", Country: "GB", Text: "Amazon: your account is locked"}, says: []string{"amazon.co.uk"}}},
		"S3.5":  {{name: "expected parcel", req: rq{Channel: "sms", Expected: yes(), Text: "Your parcel could not be delivered, confirm your address: https://parcel-redelivery.example.top/x"}, not: []string{"genuine"}, steps: []string{"check_orders"}, says: []string{"no proof"}}},
		"S3.6":  {{name: "for and against", req: rq{Channel: "mail", Text: "Your package was delivered: left at front door."}}},
		"S3.8": {{name: "pass alone", req: rq{Raw: mail("From: Amazon.de <auto-confirm@amazon.de>\nSubject: Ihre Bestellung\nAuthentication-Results: mx.example.net; spf=pass smtp.mailfrom=amazon.de; dkim=pass header.d=amazon.de; dmarc=pass header.from=amazon.de", "Ihre Bestellung wurde versandt.")}, not: []string{"genuine", "scam"}},
			{name: "forged", req: rq{Raw: mail("From: \"Amazon.de\" <service@kunden-portal.example>\nReply-To: hilfe@freemail.example\nSubject: Ihr Amazon Konto", "Ihr Amazon-Konto wurde gesperrt. Bestätigen Sie Ihr Passwort unter https://amazon-de.konto-check.example/")}, codes: []string{"forged_sender"}, is: sus}},
		"S3.9": {{name: "wrong format", req: rq{Channel: "sms", Country: "US", Text: "AMZ: order #MFHG38Z $763 call 1-888-555-0147"}, codes: []string{"order_number_format", "callback_number"}, is: sus}},
		"S3.10": {{name: "messenger", req: rq{Channel: "chat", Platform: "messenger", From: "Amazon Help", Text: "Hello, this is Amazon Help. How can we solve your problem?"}, check: func(t *testing.T, a *contacts.Answer) {
			if c := strings.Join(codesOf(a), " "); !strings.Contains(c, "channel_switch") && !strings.Contains(c, "chat_brand") {
				t.Errorf("support on a private messenger is not flagged: %s", c)
			}
		}}},
		"S3.21": append(look, fine...),
		"S3.36": {{name: "pdf.html", req: rq{Raw: attach("order_details.pdf.html", "text/html", "<html><form action=http://x.example/><input type=password></form></html>")}, codes: []string{"attachment_prompt"}, is: sus},
			{name: "iso", req: rq{Raw: attach("invoice.iso", "application/octet-stream", "AAAA")}, codes: []string{"attachment_prompt"}},
			{name: "invoice pdf", req: rq{Raw: attach("Rechnung.pdf", "application/pdf", "%PDF-1.4\n%%EOF")}, lacks: []string{"attachment_risky"}, not: sus}},
		"S3.38": {{name: "display name", req: rq{Raw: mail("From: Amazon.com <security@amaz0n-alerts.com>\nSubject: Security alert", "Please check your account.")}, codes: []string{"forged_sender"}, says: []string{"amaz0n-alerts.com"}},
			{name: "dmarc fail", req: rq{Raw: mail("From: no-reply@amazon.com\nSubject: Your account\nAuthentication-Results: mx.example.net; dmarc=fail header.from=amazon.com", "Please check your account.")}, codes: []string{"forged_sender"}}},
		"S3.39": {{name: "seller", req: rq{Channel: "mail", Role: "seller", Country: "DE", Text: "Amazon: your listing was deactivated. Your seller account is at risk, sign in here."}, steps: []string{"seller_central"}, says: []string{"sellercentral.amazon.de"}}},
		"S3.40": {{name: "match", req: rq{Channel: "order_notice", At: at("2026-11-20T12:00:00Z"), Text: "Order 112-1234567-1234567 has shipped.", Orders: []contacts.Order{{ID: "112-1234567-1234567", PlacedAt: at("2026-11-18")}}}, codes: []string{"order_match"}},
			{name: "none", req: rq{Channel: "order_notice", At: at("2026-11-20T12:00:00Z"), Text: "Order 112-1234567-1234567 has shipped.", Orders: []contacts.Order{{ID: "112-7777777-7777777", PlacedAt: at("2026-11-18")}}}, codes: []string{"no_matching_order"}}},
		"S3.41": {{name: "no prompt", req: rq{Channel: "mail", Text: "Amazon: your payment was declined. Please update your payment information now.", PaymentPrompt: no(), Orders: []contacts.Order{{ID: "112-1234567-1234567", PlacedAt: at("2026-11-18"), PaymentRevision: no()}}}, codes: []string{"payment_prompt_missing"}, is: []string{"scam"}}},
		"S4.34": {{name: "reset mail after the fraud", req: rq{Channel: "mail", From: "Amazon.co.jp <account-update@amazon.co.jp>", Lang: "ja", Country: "JP",
			Text:  "安全のためパスワードをリセットしました。公式サイトで再設定してください。",
			Words: "夜中に身に覚えのないギフト券の注文が入った後、パスワードのリセットのメールが来ました。注文していません。"}, not: []string{"scam"}, codes: []string{"reset_after_fraud"}, steps: []string{"call_shop", "change_pw"}}},
	}
}

func rowsPlaybooks() map[string][]row {
	done := func(country string, ids ...string) rq { return rq{AlreadyDone: ids, Country: country} }
	return map[string][]row{
		"S0.22": {{name: "only talked", req: done("DE", "called_back"), steps: []string{"change_pw"}}},
		"S0.23": {{name: "both views", req: done("DE", "typed_password"), steps: []string{"hygiene_password"}, says: []string{"regularly", "unique"}}},
		"S0.24": {{name: "local name and path", req: rq{AlreadyDone: []string{"typed_password"}, Country: "DE", Lang: "de"}, steps: []string{"enable_2sv"}, says: []string{"Zwei-Schritt-Verifizierung", "Anmelden und Sicherheit"}}},
		"S1.6":  {{name: "remote and bank", req: rq{AlreadyDone: []string{"installed_remote"}, Gave: []string{"bank"}, Country: "GB"}, first: []string{"disconnect", "call_bank"}, says: []string{"within 5 minutes"}}, {name: "in words", req: rq{Channel: "call", Words: "I installed TeamViewer and logged in to my bank.", Country: "GB"}, first: []string{"disconnect", "call_bank"}}},
		"S1.8":  {{name: "clean-up", req: done("GB", "installed_remote"), before: []string{"disconnect<clean_device", "change_pw_clean<clean_device"}}},
		"S1.9":  {{name: "typed passwords are known", req: done("GB", "installed_remote"), before: []string{"typed_is_known<clean_device"}, steps: []string{"change_pw_clean"}}},
		"S1.17": {{name: "GB transfer", req: done("GB", "paid_transfer"), steps: []string{"reimbursement_gb"}, says: []string{"2024", `"unconfirmed":true`}}},
		"S3.2":  {{name: "five recipients", req: rq{Channel: "mail", Role: "business", Recipients: 5, Text: "Amazon Business: your invoice is overdue, pay today."}, steps: []string{"business_it"}, says: []string{"5 recipients"}}},
		"S3.29": {{name: "three in order", req: done("US", "installed_remote"), before: []string{"call_bank<change_pw_clean", "change_pw_clean<clean_device"}}},
		"S3.30": {{name: "ssn and licence", req: rq{AlreadyDone: []string{"gave_identity"}, Gave: []string{"ssn", "drivers_licence"}, Country: "US"}, steps: []string{"credit_freeze_us", "dmv"}, receivers: []string{"us-idtheft", "us-credit"}}},
		"S4.6": {{name: "settled", req: rq{AlreadyDone: []string{"card_charged"}, Settled: yes(), Country: "JP"}, before: []string{"call_issuer<call_shop"}},
			{name: "stopped", req: rq{AlreadyDone: []string{"card_charged"}, Settled: no(), Country: "JP"}, before: []string{"call_shop<call_issuer"}}},
		"S4.9":  {{name: "phone and chat", req: rq{AlreadyDone: []string{"card_charged"}, Country: "JP", Lang: "ja"}, steps: []string{"call_shop", "chat_jp"}, receivers: []string{"jp-amazon"}}},
		"S4.10": {{name: "phone before chat", req: rq{AlreadyDone: []string{"account_taken_over"}, Country: "JP"}, before: []string{"call_shop<chat_jp"}}},
		"S4.11": ready("account_email"), "S4.12": append(ready("order_number"), row{name: "unknown is fine", req: done("JP", "card_charged"), says: []string{"unknown is fine", "hidden orders"}}),
		"S4.13": ready("tracking_number"), "S4.14": ready("phone"), "S4.15": ready("card_last4"),
		"S4.17": {{name: "partial sheet", req: done("JP", "order_hidden"), says: []string{"unknown is fine"}}},
		"S4.21": {{name: "five steps", req: rq{AlreadyDone: []string{"account_taken_over"}, Country: "JP", Lang: "ja"}, says: []string{"問い合わせする商品を選ぶ", "チャットで問い合わせる", "2023-09"}, check: func(t *testing.T, a *contacts.Answer) {
			for _, s := range a.NextSteps {
				if s.Code == "chat_jp" && len(s.Details) != 5 {
					t.Errorf("chat guide has %d steps, want 5", len(s.Details))
				}
			}
		}}},
		"S4.22": {{name: "today", req: rq{AlreadyDone: []string{"card_charged"}, Country: "JP", Lang: "ja"}, steps: []string{"hidden_check"}, says: []string{"廃止"}}},
		"S4.23": {{name: "hidden order", req: done("JP", "order_hidden"), first: []string{"call_shop"}}},
		"S4.25": {{name: "issuer first", req: rq{AlreadyDone: []string{"card_charged"}, Settled: yes(), Country: "JP"}, before: []string{"call_issuer<call_shop"}, says: []string{"number on the card"}}},
		"S4.29": {{name: "remove the card", req: done("JP", "card_charged"), steps: []string{"hygiene_card"}, says: []string{"cannot pay with it"}}},
		"S4.30": {{name: "notices", req: rq{AlreadyDone: []string{"card_charged"}, Country: "JP", Lang: "ja"}, says: []string{"利用お知らせメール"}}},
		"S4.31": {{name: "password", req: done("JP", "card_charged"), steps: []string{"hygiene_password"}}},
		"S4.32": {{name: "both sentences", req: rq{AlreadyDone: []string{"card_charged"}, Country: "JP", Lang: "ja"}, says: []string{"通常は有効", "注文履歴を毎月確認"}}},
	}
}

func ready(id string) []row {
	return []row{{name: id, req: rq{AlreadyDone: []string{"card_charged"}, Country: "JP"}, says: []string{`"id":"` + id + `"`}}}
}

func rowsData() map[string][]row {
	return map[string][]row{
		"S3.46": {{name: "Arapahoe", req: rq{Channel: "call", Country: "US", Region: "Colorado, Arapahoe", Text: "This is Amazon Prime security, press one."}, receivers: []string{"us-da18"}, check: func(t *testing.T, a *contacts.Answer) {
			for _, r := range a.ReportTo {
				if r.ID == "us-da18" && (!r.Unconfirmed || r.AsOf == "") {
					t.Errorf("DA18: unconfirmed %v as of %q, want the mark and the year", r.Unconfirmed, r.AsOf)
				}
			}
		}}},
		"S4.19": {{name: "20:00 in Tokyo", req: rq{AlreadyDone: []string{"card_charged"}, Country: "JP", Lang: "ja"}, receivers: []string{"jp-amazon"}, steps: []string{"chat_jp"}, check: func(t *testing.T, a *contacts.Answer) {
			for _, r := range a.ReportTo {
				if r.ID == "jp-amazon" && (r.Open != "closed" || !r.Unconfirmed || r.AsOf != "2023-09") {
					t.Errorf("Japanese line: %s, unconfirmed %v, as of %s; want closed, marked, 2023-09", r.Open, r.Unconfirmed, r.AsOf)
				}
			}
		}}},
		"S4.26": {{name: "no guarantee", req: rq{Channel: "mail", Text: "Your package was delivered."}, says: []string{"No check can rule out fraud"}, check: func(t *testing.T, a *contacts.Answer) {
			for _, bad := range []string{"guaranteed", "100 %", "completely safe"} {
				if strings.Contains(a.Summary+a.Action, bad) {
					t.Errorf("the answer promises %q", bad)
				}
			}
		}}},
	}
}
