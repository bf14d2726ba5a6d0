-- Which policy decided from which place on is told apart by its time as well: a
-- log that was lost begins at its first place again, and what decided the lost one
-- is still needed to explain its decisions.
-- +goose Up
CREATE TABLE guard_policies_new (
    tenant  TEXT   NOT NULL,
    since   BIGINT NOT NULL,
    digest  TEXT   NOT NULL,
    name    TEXT   NOT NULL,
    version BIGINT NOT NULL,
    body    TEXT   NOT NULL,
    made    BIGINT NOT NULL,
    PRIMARY KEY (tenant, since, made)
);
INSERT INTO guard_policies_new (tenant, since, digest, name, version, body, made)
SELECT tenant, since, digest, name, version, body, made FROM guard_policies;
DROP TABLE guard_policies;
ALTER TABLE guard_policies_new RENAME TO guard_policies;
CREATE INDEX guard_policies_by_time ON guard_policies (tenant, made DESC, since DESC);
