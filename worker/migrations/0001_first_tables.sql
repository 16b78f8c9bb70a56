-- The record shared across accounts. Every table is STRICT, every id INTEGER; Kommo's account id and subdomain are
-- plain columns, because a subdomain can change and an account can come back after an uninstall.

CREATE TABLE installations (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    kommo_account_id INTEGER NOT NULL UNIQUE,
    subdomain TEXT NOT NULL,
    host TEXT NOT NULL,
    api_domain TEXT,
    hook_key TEXT NOT NULL,
    connected INTEGER NOT NULL DEFAULT 0,
    uninstalled_at INTEGER,
    created_at INTEGER NOT NULL,
    updated_at INTEGER NOT NULL
) STRICT;
CREATE INDEX installations_by_host ON installations (host);

-- Both tokens are sealed.
CREATE TABLE kommo_auth_tokens (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    installation_id INTEGER NOT NULL UNIQUE REFERENCES installations (id),
    kommo_account_id INTEGER NOT NULL,
    access_token TEXT NOT NULL,
    refresh_token TEXT NOT NULL,
    expires_at INTEGER NOT NULL
) STRICT;

-- `voip_token` is the sealed JSON of the provider's credentials; `settings` is JSON, `version` its ETag.
CREATE TABLE widget_settings (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    installation_id INTEGER NOT NULL UNIQUE REFERENCES installations (id),
    kommo_account_id INTEGER NOT NULL,
    voip_token TEXT,
    active INTEGER NOT NULL DEFAULT 0,
    settings TEXT NOT NULL,
    version INTEGER NOT NULL DEFAULT 1
) STRICT;

CREATE TABLE voip_users (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    installation_id INTEGER NOT NULL REFERENCES installations (id),
    kommo_account_id INTEGER NOT NULL,
    kommo_user_id INTEGER NOT NULL,
    extension_id TEXT NOT NULL,
    UNIQUE (installation_id, extension_id)
) STRICT;

-- Only hashes: whoever reads this table can finish nobody's connection.
CREATE TABLE oauth_states (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    state_hash TEXT NOT NULL UNIQUE,
    binding_hash TEXT NOT NULL,
    expires_at INTEGER NOT NULL,
    used INTEGER NOT NULL DEFAULT 0
) STRICT;

-- Codes waiting for their exchange, and token pairs waiting for their Account object; both sealed.
CREATE TABLE pending_grants (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    code_hash TEXT NOT NULL UNIQUE,
    code TEXT NOT NULL,
    host TEXT NOT NULL,
    pair TEXT,
    received_at INTEGER NOT NULL,
    attempts INTEGER NOT NULL DEFAULT 0,
    next_at INTEGER NOT NULL,
    last_error TEXT
) STRICT;
CREATE INDEX pending_grants_due ON pending_grants (next_at);
