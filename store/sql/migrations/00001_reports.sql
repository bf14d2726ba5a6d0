-- Contact reports. One text for SQLite and PostgreSQL: ids and JSON are TEXT,
-- times are microseconds since 1970 in BIGINT.
-- +goose Up
CREATE TABLE reports (
    tenant       TEXT             NOT NULL,
    id           TEXT             NOT NULL,
    created      BIGINT           NOT NULL,
    channel      TEXT             NOT NULL,
    lang         TEXT             NOT NULL,
    country      TEXT             NOT NULL,
    body         TEXT             NOT NULL,
    outcome      TEXT             NOT NULL,
    probability  DOUBLE PRECISION NOT NULL,
    codes        TEXT             NOT NULL,
    fingerprint  TEXT             NOT NULL,
    consent      TEXT             NOT NULL,
    status       TEXT             NOT NULL,
    note         TEXT             NOT NULL,
    retain_until BIGINT           NOT NULL,
    revision     BIGINT           NOT NULL,
    PRIMARY KEY (tenant, id)
);
-- By time with all that a filter asks for behind it: a rare value is looked for
-- in the index, without reading the reports themselves.
CREATE INDEX reports_by_time ON reports (tenant, created DESC, id DESC, status, channel, outcome, lang, country);
CREATE INDEX reports_by_status ON reports (tenant, status, created DESC, id DESC, channel, outcome, lang, country);
CREATE INDEX reports_due ON reports (retain_until, tenant, id);
