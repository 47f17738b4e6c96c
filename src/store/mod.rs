//! The SQLite store: sessions, attempts, drafts, assessments, drafted points and
//! endpoint capabilities.
//!
//! It keeps what it is given and judges nothing. Its one invariant: when a call
//! that saves an answer has returned, the answer is on disk. Two processes may
//! use one store at once.

mod caches;
mod history;
mod migrations;
mod records;

#[cfg(test)]
mod tests;

use std::path::{Path, PathBuf};
use std::time::Duration;

use rusqlite::{Connection, OpenFlags};

pub use records::{
    Attempt, AttemptKind, NewAttempt, SessionRecord, SessionState, StoredAssessment,
};

/// Name of the store's file.
const FILE: &str = "viva.db";

/// How long a write waits for another process's write.
const BUSY_WAIT: Duration = Duration::from_secs(10);

/// What went wrong with the store.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    /// The data folder cannot be made or written.
    #[error(
        "cannot write the data folder {path}: {source}; set VIVA_DATA_DIR to a folder that you can write"
    )]
    Folder {
        /// The folder.
        path: PathBuf,
        /// Why.
        source: std::io::Error,
    },
    /// No room is left.
    #[error("the disk that holds {path} is full: free some space; what was saved before is intact")]
    Full {
        /// The store's file.
        path: PathBuf,
    },
    /// The store was written by a newer version.
    #[error(
        "{path} was written by a newer viva (format {found}, this one knows {known}): update viva"
    )]
    TooNew {
        /// The store's file.
        path: PathBuf,
        /// Format found.
        found: i64,
        /// Newest format known.
        known: i64,
    },
    /// Anything else that SQLite reports.
    #[error("the store {path} failed: {source}")]
    Sqlite {
        /// The store's file.
        path: PathBuf,
        /// What SQLite says.
        source: rusqlite::Error,
    },
    /// A stored record that cannot be read.
    #[error("the store {path} holds a {what} that cannot be read: {source}")]
    Corrupt {
        /// The store's file.
        path: PathBuf,
        /// Kind of record.
        what: &'static str,
        /// Why.
        source: serde_json::Error,
    },
}

/// An open store.
#[derive(Debug)]
pub struct Store {
    connection: Connection,
    path: PathBuf,
}

/// How surely a write reaches the disk before the call returns.
#[derive(Debug, Clone, Copy)]
enum Sync {
    /// Survives a power cut.
    Full,
    /// Survives the end of the process; a power cut may take the last moments.
    Normal,
}

impl Store {
    /// Whether there is a store in a folder.
    pub fn is_in(folder: &Path) -> bool {
        folder.join(FILE).exists()
    }

    /// Opens the store in a folder, creating both if need be.
    ///
    /// # Errors
    /// [`StoreError`] says what failed and where.
    pub fn open(folder: &Path) -> Result<Self, StoreError> {
        std::fs::create_dir_all(folder)
            .map_err(|source| StoreError::Folder { path: folder.to_owned(), source })?;
        let path = folder.join(FILE);
        let connection = Connection::open_with_flags(&path, OpenFlags::default())
            .map_err(|source| fault(&path, source))?;
        restrict(&path);
        let mut store = Self { connection, path };
        store.configure().map_err(|source| fault(&store.path, source))?;
        store.migrate()?;
        Ok(store)
    }

    /// Where the store is.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// WAL where the file system can do it, else a rollback journal (network homes).
    fn configure(&self) -> rusqlite::Result<()> {
        self.connection.busy_timeout(BUSY_WAIT)?;
        let mode: String =
            self.connection.query_row("PRAGMA journal_mode = WAL", [], |row| row.get(0))?;
        if !mode.eq_ignore_ascii_case("wal") {
            self.connection.query_row("PRAGMA journal_mode = DELETE", [], |_| Ok(()))?;
        }
        self.connection.pragma_update(None, "foreign_keys", true)
    }

    fn migrate(&mut self) -> Result<(), StoreError> {
        migrations::run(&mut self.connection).map_err(|error| match error {
            migrations::Error::TooNew { found, known } => {
                StoreError::TooNew { path: self.path.clone(), found, known }
            }
            migrations::Error::Sqlite(source) => fault(&self.path, source),
        })
    }

    /// Runs one transaction with the given care for the disk.
    fn write<T>(
        &mut self,
        sync: Sync,
        work: impl FnOnce(&rusqlite::Transaction<'_>) -> rusqlite::Result<T>,
    ) -> Result<T, StoreError> {
        let level = match sync {
            Sync::Full => "FULL",
            Sync::Normal => "NORMAL",
        };
        let run = |connection: &mut Connection| {
            connection.pragma_update(None, "synchronous", level)?;
            let transaction =
                connection.transaction_with_behavior(rusqlite::TransactionBehavior::Immediate)?;
            let value = work(&transaction)?;
            transaction.commit()?;
            Ok(value)
        };
        run(&mut self.connection).map_err(|source| fault(&self.path, source))
    }

    fn read<T>(
        &self,
        work: impl FnOnce(&Connection) -> rusqlite::Result<T>,
    ) -> Result<T, StoreError> {
        work(&self.connection).map_err(|source| fault(&self.path, source))
    }

    fn corrupt(&self, what: &'static str) -> impl FnOnce(serde_json::Error) -> StoreError + '_ {
        move |source| StoreError::Corrupt { path: self.path.clone(), what, source }
    }
}

fn fault(path: &Path, source: rusqlite::Error) -> StoreError {
    let path = path.to_owned();
    match source.sqlite_error_code() {
        Some(rusqlite::ErrorCode::DiskFull) => StoreError::Full { path },
        Some(rusqlite::ErrorCode::ReadOnly | rusqlite::ErrorCode::CannotOpen) => {
            let reason = std::io::Error::other(source.to_string());
            let folder = path.parent().map_or_else(|| path.clone(), Path::to_owned);
            StoreError::Folder { path: folder, source: reason }
        }
        _ => StoreError::Sqlite { path, source },
    }
}

/// Answers are private: the file is readable by its owner alone.
fn restrict(path: &Path) {
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt;
        // A file system without permissions is no reason to refuse to work.
        let _ = std::fs::set_permissions(path, std::fs::Permissions::from_mode(0o600));
    }
    #[cfg(not(unix))]
    let _ = path;
}
