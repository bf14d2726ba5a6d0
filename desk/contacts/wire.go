package contacts

import "bonafide/evidence"

// Request is one question: is this contact really from the shop? All fields may
// be left out, but something to look at must be given. The names in JSON are
// those of POST /v1/contacts/check and of `bonafide check --request`.
type Request struct {
	// Channel: call, voicemail, sms, mail, chat, web, letter, screenshot,
	// order_notice. Left out, it is recognised from what is given.
	Channel string `json:"channel,omitempty" doc:"How it came: call, voicemail, sms, mail, chat, web, letter, screenshot, order_notice. Left out, it is recognised."`
	// Text is what was written or said, or a web page address.
	Text string `json:"text,omitempty" doc:"What was written or said."`
	// Raw are the bytes of a mail, mbox, picture, export or audio file.
	Raw []byte `json:"raw,omitempty" doc:"The bytes of a mail, picture, chat export, audio file … (base64)."`
	// Filename helps to recognise Raw.
	Filename string `json:"filename,omitempty" doc:"Name of the file in raw."`
	// From is the sender id, number or address shown.
	From string `json:"from,omitempty" doc:"Sender id, number or address as shown."`
	// Platform is the chat platform as shown: whatsapp, telegram, line …
	Platform string `json:"platform,omitempty" doc:"Chat platform as shown."`
	// At is when it came (RFC 3339).
	At *Moment `json:"at,omitempty" doc:"When it came (RFC 3339)."`
	// Words is what the person adds in their own words.
	Words string `json:"words,omitempty" doc:"What the person adds in their own words, in any channel."`
	Call  *Call  `json:"call,omitempty" doc:"What is known of a call."`
	// StartedByUser, Expected: absent means not said.
	StartedByUser *bool `json:"started_by_user,omitempty" doc:"Did the person start this contact? Absent: not said."`
	Expected      *bool `json:"expected,omitempty" doc:"Did the person expect it? Absent: not said. Never proof."`
	// AlreadyDone are ids of playbooks.
	AlreadyDone []string `json:"already_done,omitempty" doc:"What has already happened: ids of playbooks."`
	// Gave are kinds of data that were given: password, card, bank, code, ssn,
	// tax_id, id_card, drivers_licence, passport, address, birthday, phone.
	Gave []string `json:"gave,omitempty" doc:"Which data were given."`
	// Settled: has the charge been settled by the card issuer?
	Settled *bool `json:"settled,omitempty" doc:"Has the card charge been settled? Absent: not known."`
	// Role: buyer (default), seller, business.
	Role string `json:"role,omitempty" doc:"buyer, seller or business."`
	// Orders are orders that the person knows of.
	Orders []Order `json:"orders,omitempty" doc:"Orders of the person, as far as they want to give them."`
	// Lang is the language of the answer: en, de, ja. Country is ISO 3166-1,
	// Region ISO 3166-2 or a county's name.
	Lang    string `json:"lang,omitempty" doc:"Language of the answer: en, de, ja."`
	Country string `json:"country,omitempty" doc:"Country of the person (ISO 3166-1 alpha-2)."`
	Region  string `json:"region,omitempty" doc:"Region (ISO 3166-2) or county."`
	// Recipients are further people of one business who got the same.
	Recipients int `json:"recipients,omitempty" doc:"How many people of one business got the same."`
	// Voucher is a token signed by the shop that names whose books may be
	// consulted. Without it nobody's books are.
	Voucher string `json:"voucher,omitempty" doc:"Token signed by the shop; lets the shop's books be consulted for its person."`
	// SpokenCode is the code that an agent said.
	SpokenCode string `json:"spoken_code,omitempty" doc:"The code that the agent said, to be checked against the outbound register."`
	// Brief leaves out of the answer what is not read where thousands of
	// contacts are checked: steps, receivers with their reports, notes. Verdict,
	// evidence and what was found are the same.
	Brief bool `json:"-"`
	// PaymentPrompt: does the order page ask for new payment data?
	PaymentPrompt *bool `json:"payment_prompt,omitempty" doc:"Does Your Orders itself ask for new payment data? Absent: not looked."`
}

// Call is what can be told of a call in a few taps.
type Call struct {
	Number   string `json:"number,omitempty" doc:"Number shown."`
	Withheld bool   `json:"withheld,omitempty" doc:"No number was shown."`
	// Called is the number that was called, Identity the signature that came
	// with the call. No address in it is fetched.
	Called   string     `json:"called,omitempty" doc:"Number that was called; lets a signature copied from another call be seen."`
	Identity Identities `json:"identity,omitempty" doc:"Identity header of the call (RFC 8224), as text or list. The certificate that it names is looked up in the operator's folder and never fetched."`
	Claimed  string     `json:"claimed,omitempty" doc:"Who the caller said they were."`
	// Asked and Knew take ids of red flags or plain words.
	Asked   []string `json:"asked,omitempty" doc:"What the caller asked for: ids of red flags or plain words."`
	Knew    []string `json:"knew,omitempty" doc:"What the caller knew: ids of red flags or plain words."`
	Ongoing bool     `json:"ongoing,omitempty" doc:"The person is on the phone now."`
}

