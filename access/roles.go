package access

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"bonafide/fault"
)

// Role is what a person does here. A person may have several; each adds rights,
// none takes one away.
type Role string

// The roles. Each has the least rights that its work needs; a role whose desk
// is not built yet has only its own account.
const (
	// Shopper checks contacts and reports them.
	Shopper Role = "shopper"
	// Seller sells on the shop's platform.
	Seller Role = "seller"
	// Helper advises shoppers: a volunteer of a helpline or consumer centre, who reads
	// reports masked, ties them to orders and closes them.
	Helper Role = "helper"
	// Analyst works on reports and accounts: trust and safety.
	Analyst Role = "analyst"
	// Supervisor answers for the analysts' work and for what leaves the house.
	Supervisor Role = "supervisor"
	// SellerVerifier examines sellers and their papers.
	SellerVerifier Role = "seller_verifier"
	// Interviewer talks with sellers.
	Interviewer Role = "interviewer"
	// Editor writes warnings for the public.
	Editor Role = "editor"
	// Admin manages people and settings, and reads no victim's report.
	Admin Role = "admin"
)

// Roles returns all roles in the order of the table.
func Roles() []Role {
	return []Role{Shopper, Seller, Helper, Analyst, Supervisor, SellerVerifier, Interviewer, Editor, Admin}
}

// ParseRole reads a role. The error is fault.Invalid and lists all roles.
func ParseRole(s string) (Role, error) {
	if r := Role(s); slices.Contains(Roles(), r) {
		return r, nil
	}
	names := make([]string, 0, len(Roles()))
	for _, r := range Roles() {
		names = append(names, string(r))
	}
	return "", fault.New(fault.Invalid, "role", "no such role: want one of %s", strings.Join(names, ", "))
}

// Reach is how far a right goes.
type Reach int8

// The reaches, each including the one before.
const (
	// Nothing: the right is not given.
	Nothing Reach = iota
	// Own: what the person made, or what is about them.
	Own
	// All: whatever belongs to the person's tenant. No right goes beyond it.
	All
)

// String is how the table prints a reach.
func (r Reach) String() string { return [...]string{"–", "own", "all"}[r] }

// Permission is one right, named thing.act.
type Permission string

// The permissions. What each means stands in Rules.
const (
	AccountRead    Permission = "account.read"
	AccountChange  Permission = "account.change"
	SessionRevoke  Permission = "session.revoke"
	KeyManage      Permission = "key.manage"
	PeopleRead     Permission = "people.read"
	PeopleInvite   Permission = "people.invite"
	PeopleChange   Permission = "people.change"
	PeopleReset    Permission = "people.reset"
	TeamManage     Permission = "team.manage"
	ReportRead     Permission = "report.read"
	ReportChange   Permission = "report.change"
	ReportUnmask   Permission = "report.unmask"
	ReportExport   Permission = "report.export"
	ReportErase    Permission = "report.erase"
	EventWrite     Permission = "event.write"
	DecisionRead   Permission = "decision.read"
	DecisionLabel  Permission = "decision.label"
	ListRead       Permission = "list.read"
	ListWrite      Permission = "list.write"
	PolicyRead     Permission = "policy.read"
	PolicyEdit     Permission = "policy.edit"
	PolicyPublish  Permission = "policy.publish"
	PolicyReplay   Permission = "policy.replay"
	PrivacyRead    Permission = "privacy.read"
	PrivacyFind    Permission = "privacy.find"
	PrivacyCopy    Permission = "privacy.copy"
	PrivacyErase   Permission = "privacy.erase"
	HoldManage     Permission = "hold.manage"
	AuditRead      Permission = "audit.read"
	AuditExport    Permission = "audit.export"
	WebhookRead    Permission = "webhook.read"
	WebhookManage  Permission = "webhook.manage"
	SystemHealth   Permission = "system.health"
	SystemSettings Permission = "system.settings"
)

