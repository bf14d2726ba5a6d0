package custody_test

import (
	"bytes"
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"

	"pgregory.net/rapid"

	"bonafide/access"
	"bonafide/desk/custody"
	"bonafide/fault"
	"bonafide/store"
	"bonafide/store/sql"
	"bonafide/store/storetest"
)

// pairs runs a test from one engine to the other, there and back.
func pairs(t *testing.T, f func(t *testing.T, from, to storetest.Engine)) {
	t.Helper()
	lite := storetest.SQLite()
	t.Run("sqlite to sqlite", func(t *testing.T) { f(t, lite, lite) })
	t.Run("with postgres", func(t *testing.T) {
		p := storetest.StartPostgres(t)
		pg := storetest.Engine{Name: "postgres", DSN: p.DSN, Postgres: p}
		t.Run("sqlite to postgres", func(t *testing.T) { f(t, lite, pg) })
		t.Run("postgres to sqlite", func(t *testing.T) { f(t, pg, lite) })
	})
}

// contents are all records of a store as a backup writes them, without the first
// line.
func contents(t testing.TB, s store.Store) string {
	t.Helper()
	var b bytes.Buffer
	if _, err := custody.New(s).Backup(t.Context(), noon, &b); err != nil {
		t.Fatal(err)
	}
	_, lines, _ := strings.Cut(b.String(), "\n")
	return lines
}

// TestBackupAndRestore: what comes back is what was there, byte for byte, on
// either engine; and no place but an empty one takes it.
func TestBackupAndRestore(t *testing.T) {
	pairs(t, func(t *testing.T, from, to storetest.Engine) {
		s, _ := filled(t, from, "main", "other")
		var b bytes.Buffer
		made, err := custody.New(s).Backup(t.Context(), noon, &b)
		if err != nil || made.Families[0].Records != 10 || len(made.Chains) != 2 || made.Tenant != "" {
			t.Fatalf("backup: %+v, %v", made, err)
		}
		target := to.Open(t)
		got, err := custody.New(target).Restore(t.Context(), bytes.NewReader(b.Bytes()))
		if err != nil || !slices.Equal(got.Families, made.Families) {
			t.Fatalf("restore: %+v, %v", got, err)
		}
		if contents(t, target) != contents(t, s) {
			t.Error("the restored records are others")
		}
		for _, c := range got.Chains {
			if c.Broken != nil || c.Entries != 5 {
				t.Errorf("chain of the copy: %+v", c)
			}
		}
		before := contents(t, target)
		_, err = custody.New(target).Restore(t.Context(), bytes.NewReader(b.Bytes()))
		if fault.KindOf(err) != fault.Conflict || !strings.Contains(err.Error(), "not empty") || contents(t, target) != before {
			t.Errorf("restore into records that are not empty: %v", err)
		}
	})
}

// TestRestoredCopyPassesTheSuite: a database that was restored, with the records
// of a tenant in it, is as good as a new one.
func TestRestoredCopyPassesTheSuite(t *testing.T) {
	s := storetest.SQLite().Open(t)
	const elsewhere = storetest.Elsewhere
	if err := s.Write(t.Context(), func(r store.Records) error {
		for i := range 20 {
			if err := r.Reports.Add(t.Context(), storetest.NewReport(elsewhere, fmt.Sprint("r", i), noon)); err != nil {
				return err
			}
			if _, err := r.Audit.Append(t.Context(), storetest.NewDeed(elsewhere, "report.add", fmt.Sprint("r", i), noon)); err != nil {
				return err
			}
		}
		return nil
	}); err != nil {
		t.Fatal(err)
	}
	var backup, export bytes.Buffer
	if _, err := custody.New(s).Backup(t.Context(), noon, &backup); err != nil {
		t.Fatal(err)
	}
	if _, err := custody.New(s).ExportTenant(t.Context(), custody.ExportOptions{Tenant: elsewhere, Secrets: true, Now: noon}, &export); err != nil {
		t.Fatal(err)
	}
	storetest.Each(t, func(t *testing.T, e storetest.Engine) {
		for name, take := range map[string]func(*custody.Desk) error{
			"restored": func(d *custody.Desk) error {
				_, err := d.Restore(t.Context(), bytes.NewReader(backup.Bytes()))
				return err
			},
			"imported": func(d *custody.Desk) error {
				_, err := d.ImportTenant(t.Context(), noon, bytes.NewReader(export.Bytes()))
				return err
			},
		} {
			if (e.Postgres != nil) == (name == "restored") {
				continue // rows go the same way; the suite takes its time
			}
			t.Run(name, func(t *testing.T) {
				copied := e
				copied.DSN = func(t testing.TB) string {
					dsn := e.DSN(t)
					s := e.OpenAt(t, dsn)
					if err := take(custody.New(s)); err != nil {
						t.Fatal(err)
					}
					return dsn
				}
				storetest.Run(t, copied)
			})
		}
	})
}

