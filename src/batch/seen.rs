//! Keys that came by before, and where: for ids and answers that occur twice.
//!
//! Few are held in memory. When there are more, all go into a table on disk,
//! which has no name and so leaves nothing behind. Invariant: memory does not
//! depend on how many there are. Two different ids count as the same when 96
//! bits of their SHA-256 agree: at ten million rows a chance of 1 in 10^15.

use std::collections::HashMap;
use std::io;
use std::path::Path;

use sha2::{Digest, Sha256};

use super::journal::{Home, Table, Value};
use super::resolve::Key;

/// Keys that are held in memory, half a megabyte.
const IN_MEMORY: usize = 1 << 13;

/// Keys that came by before.
#[derive(Debug)]
pub(super) struct Seen {
    home: Home,
    few: HashMap<Key, u64>,
    table: Option<Table<Line>>,
}

impl Seen {
    /// Nothing yet; `folder` is for when they become many.
    pub(super) fn new(folder: &Path) -> Self {
        Self { home: Home::Nameless(folder.to_owned()), few: HashMap::new(), table: None }
    }

    /// The line at which the key was noted; notes it at `line` when it never was.
    pub(super) fn before(&mut self, key: Key, line: u64) -> io::Result<Option<u64>> {
        if let Some(table) = &mut self.table {
            return Ok(table.get_or_set(key, Line(line))?.map(|Line(before)| before));
        }
        if let Some(before) = self.few.get(&key) {
            return Ok(Some(*before));
        }
        self.few.insert(key, line);
        if self.few.len() > IN_MEMORY {
            let mut table = Table::create(self.home.clone(), 2 * IN_MEMORY as u64)?;
            for (key, line) in std::mem::take(&mut self.few) {
                table.set(key, Line(line))?;
            }
            self.table = Some(table);
        }
        Ok(None)
    }
}

/// A row's id as a key.
pub(super) fn key_of(id: &str) -> Key {
    let digest = Sha256::digest(id);
    Key(digest.iter().take(16).fold(0, |n, byte| n << 8 | u128::from(*byte)))
}

/// The number of a line.
#[derive(Debug, Clone, Copy)]
struct Line(u64);

impl Value for Line {
    fn to_bytes(self) -> [u8; 12] {
        let mut bytes = [0; 12];
        bytes[4..].copy_from_slice(&self.0.to_be_bytes());
        bytes
    }

    fn of_bytes(bytes: [u8; 12]) -> Self {
        Self(bytes[4..].iter().fold(0, |n, byte| n << 8 | u64::from(*byte)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_forgets_nothing_when_it_moves_to_disk_and_leaves_nothing_there() {
        let folder = tempfile::tempdir().unwrap();
        let mut seen = Seen::new(folder.path());
        let many = 3 * IN_MEMORY as u64;
        for n in 0..many {
            assert_eq!(seen.before(key_of(&format!("row {n}")), n).unwrap(), None);
        }
        assert!(seen.few.is_empty() && seen.table.is_some());
        assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 0);
        for n in (0..many).step_by(97) {
            assert_eq!(seen.before(key_of(&format!("row {n}")), many).unwrap(), Some(n));
        }
    }
}
