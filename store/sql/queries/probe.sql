-- name: TouchProbe :execrows
-- TouchProbe writes the row of the probe.
UPDATE probe SET tries = tries + 1 WHERE id = 1;
