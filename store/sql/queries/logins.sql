-- name: AddSession :execrows
-- AddSession writes a session; no row when the token or id exists.
INSERT INTO sessions (token, id, tenant, person, method, agent, origin, created, seen, confirmed)
VALUES (@token, @id, @tenant, @person, @method, @agent, @origin, @created, @seen, @confirmed)
ON CONFLICT DO NOTHING;

-- name: FindSession :one
-- FindSession reads the session of a token.
SELECT * FROM sessions WHERE token = @token;

-- name: TouchSession :execrows
-- TouchSession writes when a session was last used.
UPDATE sessions SET seen = @seen WHERE token = @token;

-- name: ListSessions :many
-- ListSessions reads the sessions of a person.
SELECT * FROM sessions WHERE tenant = @tenant AND person = @person ORDER BY seen DESC, id;

-- name: EndSession :execrows
-- EndSession removes a session of a person.
DELETE FROM sessions WHERE tenant = @tenant AND person = @person AND id = @id;

-- name: EndOtherSessions :execrows
-- EndOtherSessions removes all sessions of a person but one.
DELETE FROM sessions WHERE tenant = @tenant AND person = @person AND id <> @keep;

-- name: SweepSessions :execrows
-- SweepSessions removes sessions that are over.
DELETE FROM sessions WHERE seen < @idle OR created < @absolute;

-- name: AddTicket :execrows
-- AddTicket writes a ticket; no row when the word exists.
INSERT INTO tickets (kind, word, id, tenant, person, data, created, expires, tries)
VALUES (@kind, @word, @id, @tenant, @person, @data, @created, @expires, @tries)
ON CONFLICT (kind, word) DO NOTHING;

-- name: FindTicket :one
-- FindTicket reads a ticket that is not past its time.
SELECT * FROM tickets WHERE kind = @kind AND word = @word AND expires > @now;

-- name: TakeTicket :one
-- TakeTicket removes a ticket that is not past its time and returns it.
DELETE FROM tickets WHERE kind = @kind AND word = @word AND expires > @now RETURNING *;

-- name: TryTicket :one
-- TryTicket counts a wrong answer.
UPDATE tickets SET tries = tries + 1 WHERE kind = @kind AND word = @word RETURNING tries;

-- name: ListTickets :many
-- ListTickets reads the tickets of a kind of a tenant.
SELECT * FROM tickets WHERE tenant = @tenant AND kind = @kind AND expires > @now ORDER BY created DESC, id LIMIT @most;

-- name: DropTicketsOf :execrows
-- DropTicketsOf removes the tickets of a kind that a person has.
DELETE FROM tickets WHERE tenant = @tenant AND kind = @kind AND person = @person;

-- name: DropTicket :execrows
-- DropTicket removes a ticket by its id.
DELETE FROM tickets WHERE tenant = @tenant AND kind = @kind AND id = @id;

-- name: SweepTickets :execrows
-- SweepTickets removes tickets past their time.
DELETE FROM tickets WHERE expires <= @now;

-- name: GetAttempts :one
-- GetAttempts reads a count.
SELECT * FROM attempts WHERE hash = @hash;

-- name: SetAttempts :exec
-- SetAttempts writes a count.
INSERT INTO attempts (hash, began, failed) VALUES (@hash, @began, @failed)
ON CONFLICT (hash) DO UPDATE SET began = excluded.began, failed = excluded.failed;

-- name: ClearAttempts :exec
-- ClearAttempts removes a count.
DELETE FROM attempts WHERE hash = @hash;

-- name: SweepAttempts :exec
-- SweepAttempts removes counts that began before a time.
DELETE FROM attempts WHERE began < @before;

-- name: AddKey :execrows
-- AddKey writes a key; no row when the id or secret exists.
INSERT INTO api_keys (tenant, id, person, name, secret, scopes, created, expires, used, ended)
VALUES (@tenant, @id, @person, @name, @secret, @scopes, @created, @expires, @used, @ended)
ON CONFLICT DO NOTHING;

-- name: FindKey :one
-- FindKey reads the key of a secret.
SELECT * FROM api_keys WHERE secret = @secret;

-- name: GetKey :one
-- GetKey reads a key of a tenant.
SELECT * FROM api_keys WHERE tenant = @tenant AND id = @id;

-- name: ListKeys :many
-- ListKeys reads the keys of a person, or of the tenant.
SELECT * FROM api_keys WHERE tenant = @tenant AND (CAST(@person AS TEXT) = '' OR person = @person) ORDER BY created DESC, id LIMIT @most;

-- name: LiveKeys :many
-- LiveKeys reads all keys of a person, or of the tenant, that are good at a time.
SELECT * FROM api_keys WHERE tenant = @tenant AND (CAST(@person AS TEXT) = '' OR person = @person)
  AND expires > CAST(@now AS BIGINT) AND (ended = 0 OR ended > CAST(@now AS BIGINT))
ORDER BY created DESC, id;

-- name: TouchKey :execrows
-- TouchKey writes when a key was last used.
UPDATE api_keys SET used = @used WHERE secret = @secret;

-- name: EndKey :execrows
-- EndKey sets when a key ends, unless it ends sooner.
UPDATE api_keys SET ended = CASE WHEN ended = 0 OR ended > CAST(@ended AS BIGINT) THEN CAST(@ended AS BIGINT) ELSE ended END
WHERE tenant = @tenant AND id = @id;

-- name: RemoveKeys :execrows
-- RemoveKeys removes keys of a person, or of all people of the tenant; those that ended before a time, or all.
DELETE FROM api_keys WHERE tenant = @tenant AND (CAST(@person AS TEXT) = '' OR person = @person)
  AND (CAST(@before AS BIGINT) = 0 OR expires < CAST(@before AS BIGINT) OR ended <> 0 AND ended < CAST(@before AS BIGINT));
