-- What the account guard decided, but for what it allowed (that is computed again
-- from the log of events), and which policy decided from which place of the log.
-- Accounts and orders are keyed hashes; the bytes of a decision are base64.
-- +goose Up
CREATE TABLE decisions (
    tenant       TEXT   NOT NULL,
    id           TEXT   NOT NULL,
    sequence     BIGINT NOT NULL,
    made         BIGINT NOT NULL,
    happened     BIGINT NOT NULL,
    place        BIGINT NOT NULL,
    kind         TEXT   NOT NULL,
    account      TEXT   NOT NULL,
    purchase     TEXT   NOT NULL,
    action       TEXT   NOT NULL,
    score        BIGINT NOT NULL,
    digest       TEXT   NOT NULL,
    rules        TEXT   NOT NULL,
    body         TEXT   NOT NULL,
    event        TEXT   NOT NULL,
    assigned     TEXT   NOT NULL,
    label        TEXT   NOT NULL,
    labelled_by  TEXT   NOT NULL,
    labelled     BIGINT NOT NULL,
    retain_until BIGINT NOT NULL,
    revision     BIGINT NOT NULL,
    PRIMARY KEY (tenant, id)
);
-- By sequence with all that a filter asks for behind it.
CREATE UNIQUE INDEX decisions_by_sequence ON decisions (tenant, sequence DESC, action, assigned, label);
CREATE INDEX decisions_by_account ON decisions (tenant, account, sequence DESC);
CREATE INDEX decisions_by_label ON decisions (tenant, label, sequence DESC);
CREATE INDEX decisions_due ON decisions (retain_until, tenant);
CREATE TABLE guard_policies (
    tenant  TEXT   NOT NULL,
    since   BIGINT NOT NULL,
    digest  TEXT   NOT NULL,
    name    TEXT   NOT NULL,
    version BIGINT NOT NULL,
    body    TEXT   NOT NULL,
    made    BIGINT NOT NULL,
    PRIMARY KEY (tenant, since)
);