// TestBackupKeepsBrokenChains: evidence of tampering is not lost by a backup,
// and told at each step; an import refuses it.
func TestBackupKeepsBrokenChains(t *testing.T) {
	storetest.Each(t, func(t *testing.T, e storetest.Engine) {
		s, dsn := filled(t, e, "main")
		e.Exec(t, dsn, "UPDATE audit_entries SET hash = 'x' WHERE sequence = 3")
		var b bytes.Buffer
		made, err := custody.New(s).Backup(t.Context(), noon, &b)
		if err != nil || len(made.Chains) != 1 || made.Chains[0].Broken == nil || made.Chains[0].Broken.Sequence != 3 {
			t.Fatalf("backup: %+v, %v", made.Chains, err)
		}
		target := e.Open(t)
		got, err := custody.New(target).Restore(t.Context(), bytes.NewReader(b.Bytes()))
		if err != nil || got.Chains[0].Broken == nil || contents(t, target) != contents(t, s) {
			t.Fatalf("restore: %+v, %v", got.Chains, err)
		}
		b.Reset()
		if _, err := custody.New(s).ExportTenant(t.Context(), custody.ExportOptions{Tenant: "main", Now: noon}, &b); err != nil {
			t.Fatal(err)
		}
		if _, err := custody.New(e.Open(t)).ImportTenant(t.Context(), noon, bytes.NewReader(b.Bytes())); fault.KindOf(err) != fault.Invalid {
			t.Errorf("import of a chain that is broken: %v", err)
		}
	})
}

// TestBackupIsNoted: that a backup was made stands in each chain, one that does
// not hold goes on not holding, and one whose head is lost stays as it is.
func TestBackupIsNoted(t *testing.T) {
	storetest.Each(t, func(t *testing.T, e storetest.Engine) {
		s, dsn := filled(t, e, "main", "other", "third")
		e.Exec(t, dsn, "UPDATE audit_entries SET hash = 'x' WHERE sequence = 3 AND tenant = 'other'")
		e.Exec(t, dsn, "DELETE FROM audit_heads WHERE tenant = 'third'")
		d := custody.New(s)
		made, err := d.Backup(t.Context(), noon, io.Discard)
		if err == nil {
			err = d.NoteBackup(t.Context(), noon, made)
		}
		if err != nil {
			t.Fatal(err)
		}
		got, err := d.Verify(t.Context(), custody.Scope{})
		if err != nil || len(got) != 3 || got[0].Broken != nil || got[0].Entries != 6 || got[1].Broken == nil || got[1].Broken.Sequence != 3 || got[2].Broken == nil {
			t.Errorf("%+v, %v", got, err)
		}
		if err := s.Read(t.Context(), func(r store.Records) error {
			list, _, err := r.Audit.List(t.Context(), "main", store.AuditFilter{Action: "records.backup"}, 0, 0)
			if len(list) != 1 || list[0].Actor != "system console" || list[0].Why != "with the chain up to entry 5" {
				t.Errorf("the entry: %+v", list)
			}
			return err
		}); err != nil {
			t.Fatal(err)
		}
	})
}

