-- What each tenant decides about its pages and log-ins.
-- +goose Up
CREATE TABLE settings (
    tenant     TEXT   NOT NULL PRIMARY KEY,
    lang       TEXT   NOT NULL,
    country    TEXT   NOT NULL,
    second_for TEXT   NOT NULL,
    idle       BIGINT NOT NULL,
    absolute   BIGINT NOT NULL,
    notice     TEXT   NOT NULL,
    changed    BIGINT NOT NULL,
    revision   BIGINT NOT NULL
);
