//! The list of sessions, for those who look back.

use super::{SessionRecord, Store, StoreError};

impl Store {
    /// The newest sessions, newest first.
    ///
    /// # Errors
    /// When the store cannot be read.
    pub fn sessions(&self, limit: u32) -> Result<Vec<SessionRecord>, StoreError> {
        let ids: Vec<i64> = self.read(|c| {
            let mut statement = c.prepare("SELECT id FROM sessions ORDER BY id DESC LIMIT ?1")?;
            let ids = statement.query_map([limit], |row| row.get(0))?;
            ids.collect()
        })?;
        ids.into_iter().filter_map(|id| self.session(id).transpose()).collect()
    }
}
