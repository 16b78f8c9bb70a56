-- The cron wakes objects nobody heard of for a month. A renewed pair is how an object shows itself; one that was woken
-- and stayed silent is woken again a day later, and lets the others go first until then.

-- Unix seconds: when the pair was stored, or as if, after its object was woken.
ALTER TABLE kommo_auth_tokens ADD COLUMN seen_at INTEGER NOT NULL DEFAULT 0;
-- An access token lives for a day.
UPDATE kommo_auth_tokens SET seen_at = expires_at - 86400;
CREATE INDEX kommo_auth_tokens_seen ON kommo_auth_tokens (seen_at);
