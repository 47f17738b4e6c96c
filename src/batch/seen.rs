//! Keys that came by before, and where: for ids and answers that occur twice.
//!
//! Memory does not depend on how many there are. Two different ids count as the
//! same when 96 bits of their SHA-256 agree: at ten million rows a chance of 1
//! in 10^15.

use std::io;
use std::path::Path;

use sha2::{Digest, Sha256};

use super::journal::{Index, Value, number};
use super::resolve::Key;

/// Keys that came by before.
#[derive(Debug)]
pub(super) struct Seen(Index<Line>);

impl Seen {
    /// Nothing yet; `folder` is for when they become many.
    pub(super) fn new(folder: &Path) -> Self {
        Self(Index::new(folder))
    }

    /// The line at which the key was noted; notes it at `line` when it never was.
    pub(super) fn before(&mut self, key: Key, line: u64) -> io::Result<Option<u64>> {
        Ok(self.0.get_or_set(key, Line(line))?.map(|Line(before)| before))
    }
}

/// A row's id, or another text, as a key.
pub(super) fn key_of(id: &str) -> Key {
    Key(number(&Sha256::digest(id)[..16]))
}

/// The number of a line.
#[derive(Debug, Clone, Copy)]
struct Line(u64);

impl Value for Line {
    fn to_numbers(self) -> (u64, u32) {
        (self.0, 0)
    }

    fn of_numbers((line, _): (u64, u32)) -> Self {
        Self(line)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_line_of_a_key_is_remembered_however_many_there_are() {
        let folder = tempfile::tempdir().unwrap();
        let mut seen = Seen::new(folder.path());
        for n in 0..40_000 {
            assert_eq!(seen.before(key_of(&format!("row {n}")), n << 33).unwrap(), None);
        }
        for n in (0..40_000).step_by(97) {
            assert_eq!(seen.before(key_of(&format!("row {n}")), 1).unwrap(), Some(n << 33));
        }
    }
}
