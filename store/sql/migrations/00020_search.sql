-- What reports are found by: hashes of words, pairs of characters and
-- identifiers, 16 characters each (store.Term), and with which version of the
-- extraction they were made.
-- +goose Up
CREATE TABLE report_terms (
    tenant  TEXT   NOT NULL,
    id      TEXT   NOT NULL,
    term    TEXT   NOT NULL,
    created BIGINT NOT NULL,
    PRIMARY KEY (tenant, id, term)
);
CREATE INDEX report_terms_by_term ON report_terms (tenant, term, created DESC, id DESC);
CREATE TABLE report_indexed (
    tenant  TEXT   NOT NULL,
    id      TEXT   NOT NULL,
    version BIGINT NOT NULL,
    PRIMARY KEY (tenant, id)
);
