//! The object's own numbered migrations: forward only, each in one transaction, run while the object wakes.

use super::{Result, Store, int};

const MIGRATIONS: &[&[&str]] = &[
    FIRST,
    PEOPLE_SPEAK,
    PROVIDERS,
    JOURNAL,
    FAILURES_ARE_KEPT,
    LAST_CALLS,
    CALL_LISTS,
    ERASURE,
    CALLS_BY_AGE,
    DUE_LANES,
];

const FIRST: &[&str] = &[
    // Who the object is and its working copies of what D1 shares: one JSON value per name.
    "CREATE TABLE meta (id INTEGER PRIMARY KEY AUTOINCREMENT, name TEXT NOT NULL UNIQUE, value TEXT NOT NULL) STRICT",
    // The VoIP guide's voip_calls (its second `status` is delivery_status), and behind `lane` what we add: when the
    // call is looked at next, the merged reports, and what was written for it.
    "CREATE TABLE voip_calls (
        id INTEGER PRIMARY KEY AUTOINCREMENT,
        public_id TEXT NOT NULL UNIQUE,
        installation_id INTEGER NOT NULL,
        kommo_account_id INTEGER NOT NULL,
        provider TEXT NOT NULL,
        call_id TEXT NOT NULL,
        from_number TEXT NOT NULL,
        to_number TEXT NOT NULL,
        direction TEXT NOT NULL,
        recording TEXT,
        responsible_user_id INTEGER,
        status TEXT NOT NULL,
        call_result TEXT,
        duration INTEGER NOT NULL,
        delivery_status TEXT NOT NULL,
        delivery_reason TEXT,
        started_at INTEGER NOT NULL,
        entity_id INTEGER,
        entity_type TEXT,
        unsorted_uid TEXT,
        created_at INTEGER NOT NULL,
        lane TEXT NOT NULL,
        due_at INTEGER,
        rating INTEGER,
        kommo_requests INTEGER NOT NULL DEFAULT 0,
        switched_off INTEGER NOT NULL DEFAULT 0,
        reports TEXT NOT NULL,
        done TEXT NOT NULL,
        UNIQUE (provider, call_id)
    ) STRICT",
    "CREATE INDEX voip_calls_due ON voip_calls (due_at) WHERE due_at IS NOT NULL",
    "CREATE INDEX voip_calls_lane ON voip_calls (lane, due_at)",
    // What a delivery said is kept as a digest: enough to tell a repeat from a forgery.
    "CREATE TABLE deliveries (
        id INTEGER PRIMARY KEY AUTOINCREMENT,
        delivery_id TEXT NOT NULL UNIQUE,
        digest TEXT NOT NULL,
        at INTEGER NOT NULL
    ) STRICT",
    "CREATE TABLE outbox (
        id INTEGER PRIMARY KEY AUTOINCREMENT,
        key TEXT NOT NULL UNIQUE,
        call INTEGER NOT NULL,
        action TEXT NOT NULL,
        state TEXT NOT NULL,
        attempts INTEGER NOT NULL DEFAULT 0,
        sent_at INTEGER,
        due_at INTEGER NOT NULL,
        reason TEXT,
        result TEXT
    ) STRICT",
    "CREATE INDEX outbox_open ON outbox (state) WHERE state <> 'done'",
    // The phone index: what Kommo is known to hold about a number. `epoch` counts how often that person vanished.
    "CREATE TABLE people (
        id INTEGER PRIMARY KEY AUTOINCREMENT,
        number TEXT NOT NULL UNIQUE,
        person TEXT NOT NULL,
        epoch INTEGER NOT NULL DEFAULT 0
    ) STRICT",
    "CREATE TABLE sends (
        id INTEGER PRIMARY KEY AUTOINCREMENT,
        at INTEGER NOT NULL,
        purpose TEXT NOT NULL,
        call INTEGER,
        done_at INTEGER
    ) STRICT",
    "CREATE INDEX sends_open ON sends (done_at) WHERE done_at IS NULL",
    "CREATE INDEX sends_at ON sends (at)",
    "CREATE TABLE traces (
        id INTEGER PRIMARY KEY AUTOINCREMENT,
        call INTEGER NOT NULL,
        at INTEGER NOT NULL,
        kind TEXT NOT NULL,
        text TEXT NOT NULL
    ) STRICT",
    "CREATE INDEX traces_call ON traces (call)",
    "CREATE TABLE tickets (
        id INTEGER PRIMARY KEY AUTOINCREMENT,
        digest TEXT NOT NULL UNIQUE,
        user_id INTEGER NOT NULL,
        reusable INTEGER NOT NULL,
        expires_at INTEGER NOT NULL
    ) STRICT",
    "CREATE TABLE dismissals (
        id INTEGER PRIMARY KEY AUTOINCREMENT,
        call INTEGER NOT NULL,
        user_id INTEGER NOT NULL,
        UNIQUE (call, user_id)
    ) STRICT",
    "CREATE TABLE lines (
        id INTEGER PRIMARY KEY AUTOINCREMENT,
        extension_id TEXT NOT NULL UNIQUE,
        kommo_user_id INTEGER NOT NULL
    ) STRICT",
];

