-- Texts of policies of the account guard, and the steps of their lives.
-- +goose Up
CREATE TABLE policy_texts (
    tenant   TEXT   NOT NULL,
    number   BIGINT NOT NULL,
    name     TEXT   NOT NULL,
    version  BIGINT NOT NULL,
    digest   TEXT   NOT NULL,
    body     TEXT   NOT NULL,
    made     BIGINT NOT NULL,
    author   TEXT   NOT NULL,
    state    TEXT   NOT NULL,
    revision BIGINT NOT NULL,
    PRIMARY KEY (tenant, number)
);
CREATE UNIQUE INDEX policy_texts_by_digest ON policy_texts (tenant, digest);
-- One of a tenant is live, and one is the candidate.
CREATE UNIQUE INDEX policy_texts_live ON policy_texts (tenant) WHERE state = 'live';
CREATE UNIQUE INDEX policy_texts_candidate ON policy_texts (tenant) WHERE state IN ('shadow', 'proposed');
CREATE TABLE policy_steps (
    tenant   TEXT   NOT NULL,
    number   BIGINT NOT NULL,
    sequence BIGINT NOT NULL,
    state    TEXT   NOT NULL,
    actor    TEXT   NOT NULL,
    made     BIGINT NOT NULL,
    why      TEXT   NOT NULL,
    proof    TEXT   NOT NULL,
    PRIMARY KEY (tenant, number, sequence)
);