// TestBackupDuringWrites: while others write, a backup holds one moment: each
// report with its entry, and no entry without its report.
func TestBackupDuringWrites(t *testing.T) {
	storetest.Each(t, func(t *testing.T, e storetest.Engine) {
		s, _ := filled(t, e, "main")
		ctx, stop := context.WithCancel(t.Context())
		var writers sync.WaitGroup
		for w := range 3 {
			writers.Go(func() {
				for i := 0; ctx.Err() == nil; i++ {
					id := fmt.Sprintf("w%d-%d", w, i)
					if err := store.Change(ctx, s, storetest.NewDeed("main", "report.add", id, noon), func(r store.Records) error {
						return r.Reports.Add(ctx, storetest.NewReport("main", id, noon))
					}); err != nil && !errors.Is(err, context.Canceled) {
						t.Errorf("a writer beside a backup: %v", err)
						return
					}
				}
			})
		}
		var last int64
		for range 5 {
			var b bytes.Buffer
			made, err := custody.New(s).Backup(t.Context(), noon, &b)
			if err != nil {
				t.Fatal(err)
			}
			if made.Families[0].Records != made.Families[1].Records || made.Families[0].Records < last || made.Chains[0].Broken != nil {
				t.Errorf("a backup of %d reports with %d entries, after one of %d", made.Families[0].Records, made.Families[1].Records, last)
			}
			last = made.Families[0].Records
			if got, err := custody.New(e.Open(t)).Restore(t.Context(), bytes.NewReader(b.Bytes())); err != nil || got.Chains[0].Broken != nil {
				t.Errorf("restore of a backup during writes: %+v, %v", got.Chains, err)
			}
		}
		stop()
		writers.Wait()
		if last == 5 {
			t.Error("nothing was written beside the backups")
		}
	})
}

// TestExportAndImport: any records of a tenant go to the other engine and back
// and are the same by count and sum, chain included; nothing of another tenant
// goes with them.
func TestExportAndImport(t *testing.T) {
	pairs(t, func(t *testing.T, from, to storetest.Engine) {
		s, other := from.Open(t), to.Open(t)
		n := 0
		rapid.Check(t, func(rt *rapid.T) {
			n++
			ctx := t.Context()
			tenant, stranger := access.Tenant(fmt.Sprint("t", n)), access.Tenant(fmt.Sprint("t", n, "-x"))
			fill(rt, s, tenant)
			fill(rt, s, stranger)
			export := func(s store.Store) (custody.Moved, []byte) {
				var b bytes.Buffer
				m, err := custody.New(s).ExportTenant(ctx, custody.ExportOptions{Tenant: tenant, Secrets: rapid.Bool().Draw(rt, "secrets"), Why: "moved", Now: noon}, &b)
				if err != nil {
					rt.Fatalf("export: %v", err)
				}
				if strings.Contains(b.String(), `"tenant":"`+string(stranger)) {
					rt.Fatal("the export has records of another tenant")
				}
				return m, b.Bytes()
			}
			made, file := export(s)
			got, err := custody.New(other).ImportTenant(ctx, noon, bytes.NewReader(file))
			if err != nil || !slices.Equal(got.Families, made.Families) || got.Chains[0].Head != made.Chains[0].Head {
				rt.Fatalf("import: %+v, %v: want %+v", got, err, made)
			}
			back, _ := export(other)
			if back.Families[0] != made.Families[0] || back.Families[1].Records != made.Families[1].Records+2 || back.Chains[0].Broken != nil {
				rt.Fatalf("exported again: %+v: want the reports of %+v and the entries of import and export", back, made)
			}
			if _, err := custody.New(other).ImportTenant(ctx, noon, bytes.NewReader(file)); fault.KindOf(err) != fault.Conflict {
				rt.Fatalf("import of a tenant that is there: %v: want a conflict", err)
			}
		})
		if _, err := custody.New(s).ExportTenant(t.Context(), custody.ExportOptions{Tenant: "nobody", Now: noon}, io.Discard); fault.KindOf(err) != fault.NotFound {
			t.Errorf("export of nobody: %v", err)
		}
	})
}

// fill keeps any records of a tenant.
func fill(t *rapid.T, s store.Store, tenant access.Tenant) {
	ctx := context.Background()
	if err := s.Write(ctx, func(r store.Records) error {
		for i := range rapid.IntRange(1, 5).Draw(t, "reports") {
			x := storetest.AnyReport(t, tenant, fmt.Sprint([]string{"r", "R", "_", "-", "z"}[i], i))
			if err := r.Reports.Add(ctx, x); err != nil {
				return err
			}
			if rapid.Bool().Draw(t, "changed") {
				x.Note += "!"
				if _, err := r.Reports.Update(ctx, x); err != nil {
					return err
				}
			}
			if _, err := r.Audit.Append(ctx, storetest.NewDeed(tenant, "report.add", string(x.ID), x.Created)); err != nil {
				return err
			}
		}
		return nil
	}); err != nil {
		t.Fatal(err)
	}
}

