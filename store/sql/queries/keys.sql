-- name: AddSubjectKey :exec
-- AddSubjectKey writes the key of a subject that has none.
INSERT INTO subject_keys (tenant, subject, secret, created, destroyed) VALUES (@tenant, @subject, @secret, @created, 0)
ON CONFLICT (tenant, subject) DO NOTHING;

-- name: GetSubjectKey :one
-- GetSubjectKey reads the key of a subject.
SELECT * FROM subject_keys WHERE tenant = @tenant AND subject = @subject;

-- name: DestroySubjectKey :exec
-- DestroySubjectKey removes a secret, or notes that there shall be none.
INSERT INTO subject_keys (tenant, subject, secret, created, destroyed) VALUES (@tenant, @subject, '', @destroyed, @destroyed)
ON CONFLICT (tenant, subject) DO UPDATE SET secret = '', destroyed = excluded.destroyed WHERE subject_keys.destroyed = 0;

-- name: ListSubjectKeys :many
-- ListSubjectKeys reads which subjects have a key that was not destroyed.
SELECT subject FROM subject_keys WHERE tenant = @tenant AND subject > @after AND destroyed = 0 ORDER BY subject LIMIT @most;
