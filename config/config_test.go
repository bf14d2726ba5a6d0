package config_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"bonafide/config"
)

func write(t *testing.T, body string) string {
	t.Helper()
	p := filepath.Join(t.TempDir(), "bonafide.yaml")
	if err := os.WriteFile(p, []byte(body), 0o600); err != nil {
		t.Fatal(err)
	}
	return p
}

func TestDefaultsAreValid(t *testing.T) {
	c, err := config.Load("", nil)
	if err != nil {
		t.Fatal(err)
	}
	if c.Server.Address != "localhost:8080" || c.MailAuth.DNS {
		t.Errorf("defaults: address %q, dns %v: want localhost:8080 and no DNS", c.Server.Address, c.MailAuth.DNS)
	}
}

func TestFileThenEnvironment(t *testing.T) {
	p := write(t, "server:\n  address: 127.0.0.1:1\nlimits:\n  timeout: 5s\nmail_auth:\n  trusted_hosts: [mx.example.com]\n")
	c, err := config.Load(p, []string{"BONAFIDE_SERVER_ADDRESS=127.0.0.1:2", "BONAFIDE_MAIL_AUTH_TRUSTED_SEALERS=a.example, b.example", "HOME=x"})
	if err != nil {
		t.Fatal(err)
	}
	if c.Server.Address != "127.0.0.1:2" {
		t.Errorf("address %q: want the environment's 127.0.0.1:2", c.Server.Address)
	}
	if c.Limits.Timeout != 5*time.Second || len(c.MailAuth.TrustedHosts) != 1 || len(c.MailAuth.TrustedSealers) != 2 {
		t.Errorf("got %+v %+v", c.Limits, c.MailAuth)
	}
	if c.Limits.BodyBytes != config.Default().Limits.BodyBytes {
		t.Error("a key that is not in the file lost its default")
	}
}

func TestMistakesAreNamedAllAtOnce(t *testing.T) {
	p := write(t, "server:\n  adress: x\n  metrics_address: 0.0.0.0:9\nreader:\n  lang: fr\nbooks:\n  voucher_key: short\n")
	_, err := config.Load(p, []string{"BONAFIDE_SERVER_ADRESS=y"})
	if err == nil {
		t.Fatal("no error for a file full of mistakes")
	}
	for _, want := range []string{"server.adress", "server.metrics_address", "reader.lang", "books.voucher_key", "BONAFIDE_SERVER_ADRESS"} {
		if !strings.Contains(err.Error(), want) {
			t.Errorf("error does not name %s: %v", want, err)
		}
	}
	if strings.Contains(err.Error(), "short") {
		t.Error("error prints a secret")
	}
}

func TestDocumentationIsCurrent(t *testing.T) {
	got, err := os.ReadFile("../docs/configuration.md")
	if err != nil {
		t.Fatal(err)
	}
	if !strings.Contains(string(got), config.Markdown()) {
		t.Error("docs/configuration.md is stale: run `make generate`")
	}
}

func TestEveryKeyIsDocumented(t *testing.T) {
	for _, k := range config.Keys() {
		if k.Doc == "" {
			t.Errorf("%s has no documentation", k.Name)
		}
	}
}

func TestPeople(t *testing.T) {
	good := "server:\n  base_url: https://desk.shop.example\npeople:\n  oidc_issuer: https://idp.example\n  oidc_client_id: bonafide\n  oidc_groups: [fraud=analyst, 'CN=Leads,OU=x=supervisor']\n"
	c, err := config.Load(write(t, good), nil)
	if err != nil {
		t.Fatal(err)
	}
	if roles, err := c.People.Roles(); err != nil || roles["fraud"] != "analyst" || roles["CN=Leads,OU=x"] != "supervisor" {
		t.Errorf("roles %v, %v", roles, err)
	}
	for name, body := range map[string]string{
		"people.idle":          "people:\n  idle: 1s\n",
		"people.absolute":      "people:\n  absolute: 2000h\n",
		"people.second_factor": "people:\n  second_factor: [root]\n",
		"people.key":           "people:\n  key: secretive\n",
		"people.oidc_groups":   "people:\n  oidc_groups: [fraud=root]\n",
		"people.oidc_tenant":   "people:\n  oidc_tenant: ../x\n",
		"people.oidc_issuer":   "people:\n  oidc_issuer: http://idp.example\n",
		"server.base_url":      "people:\n  oidc_issuer: https://idp.example\n",
		"want group=role":      "people:\n  oidc_groups: [fraud]\n",
		"one of former_keys":   "people:\n  former_keys: [secretive]\n",
		"is not an http":       "server:\n  base_url: desk\n",
	} {
		_, err := config.Load(write(t, body), nil)
		if err == nil || !strings.Contains(err.Error(), name) {
			t.Errorf("%s: %v", name, err)
		} else if strings.Contains(err.Error(), "secretive") {
			t.Errorf("%s: the error prints a secret", name)
		}
	}
}
