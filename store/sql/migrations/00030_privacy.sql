-- Holds, notes of what was erased, and certificates (store.Hold, store.Erasure,
-- store.Certificate).
-- +goose Up
CREATE TABLE holds (
    tenant         TEXT   NOT NULL,
    id             TEXT   NOT NULL,
    kind           TEXT   NOT NULL,
    record         TEXT   NOT NULL,
    marks          TEXT   NOT NULL,
    held_from      BIGINT NOT NULL,
    held_until     BIGINT NOT NULL,
    reason         TEXT   NOT NULL,
    actor          TEXT   NOT NULL,
    since          BIGINT NOT NULL,
    ends           BIGINT NOT NULL,
    released       BIGINT NOT NULL,
    released_by    TEXT   NOT NULL,
    release_reason TEXT   NOT NULL,
    PRIMARY KEY (tenant, id)
);
CREATE TABLE erasures (
    tenant TEXT   NOT NULL,
    kind   TEXT   NOT NULL,
    mark   TEXT   NOT NULL,
    erased BIGINT NOT NULL,
    PRIMARY KEY (tenant, kind, mark)
);
CREATE INDEX erasures_by_time ON erasures (tenant, erased);
CREATE TABLE certificates (
    tenant  TEXT   NOT NULL,
    id      TEXT   NOT NULL,
    kind    TEXT   NOT NULL,
    made    BIGINT NOT NULL,
    actor   TEXT   NOT NULL,
    asker   TEXT   NOT NULL,
    subject TEXT   NOT NULL,
    body    TEXT   NOT NULL,
    entry   BIGINT NOT NULL,
    hash    TEXT   NOT NULL,
    PRIMARY KEY (tenant, id)
);
CREATE INDEX certificates_by_time ON certificates (tenant, made DESC, id DESC);
