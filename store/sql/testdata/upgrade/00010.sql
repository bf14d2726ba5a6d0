INSERT INTO tenants (id, name, created) VALUES ('main', 'Main shop', 1795340000000000);
INSERT INTO people (tenant, id, login, name, lang, roles, team, suspended, created, revision)
VALUES ('main', 'p-1', 'anna@shop.example', 'Anna', 'de', '["analyst","admin"]', 't-1', 0, 1795340000000000, 2);
INSERT INTO teams (tenant, id, name, created) VALUES ('main', 't-1', 'Night shift', 1795340000000000);
INSERT INTO factors (tenant, person, password, password_changed, totp, step) VALUES ('main', 'p-1', '$argon2id$', 1795340000000000, 'open:X', 7);
INSERT INTO recovery_codes (tenant, person, hash) VALUES ('main', 'p-1', '00');
INSERT INTO passkeys (id, tenant, person, name, data, created, used) VALUES ('k', 'main', 'p-1', 'Laptop', '{}', 1795340000000000, 0);
INSERT INTO identities (issuer, subject, tenant, person, created) VALUES ('https://idp.example', '1', 'main', 'p-1', 1795340000000000);
