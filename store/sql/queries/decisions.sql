-- name: AddDecision :execrows
-- AddDecision writes a decision; no row when the tenant has the id.
INSERT INTO decisions (tenant, id, sequence, made, happened, place, kind, account, purchase, action, score, digest, rules, body, event, assigned, label, labelled_by, labelled, retain_until, revision)
VALUES (@tenant, @id, @sequence, @made, @happened, @place, @kind, @account, @purchase, @action, @score, @digest, @rules, @body, @event, '', '', '', 0, @retain_until, 1)
ON CONFLICT (tenant, id) DO NOTHING;

-- name: NewestDecision :many
-- NewestDecision reads the highest sequence, no row when there is no decision.
SELECT sequence FROM decisions WHERE tenant = @tenant ORDER BY sequence DESC LIMIT 1;

-- name: GetDecision :one
-- GetDecision reads a decision.
SELECT * FROM decisions WHERE tenant = @tenant AND id = @id;

-- name: ListDecisions :many
-- ListDecisions reads decisions below a sequence, newest first; '*' stands for any.
SELECT * FROM decisions
WHERE tenant = @tenant AND sequence < @below
  AND (CAST(@action AS TEXT) = '*' OR action = @action) AND (CAST(@assigned AS TEXT) = '*' OR assigned = @assigned)
  AND (CAST(@label AS TEXT) = '*' OR label = @label) AND sequence >= @lowest
ORDER BY sequence DESC LIMIT @most;

-- name: ListDecisionsOfAccount :many
-- ListDecisionsOfAccount reads decisions of one account below a sequence, newest first.
SELECT * FROM decisions
WHERE tenant = @tenant AND account = @account AND sequence < @below
  AND (CAST(@action AS TEXT) = '*' OR action = @action) AND (CAST(@assigned AS TEXT) = '*' OR assigned = @assigned)
  AND (CAST(@label AS TEXT) = '*' OR label = @label) AND sequence >= @lowest
ORDER BY sequence DESC LIMIT @most;

-- name: DecisionsAfter :many
-- DecisionsAfter reads decisions above a sequence, oldest first.
SELECT * FROM decisions WHERE tenant = @tenant AND sequence > @after ORDER BY sequence LIMIT @most;

-- name: AssignDecision :one
-- AssignDecision writes who works on a decision whose revision is as it was read.
UPDATE decisions SET assigned = @assigned, revision = revision + 1
WHERE tenant = @tenant AND id = @id AND revision = @revision RETURNING revision;

-- name: LabelDecision :one
-- LabelDecision writes what a decision turned out to be, if its revision is as it was read.
UPDATE decisions SET label = @label, labelled_by = @labelled_by, labelled = @labelled, revision = revision + 1
WHERE tenant = @tenant AND id = @id AND revision = @revision RETURNING revision;

-- name: CountLabelledRules :many
-- CountLabelledRules counts labelled decisions by the rules that hit.
SELECT rules, label, count(*) AS amount FROM decisions
WHERE tenant = @tenant AND label > '' AND sequence >= @lowest GROUP BY rules, label ORDER BY rules, label;

-- name: CountDecisions :many
-- CountDecisions counts decisions by action and label.
SELECT action, label, count(*) AS amount FROM decisions
WHERE tenant = @tenant AND sequence >= @lowest GROUP BY action, label ORDER BY action, label;

-- name: DueDecisions :many
-- DueDecisions reads decisions whose time is over after a place in their order, longest due first.
SELECT * FROM decisions
WHERE retain_until <= @due AND (retain_until, tenant, id) > (CAST(@after_until AS BIGINT), CAST(@after_tenant AS TEXT), CAST(@after_id AS TEXT))
ORDER BY retain_until, tenant, id LIMIT @most;

-- name: EraseDecision :execrows
-- EraseDecision removes a decision.
DELETE FROM decisions WHERE tenant = @tenant AND id = @id;

-- name: PutPolicy :exec
-- PutPolicy writes which policy decides from a place of the log on.
INSERT INTO guard_policies (tenant, since, digest, name, version, body, made)
VALUES (@tenant, @since, @digest, @name, @version, @body, @made)
ON CONFLICT (tenant, since, made) DO UPDATE SET digest = @digest, name = @name, version = @version, body = @body;

-- name: ListPolicies :many
-- ListPolicies reads which policies decided, the one that began last first.
SELECT * FROM guard_policies WHERE tenant = @tenant ORDER BY made DESC, since DESC LIMIT @most;

-- name: GetPolicy :many
-- GetPolicy reads the newest policy of a digest.
SELECT * FROM guard_policies WHERE tenant = @tenant AND digest = @digest ORDER BY made DESC, since DESC LIMIT 1;
