INSERT INTO holds (tenant, id, kind, record, marks, held_from, held_until, reason, actor, since, ends, released, released_by, release_reason)
VALUES ('main', 'hold-1', 'report', 'old-1', '[]', 0, 0, 'a court asks for it', 'p-1', 1795340000000000, 0, 0, '', '');
INSERT INTO erasures (tenant, kind, mark, erased) VALUES ('main', 'report', '00', 1795340000000000);
INSERT INTO certificates (tenant, id, kind, made, actor, asker, subject, body, entry, hash)
VALUES ('main', 'c-1', 'erasure', 1795340000000000, 'p-1', 'person', '00', '{}', 1, '00');
