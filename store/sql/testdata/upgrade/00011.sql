INSERT INTO sessions (token, id, tenant, person, method, agent, origin, created, seen, confirmed)
VALUES ('00', 's-1', 'main', 'p-1', 'passkey', 'Firefox, Linux', '192.0.2.0/24', 1795340000000000, 1795340000000000, 1795340000000000);
INSERT INTO tickets (kind, word, id, tenant, person, data, created, expires, tries) VALUES ('invite', '00', 'i-1', 'main', '', '{}', 1795340000000000, 1895340000000000, 0);
INSERT INTO attempts (hash, began, failed) VALUES ('00', 1795340000000000, 3);
INSERT INTO api_keys (tenant, id, person, name, secret, scopes, created, expires, used, ended)
VALUES ('main', 'key-1', 'p-1', 'robot', '00', '["report.read"]', 1795340000000000, 1895340000000000, 0, 0);