// Order is an order that the person knows of.
type Order struct {
	ID        string    `json:"id" doc:"Order number."`
	PlacedAt  *Moment   `json:"placed_at,omitempty" doc:"When it was placed (RFC 3339)."`
	Items     []Item    `json:"items,omitempty"`
	Currency  string    `json:"currency,omitempty" doc:"ISO 4217."`
	Status    string    `json:"status,omitempty" doc:"pending, shipped, delivered, settled, cancelled …"`
	Archived  bool      `json:"archived,omitempty" doc:"It was hidden or archived."`
	Digital   bool      `json:"digital,omitempty"`
	Household Household `json:"household,omitempty" doc:"Another member of the household who placed it, or what links them."`
	// PaymentRevision: the shop asks for new payment data for this order.
	PaymentRevision *bool `json:"payment_revision_pending,omitempty" doc:"The shop shows a pending payment revision for this order."`
}

// Item is one article of an order, its amount in minor units (cents, yen).
type Item struct {
	Name        string `json:"name"`
	AmountMinor int64  `json:"amount_minor,omitempty"`
}

// Answer is what Check says of a contact, in the reader's language. Doors
// render it; they add nothing.
type Answer struct {
	Verdict     string  `json:"verdict" enum:"scam,suspicious,genuine,genuine_alarm,unknown"`
	Probability float64 `json:"probability" doc:"Calibrated probability of fraud, 0 to 1. Beside the verdict unknown it is an estimate from weak signs, mostly how the text reads: not to be shown by itself."`
	// Score is what the probability was calibrated from.
	Score     float64  `json:"score" doc:"Sum of the evidence in bits (log2 odds of fraud), before any rule."`
	Goals     []string `json:"goals" doc:"What the other side is after: access, money, data."`
	GoalTexts []string `json:"goal_texts,omitempty" doc:"What each goal means for the reader."`
	// Action is the one thing to do now; Say is a sentence to say aloud.
	Action  string `json:"action" doc:"The one thing to do now."`
	Say     string `json:"say,omitempty" doc:"A sentence to say to the other side."`
	Summary string `json:"summary" doc:"Verdict and reason in one or two sentences."`
	// Evidence for and against, heaviest first.
	Evidence  []Line       `json:"evidence"`
	Unsettled []CodeText   `json:"unsettled" doc:"What would settle a case that cannot be told."`
	NextSteps []Step       `json:"next_steps"`
	ReportTo  []Receiver   `json:"report_to"`
	CallBack  []CodeText   `json:"call_back,omitempty" doc:"How to reach the real shop or bank."`
	HaveReady []ReadyField `json:"have_ready,omitempty" doc:"What to have at hand when calling."`
	Notes     []string     `json:"notes,omitempty" doc:"What could not be read, seasons, fairness rules."`
	// Judged is false when nothing was given that could be judged, only what has
	// already happened: then the steps are the answer.
	Judged  bool      `json:"judged" doc:"False when only what has already happened was given: then the steps are the answer."`
	Channel string    `json:"channel"`
	Lang    string    `json:"lang"`
	Country string    `json:"country,omitempty"`
	Brands  []Claimed `json:"brands,omitempty" doc:"Whom the contact claims to be."`
	Found   Found     `json:"found" doc:"What the contact mentions."`
	// Marked is the contact's text cut at the places of evidence, for pages.
	Marked []MarkedPart `json:"marked,omitempty"`
	Rules  []string     `json:"rules,omitempty" doc:"Ids of the rules that decided."`
	// Fingerprint finds contacts of one campaign again.
	Fingerprint *Fingerprint `json:"fingerprint,omitempty" doc:"By which contacts of one campaign are found again. It holds no text."`
	// Disclaimer says that no answer is a guarantee.
	Disclaimer string `json:"disclaimer,omitempty"`
}

// Fingerprint is what contacts of one campaign have in common, without their
// text. contact/fingerprint says what it hides and what it cannot.
type Fingerprint struct {
	Signature string `json:"signature" doc:"Words, layout, links and contact points as hashes; versioned text (f1.…). Two are compared by rows and marks, not letter by letter: bonafide check does it for a folder."`
	// Points are where the contact leads its reader, other than to a known
	// organisation, to the sender's own domain or to what everybody names.
	Points []ContactPoint `json:"points" doc:"Where the contact leads its reader, other than to a known organisation or the sender's own domain."`
}

// ContactPoint is one place, number, mailbox, account or file that a contact
// leads to.
type ContactPoint struct {
	Kind string `json:"kind" enum:"site,page,number,mailbox,account,file"`
	// Mark is the same in every contact that has the same point.
	Mark string `json:"mark" doc:"Hash of it: the same in every contact that has the same point."`
	// Shown is masked where a person could be meant. It is text, never a link.
	Shown string `json:"shown" doc:"The point for people, masked where a person could be meant."`
}

