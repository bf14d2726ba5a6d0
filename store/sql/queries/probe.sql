-- name: TouchProbe :execrows
-- TouchProbe writes the row of the probe.
UPDATE probe SET tries = tries + 1 WHERE id = 1;

-- name: SeeProbe :one
-- SeeProbe counts the row of the probe.
SELECT count(*) FROM probe WHERE id = 1;
