-- name: AddGuardList :execrows
-- AddGuardList writes a list; no row when the tenant has the name.
INSERT INTO guard_lists (tenant, name, field, about, made, made_by) VALUES (@tenant, @name, @field, @about, @made, @made_by)
ON CONFLICT (tenant, name) DO NOTHING;

-- name: GetGuardList :one
-- GetGuardList reads a list.
SELECT * FROM guard_lists WHERE tenant = @tenant AND name = @name;

-- name: AllGuardLists :many
-- AllGuardLists reads the lists of a tenant.
SELECT * FROM guard_lists WHERE tenant = @tenant ORDER BY name LIMIT @most;

-- name: RemoveGuardList :execrows
-- RemoveGuardList removes a list.
DELETE FROM guard_lists WHERE tenant = @tenant AND name = @name;

-- name: CountGuardEntries :many
-- CountGuardEntries counts the entries of each list.
SELECT list, count(*) AS amount FROM guard_entries WHERE tenant = @tenant GROUP BY list;

-- name: PutGuardEntry :exec
-- PutGuardEntry writes an entry, in place of one of the same value.
INSERT INTO guard_entries (tenant, list, value, ends, reason, made, made_by, pending, change)
VALUES (@tenant, @list, @value, @ends, @reason, @made, @made_by, @pending, @change)
ON CONFLICT (tenant, list, value) DO UPDATE SET ends = excluded.ends, reason = excluded.reason, made = excluded.made, made_by = excluded.made_by,
    pending = excluded.pending, change = excluded.change;

-- name: MarkGuardEntry :execrows
-- MarkGuardEntry writes what becomes of an entry.
UPDATE guard_entries SET pending = @pending, change = @change WHERE tenant = @tenant AND list = @list AND value = @value;

-- name: GetGuardEntry :one
-- GetGuardEntry reads an entry.
SELECT * FROM guard_entries WHERE tenant = @tenant AND list = @list AND value = @value;

-- name: ListGuardEntries :many
-- ListGuardEntries reads the entries of a list, newest first.
SELECT * FROM guard_entries WHERE tenant = @tenant AND list = @list AND made <= @made AND (made < @made OR value < CAST(@value AS TEXT))
ORDER BY made DESC, value DESC LIMIT @most;

-- name: PendingGuardEntries :many
-- PendingGuardEntries reads the entries that are on their way into the log.
SELECT * FROM guard_entries WHERE tenant = @tenant AND pending <> '' ORDER BY change, list, pending, ends, value LIMIT @most;

-- name: DropGuardEntries :execrows
-- DropGuardEntries removes the entries that a change took off.
DELETE FROM guard_entries WHERE tenant = @tenant AND change = @change AND pending = 'remove';

-- name: SettleGuardEntries :execrows
-- SettleGuardEntries notes that a change stands in the log.
UPDATE guard_entries SET pending = '', change = '' WHERE tenant = @tenant AND change = @change;

-- name: DueGuardEntries :many
-- DueGuardEntries reads entries that ended before a time.
SELECT * FROM guard_entries WHERE tenant = @tenant AND ends < @before ORDER BY ends, list, value LIMIT @most;
