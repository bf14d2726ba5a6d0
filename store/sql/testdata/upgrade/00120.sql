INSERT INTO guard_lists (tenant, name, field, about, made, made_by) VALUES ('main', 'mules', 'order.gift_recipients', '受け子', 1795340000000000, 'p-1');
INSERT INTO guard_entries (tenant, list, value, ends, reason, made, made_by, pending, change)
VALUES ('main', 'mules', '0123456789abcdef0123456789abcdef', 1826876000000000, 'three takeovers', 1795340000000000, 'p-1', '', '');
