-- name: AddReport :execrows
-- AddReport writes a report; no row when the tenant has the id.
INSERT INTO reports (tenant, id, created, channel, lang, country, body, outcome, probability, codes, fingerprint, consent, status, note, retain_until, revision)
VALUES (@tenant, @id, @created, @channel, @lang, @country, @body, @outcome, @probability, @codes, @fingerprint, @consent, @status, @note, @retain_until, 1)
ON CONFLICT (tenant, id) DO NOTHING;

-- name: GetReport :one
-- GetReport reads a report.
SELECT * FROM reports WHERE tenant = @tenant AND id = @id;

-- name: ListReports :many
-- ListReports reads the reports after a key, newest first, with the beginning of their texts (keyring.HeadBytes).
SELECT tenant, id, created, channel, lang, country, CAST(substr(body, 1, 4000) AS TEXT) AS body, outcome, probability, codes, fingerprint,
  consent, status, CAST(substr(note, 1, 4000) AS TEXT) AS note, retain_until, revision
FROM reports
WHERE tenant = @tenant AND (created, id) < (CAST(@key_created AS BIGINT), CAST(@key_id AS TEXT))
  AND (CAST(@channel AS TEXT) = '' OR channel = @channel) AND (CAST(@outcome AS TEXT) = '' OR outcome = @outcome)
  AND (CAST(@lang AS TEXT) = '' OR lang = @lang) AND (CAST(@country AS TEXT) = '' OR country = @country)
  AND created >= @created_from
ORDER BY created DESC, id DESC LIMIT @most;

-- name: ListReportsOfStatus :many
-- ListReportsOfStatus reads the reports of one status after a key, newest first; it has an index of its own.
SELECT tenant, id, created, channel, lang, country, CAST(substr(body, 1, 4000) AS TEXT) AS body, outcome, probability, codes, fingerprint,
  consent, status, CAST(substr(note, 1, 4000) AS TEXT) AS note, retain_until, revision
FROM reports
WHERE tenant = @tenant AND status = @status AND (created, id) < (CAST(@key_created AS BIGINT), CAST(@key_id AS TEXT))
  AND (CAST(@channel AS TEXT) = '' OR channel = @channel) AND (CAST(@outcome AS TEXT) = '' OR outcome = @outcome)
  AND (CAST(@lang AS TEXT) = '' OR lang = @lang) AND (CAST(@country AS TEXT) = '' OR country = @country)
  AND created >= @created_from
ORDER BY created DESC, id DESC LIMIT @most;

-- name: CountReports :one
-- CountReports counts the reports that a filter lets through.
SELECT count(*) FROM reports
WHERE tenant = @tenant
  AND (CAST(@channel AS TEXT) = '' OR channel = @channel) AND (CAST(@outcome AS TEXT) = '' OR outcome = @outcome)
  AND (CAST(@lang AS TEXT) = '' OR lang = @lang) AND (CAST(@country AS TEXT) = '' OR country = @country)
  AND created >= @created_from AND created < @created_until;

-- name: CountReportsOfStatus :one
-- CountReportsOfStatus counts the reports of one status that a filter lets through.
SELECT count(*) FROM reports
WHERE tenant = @tenant AND status = @status
  AND (CAST(@channel AS TEXT) = '' OR channel = @channel) AND (CAST(@outcome AS TEXT) = '' OR outcome = @outcome)
  AND (CAST(@lang AS TEXT) = '' OR lang = @lang) AND (CAST(@country AS TEXT) = '' OR country = @country)
  AND created >= @created_from AND created < @created_until;

-- name: UpdateReport :one
-- UpdateReport writes what may change of a report whose revision is as it was read.
UPDATE reports SET status = @status, note = @note, retain_until = @retain_until, revision = revision + 1
WHERE tenant = @tenant AND id = @id AND revision = @revision
RETURNING revision;

-- name: EraseReport :execrows
-- EraseReport removes a report.
DELETE FROM reports WHERE tenant = @tenant AND id = @id;

-- name: OutlineReport :one
-- OutlineReport reads a report without its texts.
SELECT tenant, id, created, channel, lang, country, outcome, codes, status, retain_until, revision FROM reports WHERE tenant = @tenant AND id = @id;

-- name: ListReportIDs :many
-- ListReportIDs reads the ids of a tenant's reports after one, in their order.
SELECT id FROM reports WHERE tenant = @tenant AND id > @after ORDER BY id LIMIT @most;

-- name: DueReports :many
-- DueReports reads which reports are to be erased after a place in their order, longest due first.
SELECT tenant, id, created, channel, outcome, status, retain_until, revision FROM reports
WHERE retain_until <= @due AND (retain_until, tenant, id) > (CAST(@after_until AS BIGINT), CAST(@after_tenant AS TEXT), CAST(@after_id AS TEXT))
ORDER BY retain_until, tenant, id LIMIT @most;
