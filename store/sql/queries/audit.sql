-- name: AddAuditEntry :exec
-- AddAuditEntry writes an entry.
INSERT INTO audit_entries (tenant, sequence, made, actor, action, object, why, origin, prev, hash)
VALUES (@tenant, @sequence, @made, @actor, @action, @object, @why, @origin, @prev, @hash);

-- name: SetAuditHead :exec
-- SetAuditHead writes down the end of a chain.
INSERT INTO audit_heads (tenant, sequence, hash) VALUES (@tenant, @sequence, @hash)
ON CONFLICT (tenant) DO UPDATE SET sequence = excluded.sequence, hash = excluded.hash;

-- name: GetAuditHead :one
-- GetAuditHead reads the end of a chain.
SELECT * FROM audit_heads WHERE tenant = @tenant;

-- name: ListAuditHeads :many
-- ListAuditHeads reads the ends of all chains.
SELECT * FROM audit_heads ORDER BY tenant;

-- name: ListAudit :many
-- ListAudit reads entries before a sequence, newest first.
SELECT * FROM audit_entries
WHERE tenant = @tenant AND sequence < @before
  AND (CAST(@actor AS TEXT) = '' OR actor = @actor) AND (CAST(@action AS TEXT) = '' OR action = @action)
  AND made >= @made_from AND made < @made_until
ORDER BY sequence DESC LIMIT @most;

-- name: ListAuditOfObject :many
-- ListAuditOfObject reads entries of one object before a sequence, newest first; it has an index of its own.
SELECT * FROM audit_entries
WHERE tenant = @tenant AND object = @object AND sequence < @before
  AND (CAST(@actor AS TEXT) = '' OR actor = @actor) AND (CAST(@action AS TEXT) = '' OR action = @action)
  AND made >= @made_from AND made < @made_until
ORDER BY sequence DESC LIMIT @most;

-- name: WalkAudit :many
-- WalkAudit reads entries from a sequence in the order of the chain.
SELECT * FROM audit_entries WHERE tenant = @tenant AND sequence >= @sequence ORDER BY sequence LIMIT @most;
