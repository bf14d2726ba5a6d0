-- Decisions whose time is over, read in steps: those that a hold keeps stay, so a step goes on after an id.
-- +goose Up
DROP INDEX decisions_due;
CREATE INDEX decisions_due ON decisions (retain_until, tenant, id);
