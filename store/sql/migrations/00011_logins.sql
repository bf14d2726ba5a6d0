-- Log-ins: sessions, what is good once, failed attempts, keys of programs.
-- Words, tokens and secrets are kept as SHA-256 only.
-- +goose Up
CREATE TABLE sessions (
    token     TEXT   NOT NULL PRIMARY KEY,
    id        TEXT   NOT NULL,
    tenant    TEXT   NOT NULL,
    person    TEXT   NOT NULL,
    method    TEXT   NOT NULL,
    agent     TEXT   NOT NULL,
    origin    TEXT   NOT NULL,
    created   BIGINT NOT NULL,
    seen      BIGINT NOT NULL,
    confirmed BIGINT NOT NULL
);
CREATE UNIQUE INDEX sessions_by_person ON sessions (tenant, person, id);
CREATE INDEX sessions_by_seen ON sessions (seen);
CREATE TABLE tickets (
    kind    TEXT   NOT NULL,
    word    TEXT   NOT NULL,
    id      TEXT   NOT NULL,
    tenant  TEXT   NOT NULL,
    person  TEXT   NOT NULL,
    data    TEXT   NOT NULL,
    created BIGINT NOT NULL,
    expires BIGINT NOT NULL,
    tries   BIGINT NOT NULL,
    PRIMARY KEY (kind, word)
);
CREATE INDEX tickets_by_owner ON tickets (tenant, kind, person);
CREATE INDEX tickets_by_end ON tickets (expires);
CREATE TABLE attempts (
    hash   TEXT   NOT NULL PRIMARY KEY,
    began  BIGINT NOT NULL,
    failed BIGINT NOT NULL
);
CREATE INDEX attempts_by_time ON attempts (began);
CREATE TABLE api_keys (
    tenant  TEXT   NOT NULL,
    id      TEXT   NOT NULL,
    person  TEXT   NOT NULL,
    name    TEXT   NOT NULL,
    secret  TEXT   NOT NULL,
    scopes  TEXT   NOT NULL,
    created BIGINT NOT NULL,
    expires BIGINT NOT NULL,
    used    BIGINT NOT NULL,
    ended   BIGINT NOT NULL,
    PRIMARY KEY (tenant, id)
);
CREATE UNIQUE INDEX api_keys_by_secret ON api_keys (secret);
CREATE INDEX api_keys_by_person ON api_keys (tenant, person, created DESC);