// Rule is one row of the table: who has a permission, and what it asks for.
type Rule struct {
	Permission Permission
	// Doc says what the permission allows, for the documentation.
	Doc string
	// Confirm: the person must have proved who they are within FreshFor; an API
	// key cannot.
	Confirm bool
	// ByKey: an API key can all the same, where it was made for it: whoever makes one
	// proves who they are then.
	ByKey bool
	// Reason: a reason must be given; it goes into the audit entry.
	Reason bool
	// Basic: somebody who still has to add a second factor has it, too.
	Basic bool
	// Own and All are the roles that have the permission with that reach.
	Own, All []Role
}

// FreshFor is how long a proof of identity allows dangerous acts.
const FreshFor = 10 * time.Minute

// Rules returns the whole table, a fresh copy. It is the one place where rights
// are given; docs/access.md is printed from it.
func Rules() []Rule {
	everybody := Roles()
	return []Rule{
		{Permission: AccountRead, Doc: "see one's own account: ways to log in, sessions, keys", Basic: true, Own: everybody},
		{Permission: AccountChange, Doc: "change one's own password, second factor, passkeys", Basic: true, Confirm: true, Own: everybody},
		{Permission: SessionRevoke, Doc: "end sessions", Basic: true, Own: everybody, All: []Role{Admin}},
		{Permission: KeyManage, Doc: "make, rotate and end API keys", Confirm: true, Own: []Role{Analyst, Supervisor}, All: []Role{Admin}},
		{Permission: PeopleRead, Doc: "see who works here, with which roles", All: []Role{Supervisor, Admin}},
		{Permission: PeopleInvite, Doc: "invite people", Confirm: true, All: []Role{Admin}},
		{Permission: PeopleChange, Doc: "change name, roles and team of people; suspend them and let them back", Confirm: true, All: []Role{Admin}},
		{Permission: PeopleReset, Doc: "make a one-time link for a person who cannot log in any more", Confirm: true, Reason: true, All: []Role{Admin}},
		{Permission: TeamManage, Doc: "make and dissolve teams", All: []Role{Admin}},
		{Permission: ReportRead, Doc: "list and open reports, masked", Own: []Role{Shopper, Seller}, All: []Role{Helper, Analyst, Supervisor}},
		{Permission: ReportChange, Doc: "write how far a report has come, and tie it to an account", All: []Role{Helper, Analyst, Supervisor}},
		{Permission: ReportUnmask, Doc: "see a report unmasked", Reason: true, All: []Role{Analyst, Supervisor}},
		{Permission: ReportExport, Doc: "take reports out of the house", Confirm: true, Reason: true, All: []Role{Supervisor}},
		{Permission: ReportErase, Doc: "erase a report", Confirm: true, Reason: true, All: []Role{Supervisor}},
		{Permission: EventWrite, Doc: "send events of accounts and have them decided", All: []Role{Supervisor, Admin}},
		{Permission: DecisionRead, Doc: "read decisions about accounts and the events behind them; identifiers are hashes", All: []Role{Analyst, Supervisor}},
		{Permission: DecisionLabel, Doc: "take decisions on, and write what they turned out to be", All: []Role{Analyst, Supervisor}},
		{Permission: ListRead, Doc: "read the lists that policies ask for; values are hashes", All: []Role{Analyst, Supervisor}},
		{Permission: ListWrite, Doc: "make lists, put values on them and take them off, each with a reason", All: []Role{Analyst, Supervisor}},
		{Permission: PolicyRead, Doc: "read the policies of the account guard, and how precise their rules are", All: []Role{Analyst, Supervisor}},
		{Permission: PolicyEdit, Doc: "write policies of the account guard, try them in the shadow, give them up", Reason: true, All: []Role{Analyst, Supervisor}},
		{Permission: PolicyPublish, Doc: "make a policy of the account guard decide, and roll it back", Confirm: true, ByKey: true, Reason: true, All: []Role{Supervisor}},
		{Permission: PolicyReplay, Doc: "replay a period of the events through another policy, apart from what is live", All: []Role{Analyst, Supervisor}},
		{Permission: PrivacyRead, Doc: "see holds, and certificates of requests of persons", All: []Role{Supervisor, Admin}},
		{Permission: PrivacyFind, Doc: "find in which records a person is, by an identifier; texts stay masked", Reason: true, All: []Role{Supervisor, Admin}},
		{Permission: PrivacyCopy, Doc: "give a person a copy of their records, in the clear", Confirm: true, ByKey: true, Reason: true, All: []Role{Supervisor}},
		{Permission: PrivacyErase, Doc: "erase a person's records; somebody who works here only together with people.change", Confirm: true, ByKey: true, Reason: true, All: []Role{Supervisor, Admin}},
		{Permission: HoldManage, Doc: "keep records from being erased, and release them", Confirm: true, ByKey: true, Reason: true, All: []Role{Supervisor, Admin}},
		{Permission: AuditRead, Doc: "read the audit entries", All: []Role{Supervisor, Admin}},
		{Permission: AuditExport, Doc: "take audit entries out of the house", Confirm: true, All: []Role{Admin}},
		{Permission: WebhookRead, Doc: "see to which addresses decisions are posted, and how far that has come", All: []Role{Supervisor, Admin}},
		{Permission: WebhookManage, Doc: "have decisions posted to an address, test it, resume it, send again, remove it", Confirm: true, ByKey: true, All: []Role{Admin}},
		{Permission: SystemHealth, Doc: "see versions, storage and queues", All: []Role{Admin}},
		{Permission: SystemSettings, Doc: "change settings of the tenant", Confirm: true, All: []Role{Admin}},
	}
}

