-- Addresses that a tenant's decisions are posted to, how far each has come, and
-- what was given up. What waits is not copied: it is the decisions after the place.
-- +goose Up
CREATE TABLE webhooks (
    tenant    TEXT   NOT NULL,
    id        TEXT   NOT NULL,
    url       TEXT   NOT NULL,
    secret    TEXT   NOT NULL,
    actions   TEXT   NOT NULL,
    lang      TEXT   NOT NULL,
    state     TEXT   NOT NULL,
    made      BIGINT NOT NULL,
    made_by   TEXT   NOT NULL,
    place     BIGINT NOT NULL,
    delivered BIGINT NOT NULL,
    last_done BIGINT NOT NULL,
    tries     BIGINT NOT NULL,
    due       BIGINT NOT NULL,
    failing   BIGINT NOT NULL,
    given_up  BIGINT NOT NULL,
    problem   TEXT   NOT NULL,
    revision  BIGINT NOT NULL,
    PRIMARY KEY (tenant, id)
);
CREATE TABLE webhook_dead (
    tenant   TEXT   NOT NULL,
    webhook  TEXT   NOT NULL,
    sequence BIGINT NOT NULL,
    decision TEXT   NOT NULL,
    made     BIGINT NOT NULL,
    problem  TEXT   NOT NULL,
    PRIMARY KEY (tenant, webhook, sequence)
);
CREATE INDEX webhook_dead_due ON webhook_dead (made, tenant);
