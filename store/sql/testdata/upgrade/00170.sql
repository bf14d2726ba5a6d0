INSERT INTO webhooks (tenant, id, url, secret, actions, lang, state, made, made_by, place, delivered, last_done, tries, due, failing, given_up, problem, revision)
VALUES ('main', 'wh-1', 'https://shop.example/hook', 'whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw', '["hold"]', 'ja', 'on', 1795340000000000, 'p-1', 7, 3, 1795340000000000, 0, 0, 0, 0, '', 1);
INSERT INTO webhook_dead (tenant, webhook, sequence, decision, made, problem) VALUES ('main', 'wh-1', 5, '0123456789abcdef', 1795340000000000, 'status 500');