func second(_ int64, err error) error { return err }

// keepPeople keeps a team, a person and everything that proves who they are; what
// must not leave without being asked for holds the word hidden.
func keepPeople(t testing.TB, s store.Store, tenant access.Tenant) {
	t.Helper()
	ctx := context.Background()
	if err := s.Write(ctx, func(r store.Records) error {
		anna := storetest.NewPerson(tenant, "anna", noon)
		anna.Team = "first"
		bert := storetest.NewPerson(tenant, "bert", noon)
		bert.Suspended = true
		hash := func(s string) store.Hash { return sha256.Sum256([]byte(string(tenant) + s)) }
		return errors.Join(
			r.Tenants.Add(ctx, store.Tenant{ID: tenant, Name: "Shop „" + string(tenant) + "“", Created: noon}),
			r.Teams.Add(ctx, store.Team{Tenant: tenant, ID: "first", Name: "Erste", Created: noon}),
			second(r.Settings.Put(ctx, store.TenantSettings{Tenant: tenant, Lang: "de", Country: "DE", SecondFor: []access.Role{access.Admin}, Idle: 3600e9, Notice: "„Guten Tag“", Changed: noon})),
			r.People.Add(ctx, anna), r.People.Add(ctx, bert),
			r.Secrets.SetPassword(ctx, tenant, "anna", "$argon2id$hidden", noon), r.Secrets.SetTOTP(ctx, tenant, "anna", "hidden-totp", 7),
			r.Secrets.SetRecovery(ctx, tenant, "anna", []store.Hash{hash("hidden 1"), hash("hidden 2")}),
			r.Passkeys.Add(ctx, store.Passkey{Tenant: tenant, Person: "anna", ID: "hidden-" + string(tenant), Name: "phone", Data: "{}", Created: noon}),
			r.Identities.Add(ctx, store.Identity{Issuer: "https://id.example", Subject: "hidden-" + string(tenant), Tenant: tenant, Person: "anna", Created: noon}),
			r.APIKeys.Add(ctx, store.APIKey{Tenant: tenant, Person: "anna", ID: "k1", Name: "hidden key", Secret: hash("hidden 3"),
				Scopes: []access.Permission{access.SystemHealth}, Created: noon, Expires: noon.AddDate(1, 0, 0)}),
			r.Sessions.Add(ctx, store.Session{Tenant: tenant, Person: "anna", ID: "s1", Token: hash("hidden 4"), Method: "passkey", Created: noon, Seen: noon, Confirmed: noon}),
		)
	}); err != nil {
		t.Fatal(err)
	}
}

// TestPeopleMove: people go with their tenant; what opens accounts only when it
// is asked for, and then they can log in as before. Sessions stay behind.
func TestPeopleMove(t *testing.T) {
	pairs(t, func(t *testing.T, from, to storetest.Engine) {
		s := from.Open(t)
		keepPeople(t, s, "main")
		keepPeople(t, s, "other")
		for _, secrets := range []bool{false, true} {
			var b bytes.Buffer
			if _, err := custody.New(s).ExportTenant(t.Context(), custody.ExportOptions{Tenant: "main", Secrets: secrets, Now: noon}, &b); err != nil {
				t.Fatal(err)
			}
			if strings.Contains(b.String(), "hidden") != secrets || strings.Contains(b.String(), "other") || strings.Contains(b.String(), "s1") {
				t.Errorf("secrets %v: the export holds what it must not, or lacks what it must have", secrets)
			}
			target := to.Open(t)
			if _, err := custody.New(target).ImportTenant(t.Context(), noon, bytes.NewReader(b.Bytes())); err != nil {
				t.Fatalf("secrets %v: import: %v", secrets, err)
			}
			comparePeople(t, s, target, secrets)
		}
		target := to.Open(t)
		var b bytes.Buffer
		if _, err := custody.New(s).Backup(t.Context(), noon, &b); err != nil {
			t.Fatal(err)
		}
		if _, err := custody.New(target).Restore(t.Context(), bytes.NewReader(b.Bytes())); err != nil {
			t.Fatal(err)
		}
		comparePeople(t, s, target, true)
	})
}

