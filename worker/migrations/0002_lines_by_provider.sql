-- Each provider has lines of its own: those of a former one are still needed for its late events. SQLite cannot
-- change a constraint, so the table is made anew.

CREATE TABLE voip_users_by_provider (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    installation_id INTEGER NOT NULL REFERENCES installations (id),
    kommo_account_id INTEGER NOT NULL,
    kommo_user_id INTEGER NOT NULL,
    provider TEXT NOT NULL,
    extension_id TEXT NOT NULL,
    UNIQUE (installation_id, provider, extension_id)
) STRICT;
INSERT INTO voip_users_by_provider (id, installation_id, kommo_account_id, kommo_user_id, provider, extension_id)
    SELECT id, installation_id, kommo_account_id, kommo_user_id, 'generic', extension_id FROM voip_users;
DROP TABLE voip_users;
ALTER TABLE voip_users_by_provider RENAME TO voip_users;
