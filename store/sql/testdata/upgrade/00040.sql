INSERT INTO subject_keys (tenant, subject, secret, created, destroyed)
VALUES ('main', 'a-1', '', 1795340000000000, 1795350000000000);