const PEOPLE_SPEAK: &[&str] = &[
    // What people said about a call: result, rating, acceptance.
    "ALTER TABLE voip_calls ADD COLUMN feedback TEXT NOT NULL DEFAULT '{}'",
    // What Kommo was known to hold about the number when the call was first decided, for the replay.
    "ALTER TABLE voip_calls ADD COLUMN basis TEXT",
    // Whoever was rung has been told of the miss.
    "ALTER TABLE voip_calls ADD COLUMN told INTEGER NOT NULL DEFAULT 0",
    // Kommo told us that somebody of this number changed: read again before it decides anything, and in any case soon.
    "ALTER TABLE people ADD COLUMN stale_since INTEGER",
    "CREATE INDEX people_stale ON people (stale_since) WHERE stale_since IS NOT NULL",
    // Which entities the phone index holds, so that a message about any other is passed over at once.
    "CREATE TABLE holdings (
        id INTEGER PRIMARY KEY AUTOINCREMENT,
        kind TEXT NOT NULL,
        entity INTEGER NOT NULL,
        number TEXT NOT NULL,
        UNIQUE (kind, entity, number)
    ) STRICT",
    "CREATE INDEX holdings_number ON holdings (number)",
    // Asked before every decision, and there is hardly ever one.
    "CREATE INDEX outbox_sending ON outbox (call) WHERE state = 'sending'",
    "CREATE INDEX outbox_call ON outbox (call)",
];

const PROVIDERS: &[&str] = &[
    // Each provider has lines of its own: those of a former one are still needed for its late events.
    "CREATE TABLE provider_lines (
        id INTEGER PRIMARY KEY AUTOINCREMENT,
        provider TEXT NOT NULL,
        extension_id TEXT NOT NULL,
        kommo_user_id INTEGER NOT NULL,
        UNIQUE (provider, extension_id)
    ) STRICT",
    "INSERT INTO provider_lines (provider, extension_id, kommo_user_id)
        SELECT 'generic', extension_id, kommo_user_id FROM lines",
    "DROP TABLE lines",
    // Recordings that came before the first report of their call.
    "CREATE TABLE late_recordings (
        id INTEGER PRIMARY KEY AUTOINCREMENT,
        provider TEXT NOT NULL,
        call_id TEXT NOT NULL,
        recording TEXT NOT NULL,
        at INTEGER NOT NULL,
        UNIQUE (provider, call_id)
    ) STRICT",
    // Who last talked with a number is asked while it rings.
    "CREATE INDEX voip_calls_talks ON voip_calls (lane, id) WHERE duration > 0",
];

const JOURNAL: &[&str] = &[
    // In the journal's order, and with everything it is filtered and counted by: neither a page nor a figure reads a
    // call that is not asked for.
    "CREATE INDEX voip_calls_journal ON voip_calls
        (started_at, responsible_user_id, direction, status, duration, rating, from_number, to_number)",
    // The lines a call has to do with: whose of them it is, is asked when somebody reads the journal, since a line may
    // go to another manager.
    "CREATE TABLE call_lines (
        id INTEGER PRIMARY KEY AUTOINCREMENT,
        call INTEGER NOT NULL,
        provider TEXT NOT NULL,
        extension_id TEXT NOT NULL,
        UNIQUE (call, extension_id)
    ) STRICT",
    "INSERT OR IGNORE INTO call_lines (call, provider, extension_id)
        SELECT voip_calls.id, provider, leg.key FROM voip_calls, json_each(reports, '$.legs') AS leg",
    "INSERT OR IGNORE INTO call_lines (call, provider, extension_id)
        SELECT id, provider, json_extract(reports, '$.from') FROM voip_calls",
    "INSERT OR IGNORE INTO call_lines (call, provider, extension_id)
        SELECT id, provider, json_extract(reports, '$.to') FROM voip_calls",
    "CREATE INDEX call_lines_line ON call_lines (provider, extension_id, call)",
];

