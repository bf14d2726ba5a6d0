-- Audit entries of one action and of one actor, newest first.
-- +goose Up
CREATE INDEX audit_entries_by_action ON audit_entries (tenant, action, sequence);
CREATE INDEX audit_entries_by_actor ON audit_entries (tenant, actor, sequence);
