-- name: AddWebhook :execrows
-- AddWebhook writes an address; no row when the tenant has the id.
INSERT INTO webhooks (tenant, id, url, secret, actions, lang, state, made, made_by, place, delivered, last_done, tries, due, failing, given_up, problem, revision)
VALUES (@tenant, @id, @url, @secret, @actions, @lang, @state, @made, @made_by, @place, 0, 0, 0, 0, 0, 0, '', 1)
ON CONFLICT (tenant, id) DO NOTHING;

-- name: GetWebhook :one
-- GetWebhook reads an address.
SELECT * FROM webhooks WHERE tenant = @tenant AND id = @id;

-- name: AllWebhooks :many
-- AllWebhooks reads the addresses of a tenant.
SELECT * FROM webhooks WHERE tenant = @tenant ORDER BY made, id LIMIT @most;

-- name: ChangeWebhook :execrows
-- ChangeWebhook writes what people decide where the revision is as it was read.
UPDATE webhooks SET url = @url, secret = @secret, actions = @actions, lang = @lang, state = @state, tries = 0, due = 0, failing = 0, given_up = 0, problem = '', revision = revision + 1
WHERE tenant = @tenant AND id = @id AND revision = @revision;

-- name: MoveWebhook :execrows
-- MoveWebhook writes how far an address has come, unless somebody changed it.
UPDATE webhooks SET place = @place, delivered = @delivered, last_done = @last_done, tries = @tries, due = @due, failing = @failing,
    given_up = @given_up, problem = @problem, state = @state
WHERE tenant = @tenant AND id = @id AND revision = @revision;

-- name: RemoveWebhook :execrows
-- RemoveWebhook removes an address.
DELETE FROM webhooks WHERE tenant = @tenant AND id = @id;

-- name: RemoveDeadOf :exec
-- RemoveDeadOf removes all that was given up for an address.
DELETE FROM webhook_dead WHERE tenant = @tenant AND webhook = @webhook;

-- name: AddDead :exec
-- AddDead writes what was given up, in place of an earlier try.
INSERT INTO webhook_dead (tenant, webhook, sequence, decision, made, problem)
VALUES (@tenant, @webhook, @sequence, @decision, @made, @problem)
ON CONFLICT (tenant, webhook, sequence) DO UPDATE SET made = excluded.made, problem = excluded.problem;

-- name: ListDead :many
-- ListDead reads what was given up, newest decision first.
SELECT * FROM webhook_dead WHERE tenant = @tenant AND webhook = @webhook AND sequence < @below ORDER BY sequence DESC LIMIT @most;

-- name: CountDead :one
-- CountDead counts what was given up.
SELECT count(*) FROM webhook_dead WHERE tenant = @tenant AND webhook = @webhook;

-- name: GetDead :one
-- GetDead reads one that was given up.
SELECT * FROM webhook_dead WHERE tenant = @tenant AND webhook = @webhook AND sequence = @sequence;

-- name: RemoveDead :execrows
-- RemoveDead removes one.
DELETE FROM webhook_dead WHERE tenant = @tenant AND webhook = @webhook AND sequence = @sequence;

-- name: SweepDead :execrows
-- SweepDead removes what was given up before a time.
DELETE FROM webhook_dead WHERE made < @before;
