-- name: AddPolicyText :one
-- AddPolicyText writes a text under the next number; no row when the tenant has it.
INSERT INTO policy_texts (tenant, number, name, version, digest, body, made, author, state, revision)
SELECT CAST(@tenant AS TEXT), COALESCE(max(number), 0) + 1, CAST(@name AS TEXT), CAST(@version AS BIGINT), CAST(@digest AS TEXT), CAST(@body AS TEXT),
  CAST(@made AS BIGINT), CAST(@author AS TEXT), 'draft', 1
FROM policy_texts WHERE policy_texts.tenant = @tenant
ON CONFLICT DO NOTHING RETURNING number;

-- name: GetPolicyText :one
-- GetPolicyText reads a text.
SELECT * FROM policy_texts WHERE tenant = @tenant AND number = @number;

-- name: LivePolicyText :one
-- LivePolicyText reads the text that decides.
SELECT * FROM policy_texts WHERE tenant = @tenant AND state = 'live';

-- name: CandidatePolicyText :one
-- CandidatePolicyText reads the text that is tried.
SELECT * FROM policy_texts WHERE tenant = @tenant AND state IN ('shadow', 'proposed');

-- name: ListPolicyTexts :many
-- ListPolicyTexts reads texts without their bodies, newest first.
SELECT tenant, number, name, version, digest, made, author, state, revision FROM policy_texts
WHERE tenant = @tenant AND number < @below ORDER BY number DESC LIMIT @most;

-- name: MovePolicyText :execrows
-- MovePolicyText writes the state of a text whose revision is as it was read.
UPDATE policy_texts SET state = @state, revision = revision + 1 WHERE tenant = @tenant AND number = @number AND revision = @revision;

-- name: OthersInState :one
-- OthersInState counts other texts of the tenant in one of two states.
SELECT count(*) FROM policy_texts WHERE tenant = @tenant AND number <> @number AND (state = @one OR state = @other);

-- name: AddPolicyStep :exec
-- AddPolicyStep writes a step of a text.
INSERT INTO policy_steps (tenant, number, sequence, state, actor, made, why, proof)
VALUES (@tenant, @number, @sequence, @state, @actor, @made, @why, @proof);

-- name: ListPolicySteps :many
-- ListPolicySteps reads the steps of a text.
SELECT * FROM policy_steps WHERE tenant = @tenant AND number = @number ORDER BY sequence LIMIT @most;