// RuleOf returns the row of a permission; ok is false for one that the table
// does not have.
func RuleOf(p Permission) (rule Rule, ok bool) {
	rules := Rules()
	i := slices.IndexFunc(rules, func(r Rule) bool { return r.Permission == p })
	if i < 0 {
		return Rule{}, false
	}
	return rules[i], true
}

// ParsePermission reads a permission. The error is fault.Invalid.
func ParsePermission(s string) (Permission, error) {
	if _, ok := RuleOf(Permission(s)); !ok {
		return "", fault.New(fault.Invalid, "scope", "no such permission: docs/access.md lists all")
	}
	return Permission(s), nil
}

// ReachOf is how far a role may use a permission; Nothing for a role or
// permission that the table does not have.
func ReachOf(r Role, p Permission) Reach {
	rule, ok := RuleOf(p)
	switch {
	case !ok:
		return Nothing
	case slices.Contains(rule.All, r):
		return All
	case slices.Contains(rule.Own, r):
		return Own
	}
	return Nothing
}

// Can tells whether a role has a permission at all.
func Can(r Role, p Permission) bool { return ReachOf(r, p) != Nothing }

// Markdown prints the table as documentation (docs/access.md).
func Markdown() string {
	var b strings.Builder
	b.WriteString("# Who may do what\n\nOne table decides, in `access`; desks ask it, doors only show what it allows. A person has the rights of all\n" +
		"their roles, within their tenant: what belongs to another tenant is \"not found\". *own*: what the person made, or what\n" +
		"is about them. *confirm*: the person proves again who they are when the last proof is older than " + fmt.Sprint(int(FreshFor.Minutes())) +
		" minutes; an API\nkey cannot, but for *confirm or key*, where it was made for it. *reason*: a reason is asked for and goes into the audit entry. Personal data are masked for everybody\n" +
		"until somebody with the right unmasks them. Checking a contact needs no log-in. This page is generated:\n`make generate`.\n\n| permission | allows | asks for |")
	for _, r := range Roles() {
		b.WriteString(" " + strings.ReplaceAll(string(r), "_", " ") + " |")
	}
	b.WriteString("\n|---|---|---|" + strings.Repeat("---|", len(Roles())) + "\n")
	for _, rule := range Rules() {
		var asks []string
		switch {
		case rule.Confirm && rule.ByKey:
			asks = append(asks, "confirm or key")
		case rule.Confirm:
			asks = append(asks, "confirm")
		}
		if rule.Reason {
			asks = append(asks, "reason")
		}
		fmt.Fprintf(&b, "| `%s` | %s | %s |", rule.Permission, rule.Doc, strings.Join(asks, ", "))
		for _, r := range Roles() {
			b.WriteString(" " + ReachOf(r, rule.Permission).String() + " |")
		}
		b.WriteByte('\n')
	}
	return b.String()
}
