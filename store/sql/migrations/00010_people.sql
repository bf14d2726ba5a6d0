-- Tenants, people and how they prove who they are.
-- +goose Up
CREATE TABLE tenants (
    id      TEXT   NOT NULL PRIMARY KEY,
    name    TEXT   NOT NULL,
    created BIGINT NOT NULL
);
CREATE TABLE people (
    tenant    TEXT   NOT NULL,
    id        TEXT   NOT NULL,
    login     TEXT   NOT NULL,
    name      TEXT   NOT NULL,
    lang      TEXT   NOT NULL,
    roles     TEXT   NOT NULL,
    team      TEXT   NOT NULL,
    suspended BIGINT NOT NULL,
    created   BIGINT NOT NULL,
    revision  BIGINT NOT NULL,
    PRIMARY KEY (tenant, id)
);
CREATE UNIQUE INDEX people_by_login ON people (tenant, login);
CREATE INDEX people_by_time ON people (tenant, created DESC, id DESC);
CREATE TABLE teams (
    tenant  TEXT   NOT NULL,
    id      TEXT   NOT NULL,
    name    TEXT   NOT NULL,
    created BIGINT NOT NULL,
    PRIMARY KEY (tenant, id)
);
CREATE UNIQUE INDEX teams_by_name ON teams (tenant, name);
CREATE TABLE factors (
    tenant           TEXT   NOT NULL,
    person           TEXT   NOT NULL,
    password         TEXT   NOT NULL,
    password_changed BIGINT NOT NULL,
    totp             TEXT   NOT NULL,
    step             BIGINT NOT NULL,
    PRIMARY KEY (tenant, person)
);
CREATE TABLE recovery_codes (
    tenant TEXT NOT NULL,
    person TEXT NOT NULL,
    hash   TEXT NOT NULL,
    PRIMARY KEY (tenant, person, hash)
);
CREATE TABLE passkeys (
    id      TEXT   NOT NULL PRIMARY KEY,
    tenant  TEXT   NOT NULL,
    person  TEXT   NOT NULL,
    name    TEXT   NOT NULL,
    data    TEXT   NOT NULL,
    created BIGINT NOT NULL,
    used    BIGINT NOT NULL
);
CREATE INDEX passkeys_by_person ON passkeys (tenant, person, created);
CREATE TABLE identities (
    issuer  TEXT   NOT NULL,
    subject TEXT   NOT NULL,
    tenant  TEXT   NOT NULL,
    person  TEXT   NOT NULL,
    created BIGINT NOT NULL,
    PRIMARY KEY (issuer, subject)
);
CREATE INDEX identities_by_person ON identities (tenant, person);