// comparePeople compares what the contracts say of anna and bert in two stores.
func comparePeople(t *testing.T, from, to store.Store, secrets bool) {
	t.Helper()
	look := func(s store.Store) (said []string) {
		ctx := t.Context()
		if err := s.Read(ctx, func(r store.Records) error {
			say := func(v any, err error) {
				if err != nil {
					t.Fatal(err)
				}
				said = append(said, fmt.Sprintf("%+v", v))
			}
			tenant, err := r.Tenants.Get(ctx, "main")
			say(tenant, err)
			for _, id := range []store.PersonID{"anna", "bert"} {
				person, err := r.People.Get(ctx, "main", id)
				say(person, err)
			}
			teams, err := r.Teams.List(ctx, "main")
			say(teams, err)
			if !secrets && s == from {
				return nil
			}
			factors, err := r.Secrets.Get(ctx, "main", "anna")
			say(factors, err)
			codes, err := r.Secrets.CountRecovery(ctx, "main", "anna")
			say(codes, err)
			passkeys, err := r.Passkeys.List(ctx, "main", "anna")
			say(passkeys, err)
			identities, err := r.Identities.List(ctx, "main", "anna")
			say(identities, err)
			keys, err := r.APIKeys.List(ctx, "main", "anna")
			say(keys, err)
			return nil
		}); err != nil {
			t.Fatal(err)
		}
		return said
	}
	want, got := look(from), look(to)
	if !secrets {
		want = append(want, fmt.Sprintf("%+v", store.Factors{}), "0", "[]", "[]", "[]")
	}
	if !slices.Equal(want, got) {
		t.Errorf("secrets %v: people are\n%s\nwant\n%s", secrets, strings.Join(got, "\n"), strings.Join(want, "\n"))
	}
	if err := to.Read(t.Context(), func(r store.Records) error {
		sessions, err := r.Sessions.List(t.Context(), "main", "anna")
		if len(sessions) != 0 {
			t.Error("a session came with the copy")
		}
		return err
	}); err != nil {
		t.Fatal(err)
	}
}

// slow is a file that changes between its two readings.
type slow struct {
	*bytes.Reader
	after []byte
}

func (s *slow) Seek(offset int64, whence int) (int64, error) {
	s.Reader = bytes.NewReader(s.after)
	return s.Reader.Seek(offset, whence)
}

