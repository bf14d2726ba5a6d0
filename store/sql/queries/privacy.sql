-- name: AddHold :execrows
-- AddHold writes a hold; no row when the tenant has the id.
INSERT INTO holds (tenant, id, kind, record, marks, held_from, held_until, reason, actor, since, ends, released, released_by, release_reason)
VALUES (@tenant, @id, @kind, @record, @marks, @held_from, @held_until, @reason, @actor, @since, @ends, @released, @released_by, @release_reason)
ON CONFLICT (tenant, id) DO NOTHING;

-- name: GetHold :one
-- GetHold reads a hold.
SELECT * FROM holds WHERE tenant = @tenant AND id = @id;

-- name: ListHolds :many
-- ListHolds reads the holds of a tenant.
SELECT * FROM holds WHERE tenant = @tenant ORDER BY since DESC, id LIMIT @most;

-- name: OpenHolds :many
-- OpenHolds reads the holds of a tenant that hold at a time, all of them.
SELECT * FROM holds WHERE tenant = @tenant AND released = 0 AND (ends = 0 OR ends > CAST(@now AS BIGINT)) ORDER BY since DESC, id;

-- name: ReleaseHold :execrows
-- ReleaseHold lifts a hold that was not lifted before.
UPDATE holds SET released = @released, released_by = @released_by, release_reason = @release_reason
WHERE tenant = @tenant AND id = @id AND released = 0;

-- name: SweepHolds :execrows
-- SweepHolds removes holds that ended before a time.
DELETE FROM holds WHERE tenant = @tenant
  AND (released <> 0 AND released < CAST(@before AS BIGINT) OR released = 0 AND ends <> 0 AND ends < CAST(@before AS BIGINT));

-- name: AddErasure :exec
-- AddErasure writes a note, once.
INSERT INTO erasures (tenant, kind, mark, erased) VALUES (@tenant, @kind, @mark, @erased) ON CONFLICT (tenant, kind, mark) DO NOTHING;

-- name: CountErasure :one
-- CountErasure counts the notes of a record, one or none.
SELECT count(*) FROM erasures WHERE tenant = @tenant AND kind = @kind AND mark = @mark;

-- name: DropErasure :exec
-- DropErasure removes the note of a record.
DELETE FROM erasures WHERE tenant = @tenant AND kind = @kind AND mark = @mark;

-- name: ErasedAt :many
-- ErasedAt reads when a record was erased, no row when it was not.
SELECT erased FROM erasures WHERE tenant = @tenant AND kind = @kind AND mark = @mark;

-- name: CountErasures :one
-- CountErasures counts the notes of a tenant.
SELECT count(*) FROM erasures WHERE tenant = @tenant;

-- name: SweepErasures :execrows
-- SweepErasures removes notes of before a time.
DELETE FROM erasures WHERE tenant = @tenant AND erased < @before;

-- name: AddCertificate :execrows
-- AddCertificate writes a certificate; no row when the tenant has the id.
INSERT INTO certificates (tenant, id, kind, made, actor, asker, subject, body, entry, hash)
VALUES (@tenant, @id, @kind, @made, @actor, @asker, @subject, @body, @entry, @hash)
ON CONFLICT (tenant, id) DO NOTHING;

-- name: GetCertificate :one
-- GetCertificate reads a certificate.
SELECT * FROM certificates WHERE tenant = @tenant AND id = @id;

-- name: ListCertificates :many
-- ListCertificates reads the certificates after a key, newest first.
SELECT * FROM certificates WHERE tenant = @tenant AND (made, id) < (CAST(@key_made AS BIGINT), CAST(@key_id AS TEXT))
ORDER BY made DESC, id DESC LIMIT @most;

-- name: SweepCertificates :execrows
-- SweepCertificates removes certificates of before a time.
DELETE FROM certificates WHERE tenant = @tenant AND made < @before;
