//! What would cost calls to find out again: drafted points, capabilities of
//! endpoints, and the installation's own key.
//!
//! Losing any of it loses no answer.

use rusqlite::{OptionalExtension, params};

use super::{Store, StoreError, Sync};
use crate::domain::Question;

impl Store {
    /// The key of this installation's nonces; `fresh` is kept when there is none yet.
    ///
    /// # Errors
    /// When the store cannot be read or written.
    pub fn nonce_key(&mut self, fresh: &[u8]) -> Result<Vec<u8>, StoreError> {
        self.write(Sync::Normal, |tx| {
            tx.execute(
                "INSERT OR IGNORE INTO installation (id, nonce_key) VALUES (1, ?1)",
                [fresh],
            )?;
            tx.query_row("SELECT nonce_key FROM installation WHERE id = 1", [], |row| row.get(0))
        })
    }

    /// Points drafted from a reference, by the hash of its content.
    ///
    /// # Errors
    /// When the store cannot be read.
    pub fn drafted(&self, content_hash: &str) -> Result<Option<Question>, StoreError> {
        let body =
            self.body("SELECT body FROM drafted_points WHERE content_hash = ?1", content_hash)?;
        let read = |body: String| {
            let mut fields: serde_json::Map<_, _> = serde_json::from_str(&body)?;
            // Whose draft it is, the caller knows.
            fields.remove("id");
            serde_json::from_value(fields.into())
        };
        body.map(read).transpose().map_err(self.corrupt("drafted question"))
    }

    /// Keeps drafted points; the first draft of a content stands.
    ///
    /// # Errors
    /// When the store cannot be written.
    pub fn save_drafted(
        &mut self,
        content_hash: &str,
        question: &Question,
        at: &str,
    ) -> Result<(), StoreError> {
        let body = serde_json::to_string(question).map_err(self.corrupt("drafted question"))?;
        self.write(Sync::Normal, |tx| {
            tx.execute(
                "INSERT OR IGNORE INTO drafted_points (content_hash, body, created_at)
                 VALUES (?1, ?2, ?3)",
                params![content_hash, body, at],
            )?;
            Ok(())
        })
    }

    /// What an endpoint was found to be able to do, as JSON text.
    ///
    /// # Errors
    /// When the store cannot be read.
    pub fn capability(&self, endpoint: &str) -> Result<Option<String>, StoreError> {
        self.body("SELECT body FROM capabilities WHERE endpoint = ?1", endpoint)
    }

    /// Keeps what an endpoint was found to be able to do.
    ///
    /// # Errors
    /// When the store cannot be written.
    pub fn save_capability(&mut self, endpoint: &str, body: &str) -> Result<(), StoreError> {
        self.write(Sync::Normal, |tx| {
            tx.execute(
                "INSERT OR REPLACE INTO capabilities (endpoint, body) VALUES (?1, ?2)",
                params![endpoint, body],
            )?;
            Ok(())
        })
    }

    fn body(&self, sql: &str, key: &str) -> Result<Option<String>, StoreError> {
        self.read(|c| c.query_row(sql, [key], |row| row.get(0)).optional())
    }
}
