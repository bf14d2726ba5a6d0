INSERT INTO report_terms (tenant, id, term, created) VALUES ('main', 'old-1', 'AAAAAAAAAAAAAAAA', 1795340000000000);
INSERT INTO report_indexed (tenant, id, version) VALUES ('main', 'old-1', 1);