// TestHostileFiles: whatever a file says, it is refused with the line and the
// reason and without its values, and nothing of it is kept.
func TestHostileFiles(t *testing.T) {
	s, _ := filled(t, storetest.SQLite(), "main")
	var b bytes.Buffer
	keepPeople(t, s, "main")
	if _, err := custody.New(s).ExportTenant(t.Context(), custody.ExportOptions{Tenant: "main", Secrets: true, Now: noon}, &b); err != nil {
		t.Fatal(err)
	}
	good := b.String()
	lines := strings.SplitAfter(good, "\n")
	edit := func(line int, old, put string) string {
		l := slices.Clone(lines)
		if !strings.Contains(l[line], old) {
			t.Fatalf("line %d has no %s", line+1, old)
		}
		l[line] = strings.Replace(l[line], old, put, 1)
		return strings.Join(l, "")
	}
	// summed is an edited file whose sums are right again: only the content is wrong.
	summed := func(line int, old, put string) string { return resum(t, edit(line, old, put)) }
	type hostile struct {
		name, file, want string
		kind             fault.Kind
	}
	cases := []hostile{
		{"empty", "", "line 1: is missing", fault.Invalid},
		{"no export", "hello\n", "line 1: is not that of a file of records", fault.Invalid},
		{"no line end", good[:20], "cut off", fault.Invalid},
		{"another format", edit(0, "bonafide-records", "hidden-records"), "line 1: is not that", fault.Invalid},
		{"another version", edit(0, `"version":1`, `"version":2`), "another version of the format", fault.Invalid},
		{"other tables", edit(0, `"tables":`, `"tables":9`), "tells records of tables 9", fault.Invalid},
		{"a field more at the beginning", edit(0, `"secrets"`, `"hacked":1,"secrets"`), "line 1: has a field", fault.Invalid},
		{"a long beginning", edit(0, `"kind":`, `"x":"`+strings.Repeat("x", 70<<10)+`","kind":`), "has more than 65536 bytes", fault.TooLarge},
		{"two beginnings", edit(0, "\n", "{}\n"), "line 1:", fault.Invalid},
		{"a backup", edit(0, `"export"`, `"backup"`), "bonafide restore", fault.Invalid},
		{"neither", edit(0, `"export"`, `"other"`), "neither", fault.Invalid},
		{"no tenant", edit(0, `"tenant":"main",`, ``), "do not go with", fault.Invalid},
		{"a wrong tenant", edit(0, `"tenant":"main"`, `"tenant":"../main"`), "tenant", fault.Invalid},
		{"a family less", edit(0, `{"name":"reports","records":5`, `{"name":"audit_entries","records":5`), "families", fault.Invalid},
		{"fewer records", edit(0, `"records":5`, `"records":4`), "checksum", fault.Invalid},
		{"more records", edit(0, `"records":5`, `"records":6`), "line 7:", fault.Invalid},
		{"a negative number of records", edit(0, `"records":5`, `"records":-5`), "line 1: does not tell", fault.Invalid},
		{"a huge number of records", edit(0, `"records":5`, `"records":99999999999999999999`), "line 1:", fault.Invalid},
		{"cut between lines", strings.Join(lines[:4], ""), "the file was cut off", fault.Invalid},
		{"cut within a line", good[:len(good)-9], "the file was cut off", fault.Invalid},
		{"lines after the end", good + lines[1], "should not be there", fault.Invalid},
		{"a line that does not end", lines[0] + strings.Repeat("x", custody.MaxLine+10), "has more than 8388608 bytes", fault.TooLarge},
		{"another sum", edit(1, "1-888", "1-889"), "checksum", fault.Invalid},
		{"broken JSON", summed(1, `"channel":"sms"`, `"channel":"sms`), "line 2: reports.", fault.Invalid},
		{"no JSON", summed(1, `{"reports":{`, `("reports":{`), "is expected here", fault.Invalid},
		{"an unknown field", summed(1, `"note"`, `"hacked":"x","note"`), "line 2: reports.note: is expected in its place", fault.Invalid},
		{"an unknown last field", summed(1, `}}`, `,"hacked":1}}`), "has a field that this version", fault.Invalid},
		{"a field twice", summed(1, `"lang":"en"`, `"lang":"en","lang":"de"`), "each once", fault.Invalid},
		{"a missing field", summed(1, `"lang":"en",`, ``), "reports.lang", fault.Invalid},
		{"a null", summed(1, `"lang":"en"`, `"lang":null`), "reports.lang: has not the form", fault.Invalid},
		{"a number for a text", summed(1, `"lang":"en"`, `"lang":1`), "reports.lang: has not the form", fault.Invalid},
		{"another writing of a text", summed(1, `"lang":"en"`, `"lang":"\u0065n"`), "is not written as", fault.Invalid},
		{"spaces", summed(1, `"lang":"en"`, `"lang": "en"`), "line 2", fault.Invalid},
		{"a NUL", summed(1, `"note":""`, `"note":"\u0000"`), "is not text", fault.Invalid},
		{"no UTF-8", summed(1, `"note":""`, "\"note\":\"\xff\""), "is not UTF-8", fault.Invalid},
		{"half a surrogate", summed(1, `"note":""`, `"note":"\ud800"`), "is not written as", fault.Invalid},
		{"a foreign tenant", summed(1, `"tenant":"main"`, `"tenant":"other"`), "is another than that of the file", fault.Invalid},
		{"the tenant in other letters", summed(1, `"tenant":"main"`, `"tenant":"MAIN"`), "is another than that of the file", fault.Invalid},
		{"an id with a path", summed(1, `"id":"r1"`, `"id":"../r1"`), "line 2: id:", fault.Invalid},
		{"the same id twice", summed(2, `"id":"r2"`, `"id":"r1"`), "line 3", fault.Conflict},
		{"a probability beyond 1", summed(1, `"probability":0.97`, `"probability":1.5`), "probability", fault.Invalid},
		{"a probability that is none", summed(1, `"probability":0.97`, `"probability":NaN`), "no number", fault.Internal},
		{"a revision below 1", summed(1, `"revision":1`, `"revision":0`), "revision", fault.Invalid},
		{"a number beyond 64 bits", summed(1, `"revision":1`, `"revision":9223372036854775808`), "reports.revision", fault.Invalid},
		{"a state that is none", summed(1, `"status":"new"`, `"status":"hidden"`), "status", fault.Invalid},
		{"codes that are none", summed(1, `"codes":[]`, `"codes":[{"a":1}]`), "codes", fault.Invalid},
		{"codes in codes in codes", summed(1, `"codes":[]`, `"codes":`+strings.Repeat("[", 1<<20)+strings.Repeat("]", 1<<20)), "line 2", fault.Invalid},
		{"a text that is too long", summed(1, `"note":""`, `"note":"`+strings.Repeat("x", store.MaxReportNote+1)+`"`), "note", fault.TooLarge},
		{"a time that is none", summed(1, `"created":"2026-11-22T12:00:00.000000Z"`, `"created":"2026-11-22T25:00:00.000000Z"`), "reports.created", fault.Invalid},
		{"a time in another zone", summed(1, `"created":"2026-11-22T12:00:00.000000Z"`, `"created":"2026-11-22T12:00:00.000000+01:00"`), "reports.created", fault.Invalid},
		{"no time", summed(1, `"created":"2026-11-22T12:00:00.000000Z"`, `"created":null`), "created", fault.Invalid},
		{"an entry that was changed", summed(7, `"actor":"p-7f3a"`, `"actor":"p-evil"`), "do not make a chain that holds: entry 2: it was changed", fault.Invalid},
		{"a head that is another", summed(12, `"sequence":6`, `"sequence":7`), "missing at the end", fault.Invalid},
		{"an entry without a hash", summed(7, `"hash":"`, `"hash":"x`), "hash", fault.Invalid},
	}
	at := func(family string) int {
		return slices.IndexFunc(lines, func(l string) bool { return strings.HasPrefix(l, `{"`+family+`":`) })
	}
	cases = append(cases, []hostile{
		{"a role that is none", summed(at("people"), `"roles":[`, `"roles":["hacked",`), "role", fault.Invalid},
		{"roles that are no list", summed(at("people"), `"roles":[`, `"roles":[{},`), "roles", fault.Invalid},
		{"suspended by seven", summed(at("people"), `"suspended":false`, `"suspended":7`), "suspended", fault.Invalid},
		{"a person of nobody", summed(at("people"), `"login":"`, `"login":"`+strings.Repeat("x", 300)), "login", fault.TooLarge},
		{"a login twice", summed(at("people")+1, `"login":"bert@`, `"login":"anna@`), "it exists already", fault.Conflict},
		{"a team of a path", summed(at("teams"), `"id":"first"`, `"id":"../first"`), "id", fault.Invalid},
		{"a tenant without a name", summed(at("tenants"), `"name":"Shop „main“"`, `"name":""`), "tenant", fault.Invalid},
		{"another tenant's tenant", summed(at("tenants"), `"id":"main"`, `"id":"other"`), "is another than that of the file", fault.Invalid},
		{"a factor of a path", summed(at("factors"), `"person":"anna"`, `"person":"../anna"`), "id", fault.Invalid},
		{"a long password", summed(at("factors"), `"password":"`, `"password":"`+strings.Repeat("x", 500)), "password", fault.TooLarge},
		{"a recovery code without a hash", summed(at("recovery_codes"), `"hash":"`, `"hash":"x`), "hash", fault.Invalid},
		{"a passkey without data", summed(at("passkeys"), `"data":"{}"`, `"data":""`), "passkey", fault.Invalid},
		{"an identity of nobody", summed(at("identities"), `"issuer":"https://id.example"`, `"issuer":""`), "identity", fault.Invalid},
		{"a key with a scope that is none", summed(at("api_keys"), `"scopes":["system.health"]`, `"scopes":["hacked"]`), "permission", fault.Invalid},
		{"a key without an end", summed(at("api_keys"), `"expires":"2027-11-22T12:00:00.000000Z"`, `"expires":null`), "key", fault.Invalid},
		{"secrets that are not told", edit(0, `"secrets":true`, `"secrets":false`), "families", fault.Invalid},
	}...)
	target := storetest.SQLite().Open(t)
	empty := contents(t, target)
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			_, err := custody.New(target).ImportTenant(t.Context(), noon, strings.NewReader(c.file))
			if err == nil {
				t.Fatal("it was imported")
			}
			if fault.KindOf(err) != c.kind || !strings.Contains(err.Error(), c.want) || !strings.Contains(err.Error(), "nothing was imported") {
				t.Errorf("error %q of kind %d: want %q of kind %d", err, fault.KindOf(err), c.want, c.kind)
			}
			for _, value := range []string{"hacked", "evil", "1-888", "1-889", "hidden", "p-7f3a", "../"} {
				if strings.Contains(err.Error(), value) {
					t.Errorf("the error %q holds a value of the file", err)
				}
			}
			if contents(t, target) != empty {
				t.Error("something of it was kept")
			}
		})
	}
	swapped := &slow{bytes.NewReader([]byte(good)), []byte(summed(1, "1-888", "1-889"))}
	if _, err := custody.New(target).ImportTenant(t.Context(), noon, swapped); fault.KindOf(err) != fault.Conflict || contents(t, target) != empty {
		t.Errorf("a file that changes while it is read: %v", err)
	}
	ended, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := custody.New(target).ImportTenant(ended, noon, strings.NewReader(good)); !errors.Is(err, context.Canceled) {
		t.Errorf("an import that was given up: %v", err)
	}
	if _, err := custody.New(target).ImportTenant(t.Context(), noon, strings.NewReader(good)); err != nil {
		t.Errorf("the good file: %v", err)
	}
}

