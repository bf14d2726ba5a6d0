-- name: PutTerms :exec
-- PutTerms writes the terms of a report, given as one text of 16 characters each.
WITH RECURSIVE n(i) AS (
  SELECT CAST(0 AS BIGINT) UNION ALL SELECT i + 1 FROM n WHERE i + 1 < CAST(@amount AS BIGINT)
)
INSERT INTO report_terms (tenant, id, term, created)
SELECT CAST(@tenant AS TEXT), CAST(@id AS TEXT), substr(CAST(@terms AS TEXT), CAST(n.i * 16 + 1 AS INTEGER), 16), CAST(@created AS BIGINT) FROM n
WHERE CAST(@amount AS BIGINT) > 0
ON CONFLICT (tenant, id, term) DO NOTHING;

-- name: DropTerms :execrows
-- DropTerms removes what a report is found by.
DELETE FROM report_terms WHERE tenant = @tenant AND id = @id;

-- name: SetIndexed :exec
-- SetIndexed writes with which version the terms of a report were made.
INSERT INTO report_indexed (tenant, id, version) VALUES (@tenant, @id, @version)
ON CONFLICT (tenant, id) DO UPDATE SET version = excluded.version;

-- name: DropIndexed :execrows
-- DropIndexed forgets the version.
DELETE FROM report_indexed WHERE tenant = @tenant AND id = @id;

-- name: StaleReports :many
-- StaleReports reads which reports after one have no terms of a version.
SELECT r.tenant, r.id FROM reports AS r
WHERE (r.tenant, r.id) > (@after_tenant, @after_id)
  AND NOT EXISTS (SELECT 1 FROM report_indexed AS x WHERE x.tenant = r.tenant AND x.id = r.id AND x.version = @version)
ORDER BY r.tenant, r.id LIMIT @most;

-- name: CountTerm :one
-- CountTerm counts how many reports have a term, up to a limit.
SELECT count(*) FROM (SELECT 1 FROM report_terms AS x WHERE x.tenant = @tenant AND x.term = @term LIMIT @most) AS counted;

-- name: EndOfScan :many
-- EndOfScan reads the last of the places that one search looks at.
SELECT created, id FROM report_terms
WHERE tenant = @tenant AND term = @term AND (created, id) < (CAST(@key_created AS BIGINT), CAST(@key_id AS TEXT)) AND created >= @created_from
ORDER BY created DESC, id DESC LIMIT 1 OFFSET @skip;

-- name: SearchReports :many
-- SearchReports reads the reports that have a term and seven others (where they are not empty), newest first, down to the
-- end of the scan, with the beginning of their texts (keyring.HeadBytes). Terms are counted, not asked for by EXISTS: for that
-- PostgreSQL may read the whole table to hash it. The other terms are asked for in report_terms_by_term, where those of one
-- term stand in the order of the lead's: so few pages of a large index are read, one after the other. BETWEEN says "equal" and
-- keeps both engines from the primary key, where each report is on a page of its own.
SELECT r.tenant, r.id, r.created, r.channel, r.lang, r.country, CAST(substr(r.body, 1, 4000) AS TEXT) AS body, r.outcome, r.probability, r.codes, r.fingerprint,
  r.consent, r.status, CAST(substr(r.note, 1, 4000) AS TEXT) AS note, r.retain_until, r.revision
FROM report_terms AS d JOIN reports AS r ON r.tenant = d.tenant AND r.id = d.id
WHERE d.tenant = @tenant AND d.term = @term1 AND (d.created, d.id) < (CAST(@key_created AS BIGINT), CAST(@key_id AS TEXT))
  AND (d.created, d.id) >= (CAST(@end_created AS BIGINT), CAST(@end_id AS TEXT))
  AND (CAST(@term2 AS TEXT) = '' OR (SELECT count(*) FROM report_terms AS x2 WHERE x2.tenant = d.tenant AND x2.term = @term2 AND x2.created = d.created AND x2.id BETWEEN d.id AND d.id) = 1)
  AND (CAST(@term3 AS TEXT) = '' OR (SELECT count(*) FROM report_terms AS x3 WHERE x3.tenant = d.tenant AND x3.term = @term3 AND x3.created = d.created AND x3.id BETWEEN d.id AND d.id) = 1)
  AND (CAST(@term4 AS TEXT) = '' OR (SELECT count(*) FROM report_terms AS x4 WHERE x4.tenant = d.tenant AND x4.term = @term4 AND x4.created = d.created AND x4.id BETWEEN d.id AND d.id) = 1)
  AND (CAST(@term5 AS TEXT) = '' OR (SELECT count(*) FROM report_terms AS x5 WHERE x5.tenant = d.tenant AND x5.term = @term5 AND x5.created = d.created AND x5.id BETWEEN d.id AND d.id) = 1)
  AND (CAST(@term6 AS TEXT) = '' OR (SELECT count(*) FROM report_terms AS x6 WHERE x6.tenant = d.tenant AND x6.term = @term6 AND x6.created = d.created AND x6.id BETWEEN d.id AND d.id) = 1)
  AND (CAST(@term7 AS TEXT) = '' OR (SELECT count(*) FROM report_terms AS x7 WHERE x7.tenant = d.tenant AND x7.term = @term7 AND x7.created = d.created AND x7.id BETWEEN d.id AND d.id) = 1)
  AND (CAST(@term8 AS TEXT) = '' OR (SELECT count(*) FROM report_terms AS x8 WHERE x8.tenant = d.tenant AND x8.term = @term8 AND x8.created = d.created AND x8.id BETWEEN d.id AND d.id) = 1)
  AND (CAST(@status AS TEXT) = '' OR r.status = @status)
  AND (CAST(@channel AS TEXT) = '' OR r.channel = @channel) AND (CAST(@outcome AS TEXT) = '' OR r.outcome = @outcome)
  AND (CAST(@lang AS TEXT) = '' OR r.lang = @lang) AND (CAST(@country AS TEXT) = '' OR r.country = @country)
ORDER BY d.created DESC, d.id DESC LIMIT @most;
