-- name: AddTenant :execrows
-- AddTenant writes a tenant; no row when there is one of the id.
INSERT INTO tenants (id, name, created) VALUES (@id, @name, @created) ON CONFLICT (id) DO NOTHING;

-- name: GetTenant :one
-- GetTenant reads a tenant.
SELECT * FROM tenants WHERE id = @id;

-- name: ListTenants :many
-- ListTenants reads all tenants.
SELECT * FROM tenants ORDER BY id;

-- name: RenameTenant :execrows
-- RenameTenant writes another name.
UPDATE tenants SET name = @name WHERE id = @id;

-- name: GetSettings :one
-- GetSettings reads the settings of a tenant.
SELECT * FROM settings WHERE tenant = @tenant;

-- name: PutSettings :one
-- PutSettings writes the settings of a tenant whose revision is as it was read; no row when it is another.
INSERT INTO settings (tenant, lang, country, second_for, idle, absolute, notice, changed, revision)
VALUES (@tenant, @lang, @country, @second_for, @idle, @absolute, @notice, @changed, @revision + 1)
ON CONFLICT (tenant) DO UPDATE SET lang = excluded.lang, country = excluded.country, second_for = excluded.second_for, idle = excluded.idle,
    absolute = excluded.absolute, notice = excluded.notice, changed = excluded.changed, revision = excluded.revision
WHERE settings.revision = excluded.revision - 1
RETURNING revision;

-- name: AddPerson :execrows
-- AddPerson writes a person; no row when the tenant has the id or login.
INSERT INTO people (tenant, id, login, name, lang, roles, team, suspended, created, revision)
VALUES (@tenant, @id, @login, @name, @lang, @roles, @team, @suspended, @created, 1)
ON CONFLICT DO NOTHING;

-- name: GetPerson :one
-- GetPerson reads a person.
SELECT * FROM people WHERE tenant = @tenant AND id = @id;

-- name: GetPersonByLogin :one
-- GetPersonByLogin reads the person with a login.
SELECT * FROM people WHERE tenant = @tenant AND login = @login;

-- name: UpdatePerson :one
-- UpdatePerson writes what may change of a person whose revision is as it was read and whose login nobody else has.
UPDATE people SET login = @login, name = @name, lang = @lang, roles = @roles, team = @team, suspended = @suspended, revision = revision + 1
WHERE people.tenant = @tenant AND people.id = @id AND people.revision = @revision
  AND NOT EXISTS (SELECT 1 FROM people AS other WHERE other.tenant = @tenant AND other.login = @login AND other.id <> @id)
RETURNING revision;

-- name: ListPeople :many
-- ListPeople reads people after a key, newest first.
SELECT * FROM people
WHERE tenant = @tenant AND (created, id) < (CAST(@key_created AS BIGINT), CAST(@key_id AS TEXT))
ORDER BY created DESC, id DESC LIMIT @most;

-- name: CountActive :one
-- CountActive counts people with a role who are not suspended; pattern is the role as it stands in the JSON list.
SELECT count(*) FROM people WHERE tenant = @tenant AND suspended = 0 AND roles LIKE @pattern;

-- name: AddTeam :execrows
-- AddTeam writes a team; no row when the tenant has the id or name.
INSERT INTO teams (tenant, id, name, created) VALUES (@tenant, @id, @name, @created) ON CONFLICT DO NOTHING;

-- name: ListTeams :many
-- ListTeams reads the teams of a tenant.
SELECT * FROM teams WHERE tenant = @tenant ORDER BY name;

-- name: RemoveTeam :execrows
-- RemoveTeam removes a team.
DELETE FROM teams WHERE tenant = @tenant AND id = @id;

-- name: LeaveTeam :exec
-- LeaveTeam takes all people out of a team.
UPDATE people SET team = '', revision = revision + 1 WHERE tenant = @tenant AND team = @team;

-- name: GetFactors :one
-- GetFactors reads a person's secrets.
SELECT * FROM factors WHERE tenant = @tenant AND person = @person;

-- name: SetPassword :exec
-- SetPassword writes the hash of a password.
INSERT INTO factors (tenant, person, password, password_changed, totp, step) VALUES (@tenant, @person, @password, @password_changed, '', 0)
ON CONFLICT (tenant, person) DO UPDATE SET password = excluded.password, password_changed = excluded.password_changed;

-- name: SetTOTP :exec
-- SetTOTP writes the sealed secret of an authenticator app.
INSERT INTO factors (tenant, person, password, password_changed, totp, step) VALUES (@tenant, @person, '', 0, @totp, @step)
ON CONFLICT (tenant, person) DO UPDATE SET totp = excluded.totp, step = excluded.step;

-- name: UseStep :execrows
-- UseStep writes the step of a code; no row when it is not later than the last.
UPDATE factors SET step = @step WHERE tenant = @tenant AND person = @person AND step < @step;

-- name: AddRecovery :exec
-- AddRecovery writes the hash of a recovery code.
INSERT INTO recovery_codes (tenant, person, hash) VALUES (@tenant, @person, @hash);

-- name: DropRecovery :exec
-- DropRecovery removes all recovery codes of a person.
DELETE FROM recovery_codes WHERE tenant = @tenant AND person = @person;

-- name: UseRecovery :execrows
-- UseRecovery removes one recovery code.
DELETE FROM recovery_codes WHERE tenant = @tenant AND person = @person AND hash = @hash;

-- name: CountRecovery :one
-- CountRecovery counts the recovery codes of a person.
SELECT count(*) FROM recovery_codes WHERE tenant = @tenant AND person = @person;

-- name: AddPasskey :execrows
-- AddPasskey writes a passkey; no row when there is one of the id.
INSERT INTO passkeys (id, tenant, person, name, data, created, used) VALUES (@id, @tenant, @person, @name, @data, @created, @used)
ON CONFLICT (id) DO NOTHING;

-- name: FindPasskey :one
-- FindPasskey reads a passkey of whomever.
SELECT * FROM passkeys WHERE id = @id;

-- name: ListPasskeys :many
-- ListPasskeys reads the passkeys of a person.
SELECT * FROM passkeys WHERE tenant = @tenant AND person = @person ORDER BY created, id;

-- name: UsePasskey :execrows
-- UsePasskey writes what a log-in made of a passkey.
UPDATE passkeys SET data = @data, used = @used WHERE id = @id;

-- name: RemovePasskey :execrows
-- RemovePasskey removes a passkey of a person.
DELETE FROM passkeys WHERE tenant = @tenant AND person = @person AND id = @id;

-- name: AddIdentity :execrows
-- AddIdentity ties an account at a provider; no row when it is tied.
INSERT INTO identities (issuer, subject, tenant, person, created) VALUES (@issuer, @subject, @tenant, @person, @created)
ON CONFLICT (issuer, subject) DO NOTHING;

-- name: FindIdentity :one
-- FindIdentity reads whom an account is tied to.
SELECT * FROM identities WHERE issuer = @issuer AND subject = @subject;

-- name: ListIdentities :many
-- ListIdentities reads the accounts tied to a person.
SELECT * FROM identities WHERE tenant = @tenant AND person = @person ORDER BY issuer, subject;

-- name: RemoveIdentity :execrows
-- RemoveIdentity unties an account.
DELETE FROM identities WHERE tenant = @tenant AND person = @person AND issuer = @issuer AND subject = @subject;
