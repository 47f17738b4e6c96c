//! The store's format, as a list of steps that only ever grows.
//!
//! `user_version` counts the steps that a file has been through; all that are
//! missing run in one transaction, so a killed migration leaves the old format.

use rusqlite::Connection;

const STEPS: &[&str] = &["
CREATE TABLE installation (
    id        INTEGER PRIMARY KEY CHECK (id = 1),
    nonce_key BLOB NOT NULL
) STRICT;
CREATE TABLE sessions (
    id          INTEGER PRIMARY KEY,
    started_at  TEXT NOT NULL,
    finished_at TEXT,
    lang        TEXT NOT NULL,
    questions   TEXT NOT NULL,
    position    INTEGER NOT NULL DEFAULT 0
) STRICT;
CREATE TABLE attempts (
    id           INTEGER PRIMARY KEY,
    session_id   INTEGER REFERENCES sessions(id),
    position     INTEGER NOT NULL,
    question_id  TEXT NOT NULL,
    kind         TEXT NOT NULL,
    lang         TEXT NOT NULL,
    answer       TEXT NOT NULL,
    hints        INTEGER NOT NULL DEFAULT 0,
    seconds      INTEGER NOT NULL DEFAULT 0,
    submitted_at TEXT NOT NULL
) STRICT;
CREATE INDEX attempts_by_session ON attempts(session_id, position);
CREATE INDEX attempts_by_question ON attempts(question_id);
CREATE TABLE assessments (
    id         INTEGER PRIMARY KEY,
    attempt_id INTEGER NOT NULL REFERENCES attempts(id),
    created_at TEXT NOT NULL,
    body       TEXT NOT NULL
) STRICT;
CREATE INDEX assessments_by_attempt ON assessments(attempt_id);
CREATE TABLE drafts (
    session_id INTEGER NOT NULL REFERENCES sessions(id),
    position   INTEGER NOT NULL,
    text       TEXT NOT NULL,
    saved_at   TEXT NOT NULL,
    PRIMARY KEY (session_id, position)
) STRICT;
CREATE TABLE drafted_points (
    content_hash TEXT PRIMARY KEY,
    body         TEXT NOT NULL,
    created_at   TEXT NOT NULL
) STRICT;
CREATE TABLE capabilities (
    endpoint TEXT PRIMARY KEY,
    body     TEXT NOT NULL
) STRICT;
"];

#[derive(Debug)]
pub(super) enum Error {
    TooNew { found: i64, known: i64 },
    Sqlite(rusqlite::Error),
}

impl From<rusqlite::Error> for Error {
    fn from(error: rusqlite::Error) -> Self {
        Self::Sqlite(error)
    }
}

pub(super) fn run(connection: &mut Connection) -> Result<(), Error> {
    let known = i64::try_from(STEPS.len()).expect("invariant: a handful of steps");
    if version(connection)? == known {
        return Ok(());
    }
    let transaction =
        connection.transaction_with_behavior(rusqlite::TransactionBehavior::Immediate)?;
    // Another process may have migrated while this one waited for the lock.
    let found = version(&transaction)?;
    if found > known {
        return Err(Error::TooNew { found, known });
    }
    let done = usize::try_from(found).unwrap_or(0);
    for step in &STEPS[done..] {
        transaction.execute_batch(step)?;
    }
    transaction.pragma_update(None, "user_version", known)?;
    transaction.commit()?;
    Ok(())
}

fn version(connection: &Connection) -> rusqlite::Result<i64> {
    connection.query_row("PRAGMA user_version", [], |row| row.get(0))
}