// Line is one piece of evidence.
type Line struct {
	Code string `json:"code"`
	// Bits: positive speaks for fraud, negative against.
	Bits  float64         `json:"bits"`
	Kind  string          `json:"kind" enum:"proof,strong,weak"`
	Title string          `json:"title"`
	Text  string          `json:"text"`
	Why   string          `json:"why,omitempty"`
	Where *evidence.Where `json:"where,omitempty"`
	// Severity is set for red flags: low, medium, high, critical.
	Severity string   `json:"severity,omitempty"`
	Source   []string `json:"source,omitempty"`
	// Promise is the shop's own promise that this breaks.
	Promise *Promise `json:"promise,omitempty"`
}

// Promise is what a brand says it never does.
type Promise struct {
	ID     string   `json:"id"`
	Brand  string   `json:"brand"`
	Text   string   `json:"text"`
	Source []string `json:"source"`
	AsOf   string   `json:"as_of"`
	Status string   `json:"status"`
}

// CodeText is a coded sentence.
type CodeText struct {
	Code string `json:"code"`
	Text string `json:"text"`
}

// Step is one thing to do.
type Step struct {
	Code    string `json:"code"`
	Text    string `json:"text"`
	Urgency string `json:"urgency" enum:"now,hour,today,week,watch"`
	// When is the urgency in words.
	When      string   `json:"when"`
	HaveReady []string `json:"have_ready,omitempty"`
	// Receivers are ids in ReportTo that the step is done with.
	Receivers []string `json:"receivers,omitempty"`
	// Details are sub-steps: a menu path, labels to tap.
	Details []string `json:"details,omitempty"`
	Note    string   `json:"note,omitempty"`
	// Unconfirmed: the knowledge behind it was not confirmed.
	Unconfirmed bool   `json:"unconfirmed,omitempty"`
	AsOf        string `json:"as_of,omitempty"`
	// who are the roles and kinds of receivers that the step is done with.
	who []string
}

// Receiver is somebody to report to or to ask.
type Receiver struct {
	ID   string `json:"id"`
	Name string `json:"name"`
	Role string `json:"role"`
	Web  string `json:"web,omitempty"`
	Mail string `json:"mail,omitempty"`
	SMS  string `json:"sms,omitempty"`
	// Phone as printed; Tap is set (E.164 or short number) when it may be a
	// link to call.
	Phone string `json:"phone,omitempty"`
	Tap   string `json:"tap,omitempty"`
	Hours string `json:"hours,omitempty"`
	// Open: open, closed or "" when the hours are not known.
	Open   string   `json:"open,omitempty"`
	Wants  []string `json:"wants,omitempty"`
	Note   string   `json:"note,omitempty"`
	Former string   `json:"former,omitempty"`
	Status string   `json:"status"`
	AsOf   string   `json:"as_of,omitempty"`
	Source []string `json:"source,omitempty"`
	// Unconfirmed: shown with a mark "please check this address yourself".
	Unconfirmed bool `json:"unconfirmed,omitempty"`
	// Report is a text ready to send, in the receiver's language.
	Report string `json:"report,omitempty"`
}

// ReadyField is one thing to have at hand.
type ReadyField struct {
	ID    string `json:"id"`
	Text  string `json:"text"`
	Where string `json:"where,omitempty"`
	// Keep false: have it at hand, but do not write it down here.
	Keep bool `json:"keep"`
}

// Claimed is a brand that the contact claims to be.
type Claimed struct {
	ID   string `json:"id"`
	Name string `json:"name"`
	// Help is the official help page of the reader's country, to be typed.
	Help string `json:"help,omitempty"`
	// Site is the address to type.
	Site string `json:"site,omitempty"`
}

// Found is what a contact mentions.
type Found struct {
	Orders  []string     `json:"orders,omitempty"`
	Amounts []string     `json:"amounts,omitempty"`
	Items   []string     `json:"items,omitempty"`
	Dates   []string     `json:"dates,omitempty"`
	Numbers []NumberSeen `json:"numbers,omitempty"`
	Links   []LinkSeen   `json:"links,omitempty"`
	Files   []string     `json:"files,omitempty"`
	// Identity are the signatures that came with a call.
	Identity []IdentitySeen `json:"identity,omitempty" doc:"Signatures of the call (STIR/SHAKEN)."`
}

// NumberSeen is a telephone number in a contact. It is text, never a link.
type NumberSeen struct {
	E164    string `json:"e164"`
	Country string `json:"country,omitempty"`
	Area    string `json:"area,omitempty"`
	Type    string `json:"type,omitempty"`
	Reports int    `json:"reports"`
	// Report is what people reported; absent for nothing.
	Report *ReportSeen `json:"report,omitempty" doc:"What people reported of the number."`
}

// LinkSeen is a web address in a contact. It is text, never a link.
type LinkSeen struct {
	Host   string `json:"host"`
	Domain string `json:"domain,omitempty"`
	Text   string `json:"text,omitempty"`
}

// MarkedPart is one part of the contact, cut at the places of evidence.
type MarkedPart struct {
	Name string `json:"name"`
	Runs []Run  `json:"runs"`
}

// Run is a piece of text; Codes name the evidence seen there.
type Run struct {
	Text  string   `json:"text"`
	Codes []string `json:"codes,omitempty"`
	// For is true when the evidence speaks for fraud.
	For bool `json:"for,omitempty"`
}
