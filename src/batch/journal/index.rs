//! Values by key: in memory while they are few, then in a table on disk that has no name and so
//! leaves nothing behind.
//!
//! Invariant: memory does not depend on how many there are.

use std::collections::HashMap;
use std::io;
use std::path::Path;

use super::table::{Home, Table, Value};
use crate::batch::resolve::Key;

/// Values that are held in memory, as many as a map of 2^14 slots holds: half a megabyte.
const IN_MEMORY: usize = 7 << 11;

/// Values by key.
#[derive(Debug)]
pub(in crate::batch) struct Index<V> {
    home: Home,
    few: HashMap<Key, V>,
    table: Option<Table<V>>,
}

impl<V: Value> Index<V> {
    /// Nothing yet; `folder` is for when they become many.
    pub(in crate::batch) fn new(folder: &Path) -> Self {
        Self { home: Home::Nameless(folder.to_owned()), few: HashMap::new(), table: None }
    }

    /// The value of a key, if it has one.
    pub(in crate::batch) fn get(&self, key: Key) -> io::Result<Option<V>> {
        match &self.table {
            Some(table) => table.get(key),
            None => Ok(self.few.get(&key).copied()),
        }
    }

    /// Sets the value of a key.
    pub(in crate::batch) fn set(&mut self, key: Key, value: V) -> io::Result<()> {
        if let Some(table) = &mut self.table {
            return table.set(key, value);
        }
        self.few.insert(key, value);
        if self.few.len() > IN_MEMORY { self.spill() } else { Ok(()) }
    }

    /// The value of a key; a key without one gets `value`.
    pub(in crate::batch) fn get_or_set(&mut self, key: Key, value: V) -> io::Result<Option<V>> {
        if let Some(table) = &mut self.table {
            return table.get_or_set(key, value);
        }
        let before = self.few.get(&key).copied();
        if before.is_none() {
            self.set(key, value)?;
        }
        Ok(before)
    }

    fn spill(&mut self) -> io::Result<()> {
        let mut table = Table::create(self.home.clone(), 2 * IN_MEMORY as u64)?;
        for (key, value) in std::mem::take(&mut self.few) {
            table.set(key, value)?;
        }
        self.table = Some(table);
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::super::entry::{Entry, Status};
    use super::*;
    use crate::batch::seen::key_of;

    #[test]
    fn it_forgets_nothing_when_it_moves_to_disk_and_leaves_nothing_there() {
        let folder = tempfile::tempdir().unwrap();
        let mut index = Index::new(folder.path());
        let many = 3 * IN_MEMORY as u64;
        let at = |offset| Entry { offset, length: 1, status: Status::Graded };
        for n in 0..many {
            assert_eq!(index.get_or_set(key_of(&format!("row {n}")), at(n)).unwrap(), None);
        }
        assert!(index.few.is_empty() && index.table.is_some());
        assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 0);
        for n in (0..many).step_by(97) {
            let key = key_of(&format!("row {n}"));
            assert_eq!(index.get_or_set(key, at(many)).unwrap(), Some(at(n)));
            index.set(key, at(many + n)).unwrap();
            assert_eq!(index.get(key).unwrap(), Some(at(many + n)));
        }
    }
}
