-- Audit chains, one per tenant; the head is kept apart, so that a chain that
-- was cut at its end is seen.
-- +goose Up
CREATE TABLE audit_entries (
    tenant   TEXT   NOT NULL,
    sequence BIGINT NOT NULL,
    made     BIGINT NOT NULL,
    actor    TEXT   NOT NULL,
    action   TEXT   NOT NULL,
    object   TEXT   NOT NULL,
    why      TEXT   NOT NULL,
    origin   TEXT   NOT NULL,
    prev     TEXT   NOT NULL,
    hash     TEXT   NOT NULL,
    PRIMARY KEY (tenant, sequence)
);
CREATE INDEX audit_entries_by_object ON audit_entries (tenant, object, sequence);
CREATE TABLE audit_heads (
    tenant   TEXT   NOT NULL PRIMARY KEY,
    sequence BIGINT NOT NULL,
    hash     TEXT   NOT NULL
);
