-- Lists of a shop, which policies of the account guard ask for, and what is on
-- them. Values are keyed hashes; what holds for decisions stands in the log of
-- events, and pending tells what is on its way there (change names it).
-- +goose Up
CREATE TABLE guard_lists (
    tenant  TEXT   NOT NULL,
    name    TEXT   NOT NULL,
    field   TEXT   NOT NULL,
    about   TEXT   NOT NULL,
    made    BIGINT NOT NULL,
    made_by TEXT   NOT NULL,
    PRIMARY KEY (tenant, name)
);
CREATE TABLE guard_entries (
    tenant   TEXT   NOT NULL,
    list     TEXT   NOT NULL,
    value    TEXT   NOT NULL,
    ends     BIGINT NOT NULL,
    reason   TEXT   NOT NULL,
    made     BIGINT NOT NULL,
    made_by  TEXT   NOT NULL,
    pending  TEXT   NOT NULL,
    change   TEXT   NOT NULL,
    PRIMARY KEY (tenant, list, value)
);
CREATE INDEX guard_entries_by_made ON guard_entries (tenant, list, made DESC, value DESC);
CREATE INDEX guard_entries_pending ON guard_entries (tenant, pending, change);
CREATE INDEX guard_entries_due ON guard_entries (ends, tenant);
