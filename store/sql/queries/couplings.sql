-- name: PutCoupling :exec
-- PutCoupling writes what a report says to the guard, in place of what it said.
INSERT INTO couplings (tenant, report, account, orders, source, channel, verdict, knew, made, wanted, written, gone)
VALUES (@tenant, @report, @account, @orders, @source, @channel, @verdict, @knew, @made, @wanted, @written, @gone)
ON CONFLICT (tenant, report) DO UPDATE SET account = @account, orders = @orders, source = @source, channel = @channel, verdict = @verdict,
  knew = @knew, made = @made, wanted = @wanted, written = @written, gone = @gone;

-- name: GetCoupling :one
-- GetCoupling reads what a report says to the guard.
SELECT * FROM couplings WHERE tenant = @tenant AND report = @report;

-- name: WaitingCouplings :many
-- WaitingCouplings reads what is not in the log yet, of all tenants, longest waiting first.
SELECT * FROM couplings WHERE wanted > written ORDER BY made LIMIT @most;

-- name: CouplingsOfAccount :many
-- CouplingsOfAccount reads what reports say of an account, newest first.
SELECT * FROM couplings WHERE tenant = @tenant AND account = @account ORDER BY made DESC LIMIT @most;

-- name: DropCoupling :execrows
-- DropCoupling removes what a report says to the guard.
DELETE FROM couplings WHERE tenant = @tenant AND report = @report;

-- name: DropCouplingsOfAccount :execrows
-- DropCouplingsOfAccount removes what reports say of an account.
DELETE FROM couplings WHERE tenant = @tenant AND account = @account;