// resum writes the sums of the first line anew.
func resum(t *testing.T, file string) string {
	t.Helper()
	out, err := custody.Resum(file)
	if err != nil {
		t.Fatal(err)
	}
	return out
}

// FuzzImport: no file makes the reader panic, and what it takes in, it writes
// again byte for byte.
func FuzzImport(f *testing.F) {
	for _, line := range []string{
		`{"reports":{"tenant":"main","id":"r1","created":"2026-11-22T12:00:00.000000Z","channel":"sms","lang":"en","country":"DE","body":"AMZ\n","outcome":"scam","probability":0.97,"codes":["a"],"fingerprint":"","consent":"1","status":"new","note":"","retain_until":null,"revision":1}}`,
		`{"audit_heads":{"tenant":"main","sequence":1,"hash":"x"}}`, `{"audit_entries":{`,
	} {
		f.Add([]byte(line + "\n"))
	}
	f.Fuzz(func(t *testing.T, line []byte) { custody.ReadAndWrite(t, line) })
}

// TestDocsNameEveryField: docs/export-format.md tells of every family and field.
func TestDocsNameEveryField(t *testing.T) {
	raw, err := os.ReadFile(filepath.Join("..", "..", "docs", "export-format.md"))
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range store.Families() {
		_, part, ok := strings.Cut(string(raw), "\n## `"+f.Name+"`")
		if !ok {
			t.Errorf("docs/export-format.md has no section on %s", f.Name)
			continue
		}
		part, _, _ = strings.Cut(part, "\n## ")
		at := -1
		for _, field := range f.Fields {
			i := strings.Index(part, "\n| `"+field.Name+"` |")
			if i <= at {
				t.Errorf("docs/export-format.md: %s: the field %s is missing or not in its place", f.Name, field.Name)
			}
			at = max(at, i)
		}
		if strings.Contains(part, "only with `--secrets`") != f.Secret {
			t.Errorf("docs/export-format.md: %s: whether it needs --secrets is not told as it is", f.Name)
		}
	}
}

// TestOtherVersionIsRefused: a program takes no file of other tables, and leaves
// a database of an older version alone.
func TestOtherVersionIsRefused(t *testing.T) {
	storetest.Each(t, func(t *testing.T, e storetest.Engine) {
		s, dsn := filled(t, e, "main")
		_ = s.Close()
		e.Exec(t, dsn, "DELETE FROM goose_db_version WHERE version_id = (SELECT max(version_id) FROM goose_db_version)")
		if _, err := sql.Open(t.Context(), sql.Config{DSN: dsn, Fresh: true}); fault.KindOf(err) != fault.Invalid || !strings.Contains(err.Error(), "start the server once") {
			t.Errorf("a database of an older version: %v", err)
		}
	})
}
