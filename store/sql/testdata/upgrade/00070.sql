INSERT INTO settings (tenant, lang, country, second_for, idle, absolute, notice, changed, revision)
VALUES ('main', 'de', 'DE', '["admin"]', 1800, 28800, 'Hilfe: Anschluss 12', 1795340000000000, 1);
