INSERT INTO policy_texts (tenant, number, name, version, digest, body, made, author, state, revision)
VALUES ('main', 1, 'takeover', 1, 'abababababababababababababababababababababababababababababababab', 'policy: takeover', 1795340000000000, 'p-1', 'live', 2);
INSERT INTO policy_steps (tenant, number, sequence, state, actor, made, why, proof) VALUES ('main', 1, 1, 'draft', 'p-1', 1795340000000000, 'the first', '');
INSERT INTO policy_steps (tenant, number, sequence, state, actor, made, why, proof) VALUES ('main', 1, 2, 'live', 'p-1', 1795340000000001, 'it holds', '{"cases":3}');
