package web_test

import (
	"context"
	"net/url"
	"strings"
	"testing"
	"time"

	"bonafide/access"
	"bonafide/account/policy"
	"bonafide/account/shadow"
	"bonafide/desk/accounts"
	"bonafide/desk/accounts/hypothesis"
	"bonafide/fault"
	"bonafide/store"
	"bonafide/web"
)

// evil is what a stranger may put into every field that they fill.
const evil = `<script>alert(1)</script>"'><img src=x onerror=alert(1)>`

// guardDesk is a desk of accounts of the tenant main with one decision; it checks
// rights and tenants as the real one does.
type guardDesk struct {
	label    store.Label
	assigned store.PersonID
	asked    accounts.Query
	empty    bool
	behind   bool // the page was loaded before the newest decision
}

func (g *guardDesk) view(text string) accounts.DecisionView {
	now := time.Date(2026, 11, 22, 12, 0, 0, 0, time.UTC)
	return accounts.DecisionView{ID: "d1", Sequence: 7, Made: now, Happened: now, Type: "order.placed", EventID: text, Source: text, Account: "a1b2" + text,
		Order: text, Action: "block", Scope: "order", Do: []accounts.Errand{{Do: "alert_owner", For: "72h0m0s", Until: now.AddDate(0, 0, 3)}}, Score: 90,
		Reasons: []accounts.RuleHit{{Rule: "gift_cards_by_the_dozen", Score: 40, Text: "12 gift cards in 9 minutes " + text, Row: &policy.Held{Table: "gift_cards", Hit: "first", Row: 2,
			Cells: []policy.HeldCell{{Input: "gifts_1h", Asked: ">= 10", Value: "12"}, {Input: "order.payment", Asked: "not(invoice)", Value: text}, {Input: "list.firms", Asked: "-"}}}}}, Support: text, Customer: text,
		Assigned: g.assigned, Label: g.label, Revision: 3}
}

func (g *guardDesk) List(_ context.Context, a access.Actor, q accounts.Query) (out accounts.Listing, err error) {
	if err := a.May(access.DecisionRead, access.Of{Tenant: a.Tenant}, time.Now()); err != nil {
		return out, err
	}
	if g.asked = q; a.Tenant == "main" && !g.empty {
		out = accounts.Listing{Decisions: []accounts.DecisionView{g.view(evil)}, Next: 7}
	}
	return out, nil
}

func (g *guardDesk) find(a access.Actor, p access.Permission, id store.DecisionID) error {
	if err := a.May(p, access.Of{Tenant: a.Tenant}, time.Now()); err != nil {
		return err
	}
	if a.Tenant != "main" || id != "d1" {
		return fault.New(fault.NotFound, "", "none")
	}
	return nil
}

func (g *guardDesk) Open(_ context.Context, a access.Actor, id store.DecisionID, _ string) (accounts.Opened, error) {
	return accounts.Opened{DecisionView: g.view(evil), Story: []accounts.Chapter{{Step: "login", Title: "A stranger logged in " + evil, Score: 30, Seconds: 540}, {Step: "spree", Title: "Gift cards", Score: 60, Now: true}},
		Share: 1.125, Values: []accounts.SeenValue{{Name: "gift_cards_10m", Value: evil}}, Policy: evil, Version: 2, Digest: "ab", Again: true}, g.find(a, access.DecisionRead, id)
}

func (g *guardDesk) Assign(_ context.Context, a access.Actor, id store.DecisionID, to store.PersonID, _ int64) error {
	err := g.find(a, access.DecisionLabel, id)
	if err == nil {
		g.assigned = to
	}
	return err
}

func (g *guardDesk) SetLabel(_ context.Context, a access.Actor, id store.DecisionID, l store.Label, _ int64) error {
	err := g.find(a, access.DecisionLabel, id)
	if err == nil {
		g.label = l
	}
	return err
}

func (g *guardDesk) Account(_ context.Context, a access.Actor, account, _ string) (out accounts.Timeline, err error) {
	if err := g.find(a, access.DecisionRead, "d1"); err != nil {
		return out, err
	}
	now := time.Date(2026, 11, 22, 12, 0, 0, 0, time.UTC)
	return accounts.Timeline{Account: account + evil, Sessions: []accounts.SessionView{{Session: evil, Devices: []string{evil}, First: now, Last: now.Add(time.Hour), Events: 7, Country: "JP", Proved: "bypassed", Revoked: true}},
		Devices:  []accounts.DeviceView{{Device: "9f86d081884c7d659a2feaa0c55ad015" + evil, First: now, Last: now, Events: 1204, Sessions: 3, Stopped: 2}},
		Contacts: []accounts.ReportedContact{{Time: now, Report: evil, Channel: "sms", Verdict: "scam", Leak: &accounts.LeakSign{Order: evil, Seller: evil, Delivery: evil}}, {Time: now, Channel: evil, Verdict: evil}}, Decisions: []accounts.DecisionView{g.view(evil)}, More: true, Hypotheses: []hypothesis.Hypothesis{{ID: "h", Status: "unconfirmed", Text: evil, AsOf: "2026-11-22", Source: evil}},
		Moments: []accounts.EventView{{Time: now, Type: "order.placed", Device: evil, Session: evil, Order: evil, Hidden: true, Fields: map[string]string{evil: evil}, Decision: "d1", Action: "block"}},
		Orders:  []accounts.Purchase{{Order: evil, Placed: now, Amount: 500000, Currency: "JPY", GiftCards: 12, Hidden: true, Action: "block"}, {Order: "o2", Placed: now, Amount: 123456, Currency: "EUR", WasHidden: true}}}, nil
}

