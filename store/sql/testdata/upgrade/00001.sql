INSERT INTO reports (tenant, id, created, channel, lang, country, body, outcome, probability, codes, fingerprint, consent, status, note, retain_until, revision)
VALUES ('main', 'old-1', 1795340000000000, 'sms', 'de', 'DE', 'Ihr Konto ist gesperrt: 注文', 'scam', 0.97, '["callback_number"]', '', '2026-11', 'open', 'noted', 1810900000000000, 3);
INSERT INTO reports (tenant, id, created, channel, lang, country, body, outcome, probability, codes, fingerprint, consent, status, note, retain_until, revision)
VALUES ('other', 'old-1', 1795340000000001, 'mail', '', '', '', 'unknown', 0.5, '[]', '', '2026-11', 'new', '', 1810900000000000, 1);
