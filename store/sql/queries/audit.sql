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
-- ListAuditHeads reads the ends of all chains, those whose head was lost included: tenants are found by steps through the index, not by reading all entries.
WITH RECURSIVE chain (tenant) AS (
  SELECT min(tenant) FROM audit_entries
  UNION ALL
  SELECT (SELECT min(e.tenant) FROM audit_entries e WHERE e.tenant > chain.tenant) FROM chain WHERE chain.tenant IS NOT NULL
)
SELECT CAST(t.tenant AS TEXT) AS tenant, CAST(COALESCE(h.sequence, 0) AS BIGINT) AS sequence, CAST(COALESCE(h.hash, '') AS TEXT) AS hash
FROM (SELECT tenant FROM chain WHERE tenant IS NOT NULL UNION SELECT tenant FROM audit_heads) t
LEFT JOIN audit_heads h ON h.tenant = t.tenant ORDER BY 1;

-- name: ListAudit :many
-- ListAudit reads entries before a sequence, newest first.
SELECT * FROM audit_entries
WHERE tenant = @tenant AND sequence < @before
  AND made >= @made_from AND made < @made_until
ORDER BY sequence DESC LIMIT @most;

-- name: ListAuditOfObject :many
-- ListAuditOfObject reads entries of one object before a sequence, newest first; it has an index of its own.
SELECT * FROM audit_entries
WHERE tenant = @tenant AND object = @object AND sequence < @before
  AND (CAST(@actor AS TEXT) = '' OR actor = @actor) AND (CAST(@action AS TEXT) = '' OR action = @action)
  AND made >= @made_from AND made < @made_until
ORDER BY sequence DESC LIMIT @most;

-- name: ListAuditOfAction :many
-- ListAuditOfAction reads entries of one action before a sequence, newest first; it has an index of its own.
SELECT * FROM audit_entries
WHERE tenant = @tenant AND action = @action AND sequence < @before
  AND (CAST(@actor AS TEXT) = '' OR actor = @actor)
  AND made >= @made_from AND made < @made_until
ORDER BY sequence DESC LIMIT @most;

-- name: ListAuditOfActor :many
-- ListAuditOfActor reads entries of one actor before a sequence, newest first; it has an index of its own.
SELECT * FROM audit_entries
WHERE tenant = @tenant AND actor = @actor AND sequence < @before
  AND made >= @made_from AND made < @made_until
ORDER BY sequence DESC LIMIT @most;

-- name: WalkAudit :many
-- WalkAudit reads entries from a sequence in the order of the chain.
SELECT * FROM audit_entries WHERE tenant = @tenant AND sequence >= @sequence ORDER BY sequence LIMIT @most;
