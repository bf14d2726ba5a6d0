INSERT INTO couplings (tenant, report, account, orders, source, channel, verdict, knew, made, wanted, written, gone)
VALUES ('main', 'old-1', 'a-1', '["o-1"]', 'staff', 'call', 'scam', 1, 1795340000000000, 1, 1, 0);