func (g *guardDesk) Linked(_ context.Context, a access.Actor, account string) (accounts.Links, error) {
	now := time.Date(2026, 11, 22, 12, 0, 0, 0, time.UTC)
	return accounts.Links{Account: account, Looked: 50_000, Since: now, Linked: []accounts.LinkedAccount{{Account: "b1c2d3e4f5061728" + evil, Shares: []string{"card", "device"}, Events: 3, Last: now, Action: "block"}, {Account: "c1", Shares: []string{"recipient"}, Events: 1, Last: now}}},
		g.find(a, access.DecisionRead, "d1")
}

func (g *guardDesk) Deciding(_ context.Context, a access.Actor) (accounts.Deciding, error) {
	now := time.Date(2026, 11, 22, 12, 0, 0, 0, time.UTC)
	return accounts.Deciding{Name: "marketplace-takeover", Version: 2, Since: now, Waiting: true, Burst: &accounts.Burst{At: now, Stopped: 60, Decided: 200, RolledBack: true}, Trial: &accounts.Trial{Policy: 1, Name: "orders", Version: 1, Since: now, Behind: 12,
		Report: shadow.Report{Compared: 12_345, Agreed: 12_300, NewlyStopped: 30, Released: 10, Stricter: 3, Milder: 2, Faulty: 1, Rules: []shadow.Rule{{Rule: "many", Live: 12, Candidate: 42}},
			Examples: []shadow.Example{{Decision: "d1", Time: now, Type: evil, Live: "hold", Candidate: "allow", Rules: []string{evil}}}}}}, a.May(access.PolicyRead, access.Of{Tenant: a.Tenant}, time.Now())
}

func (g *guardDesk) Latest(_ context.Context, a access.Actor) (int64, error) {
	if g.behind {
		return 6, nil
	}
	return 7, a.May(access.DecisionRead, access.Of{Tenant: a.Tenant}, time.Now())
}

// Follow has one decision, and ends the stream when it was told.
func (g *guardDesk) Follow(_ context.Context, a access.Actor, after int64, wait time.Duration, _ string) ([]accounts.DecisionView, error) {
	if err := a.May(access.DecisionRead, access.Of{Tenant: a.Tenant}, time.Now()); err != nil {
		return nil, err
	}
	if wait > 0 {
		return nil, fault.New(fault.Temporary, "", "the server stops")
	}
	if a.Tenant != "main" || after >= 7 {
		return nil, nil
	}
	return []accounts.DecisionView{g.view(evil)}, nil
}

// TestDecisionPages: filters reach the desk, work is done by forms, and nothing
// that a stranger wrote is more than text.
func TestDecisionPages(t *testing.T) {
	g := &guardDesk{}
	o := newOffice(t, func(opt *web.Options) { opt.Accounts = g })
	o.setUp()
	anna := o.hire("main", "anna", access.Analyst)
	v := o.as("main", "anna")
	for _, path := range []string{"/decisions", "/decisions/d1", "/accounts/a1"} {
		for _, lang := range langs {
			p := v.get(path+"?lang="+lang).want(t, path, 200)
			if strings.Contains(p.body, "<script>alert") || strings.Contains(p.body, "<img src=x") || !strings.Contains(p.body, "&lt;script&gt;") {
				t.Errorf("%s in %s shows what a stranger wrote as it is not", path, lang)
			}
			if i := strings.Index(p.body, "[decision"); i >= 0 {
				t.Errorf("%s in %s lacks a text: %.40s", path, lang, p.body[i:])
			}
		}
	}
	v.get("/decisions?action=hold&label=none&assigned=me&account=u1&before=9").want(t, "filters", 200)
	if f := g.asked.Filter; f.Action != "hold" || f.Label != "" || f.Assigned != string(anna) || g.asked.Account != "u1" || g.asked.Before != 9 {
		t.Errorf("asked for %+v", g.asked)
	}
	v.get("/decisions?before=x").want(t, "no place in the list", 422)
	v.post("/decisions/d1/assign", url.Values{"take": {"1"}, "revision": {"3"}}).want(t, "take on", 303)
	if p := v.get("/decisions/d1?lang=en"); g.assigned != anna || !strings.Contains(p.body, "You work on this") {
		t.Errorf("assigned to %q", g.assigned)
	}
	v.post("/decisions/d1/assign", url.Values{"revision": {"3"}}).want(t, "give back", 303)
	v.post("/decisions/d1/label", url.Values{"label": {"fraud"}, "revision": {"3"}}).want(t, "label", 303)
	if g.assigned != "" || g.label != store.LabelFraud {
		t.Errorf("assigned %q, label %q", g.assigned, g.label)
	}
	if p := v.get("/accounts/a1?lang=de").want(t, "account", 200); !strings.Contains(p.body, "500.000 JPY") || !strings.Contains(p.body, "1.234,56 EUR") || !strings.Contains(p.body, "vor dem Inhaber versteckt") || !strings.Contains(p.body, `<a href="/leaks">`) {
		t.Error("amounts or hidden orders are not told")
	}
	g.empty = true
	if p := v.get("/decisions?lang=en"); !strings.Contains(p.body, "No decisions yet") {
		t.Error("an empty list does not say what to do")
	}
	if p := o.as("main", "root").get("/account"); strings.Contains(p.body, `href="/decisions"`) {
		t.Error("the navigation leads an administrator where they may not go")
	}
}
