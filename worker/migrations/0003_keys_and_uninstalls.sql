-- Sealing keys are replaced without anybody connecting again, and an uninstalled account is erased after a while.

-- What checks addresses made under each sealing key ever used: derived from it, opens nothing, and stays, because
-- addresses in telephone systems and links in Kommo's notes stay. Sealed.
CREATE TABLE address_keys (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    fingerprint TEXT NOT NULL UNIQUE,
    sealed TEXT NOT NULL
) STRICT;

-- The id of the key that seals everything the account's object holds, as the object said; null while it did not.
ALTER TABLE installations ADD COLUMN sealed_with TEXT;
-- When the object is asked next to seal anew, or to erase an account that was uninstalled.
ALTER TABLE installations ADD COLUMN wake_at INTEGER NOT NULL DEFAULT 0;
-- When the data of an uninstalled account was erased; the row stays, so that its addresses say so.
ALTER TABLE installations ADD COLUMN erased_at INTEGER;