const FAILURES_ARE_KEPT: &[&str] = &[
    // What the widget was refused, under the reference the person was shown.
    "CREATE TABLE failures (
        id INTEGER PRIMARY KEY AUTOINCREMENT,
        reference TEXT NOT NULL,
        at INTEGER NOT NULL,
        user_id INTEGER NOT NULL,
        what TEXT NOT NULL,
        status INTEGER NOT NULL,
        text TEXT NOT NULL
    ) STRICT",
];

const LAST_CALLS: &[&str] = &[
    // The last calls with a number are read while it rings; someone who calls all day must not slow that down.
    "CREATE INDEX voip_calls_of_lane ON voip_calls (lane, id)",
];

const CALL_LISTS: &[&str] = &[
    // One list per person, as a whole; `under_way` and `due_at` say whether and when it is looked at by itself.
    "CREATE TABLE call_lists (
        user_id INTEGER PRIMARY KEY,
        list TEXT NOT NULL,
        under_way INTEGER NOT NULL,
        due_at INTEGER,
        changed_at INTEGER NOT NULL
    ) STRICT",
];

const ERASURE: &[&str] = &[
    // A digest of provider and call id: what is reported late of an erased call must not bring it back.
    "CREATE TABLE erased_calls (
        id INTEGER PRIMARY KEY AUTOINCREMENT,
        digest TEXT NOT NULL UNIQUE,
        at INTEGER NOT NULL
    ) STRICT",
];

const CALLS_BY_AGE: &[&str] = &[
    // Every page load asks for the newest calls and every upkeep for the oldest: neither reads the years between.
    "CREATE INDEX voip_calls_created ON voip_calls (created_at)",
];

const DUE_LANES: &[&str] = &[
    // Asked with every alarm and every ring: the earliest lanes are read from the index alone, however many wait.
    "CREATE INDEX voip_calls_due_lane ON voip_calls (due_at, lane) WHERE due_at IS NOT NULL",
    "DROP INDEX voip_calls_due",
];

/// Brings the tables up to date.
pub(super) fn apply(store: &Store) -> Result<()> {
    store.run("CREATE TABLE IF NOT EXISTS migrations (id INTEGER PRIMARY KEY) STRICT", vec![])?;
    let done = match store.first("SELECT COALESCE(MAX(id), 0) FROM migrations", vec![])? {
        Some(row) => row.int(0)?,
        None => 0,
    };
    for (number, statements) in (1_i64..).zip(MIGRATIONS).filter(|(number, _)| *number > done) {
        store.tx(|| {
            for statement in *statements {
                store.run(statement, vec![])?;
            }
            store.run("INSERT INTO migrations (id) VALUES (?1)", vec![int(number)])
        })?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use sha2::{Digest, Sha256};

    /// What each release shipped; a line is never changed, a new migration adds one.
    const RELEASED: &str = include_str!("released_migrations.txt");

    fn digest(text: &str) -> String {
        crate::adapters::random::hex(&Sha256::digest(text.as_bytes()))
    }

    #[test]
    fn no_migration_that_was_released_has_changed() {
        let d1 = [
            ("d1/0001", include_str!("../../../migrations/0001_first_tables.sql")),
            ("d1/0002", include_str!("../../../migrations/0002_lines_by_provider.sql")),
            ("d1/0003", include_str!("../../../migrations/0003_keys_and_uninstalls.sql")),
        ];
        let known = |name: &str| RELEASED.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix(' '));
        for (name, text) in d1 {
            assert_eq!(known(name), Some(digest(text).as_str()), "{name} was released: write a new one instead");
        }
        for (number, statements) in (1..).zip(MIGRATIONS) {
            let name = format!("object/{number}");
            if let Some(released) = known(&name) {
                assert_eq!(digest(&statements.join(";\n")), released, "{name} was released: write a new one instead");
            }
        }
        let count = RELEASED.lines().filter(|line| !line.starts_with('#')).count();
        assert_eq!(count, d1.len() + RELEASED.matches("object/").count());
        assert!(RELEASED.matches("object/").count() <= MIGRATIONS.len(), "a released migration is gone");
    }
}
