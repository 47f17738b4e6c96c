//! A hash table on disk: from keys to values of twelve bytes.
//!
//! Pages of fixed size, chosen by the first bits of the key; a full page doubles
//! the table. Keys are parts of a SHA-256, so pages fill evenly. Nothing is held
//! in memory but one page, and nothing is lost with the file: who keeps one can
//! build it anew.

use std::fs::{File, OpenOptions};
use std::io::{self, BufWriter, Write};
use std::marker::PhantomData;
use std::ops::{BitOr, Shl};
use std::os::unix::fs::{FileExt, OpenOptionsExt};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering};

use crate::batch::resolve::Key;

const PAGE: usize = 4096;
/// Bytes of a record: the first twelve of the key, and the value.
const RECORD: usize = 24;
/// Records of a page; the rest of it holds their number.
const FULL: usize = (PAGE - 2) / RECORD;

/// What a table can hold: what fits into two numbers.
pub(in crate::batch) trait Value: Copy {
    /// The value as the table holds it.
    fn to_numbers(self) -> (u64, u32);
    /// The value that these numbers stand for.
    fn of_numbers(numbers: (u64, u32)) -> Self;
}

/// The table and its file.
#[derive(Debug)]
pub(in crate::batch) struct Table<V> {
    file: File,
    home: Home,
    /// The number of pages is 2 to this power.
    bits: u32,
    values: PhantomData<V>,
}

/// Where a file is.
#[derive(Debug, Clone)]
pub(in crate::batch) enum Home {
    /// At a path, to be opened again.
    Named(PathBuf),
    /// In a folder without a name: gone with the process, however that ends.
    Nameless(PathBuf),
}

impl<V: Value> Table<V> {
    /// A new table with room for about this many records, in place of any old one.
    pub(in crate::batch) fn create(home: Home, records: u64) -> io::Result<Self> {
        let wanted = records / (FULL as u64 / 2);
        let bits = (u64::BITS - wanted.leading_zeros()).clamp(4, 40);
        let file = home.new_file()?;
        file.set_len((PAGE as u64) << bits)?;
        home.take(bits, file)
    }

    /// Opens a table that was left whole.
    pub(super) fn open(path: &Path) -> io::Result<Self> {
        let file = OpenOptions::new().read(true).write(true).open(path)?;
        let pages = file.metadata()?.len() / PAGE as u64;
        if !pages.is_power_of_two() {
            return Err(io::Error::other("not a table"));
        }
        let (home, bits) = (Home::Named(path.to_owned()), pages.trailing_zeros());
        Ok(Self { file, home, bits, values: PhantomData })
    }

    /// The value of a key, if it has one.
    pub(in crate::batch) fn get(&self, key: Key) -> io::Result<Option<V>> {
        let page = Page::read(&self.file, page_of(head(key), self.bits))?;
        Ok(page.find(&head(key)).map(|at| value(page.record(at))))
    }

    /// Goes through all values.
    pub(super) fn each(&self, see: &mut dyn FnMut(V)) -> io::Result<()> {
        for number in 0..1_u64 << self.bits {
            let page = Page::read(&self.file, number)?;
            (0..page.len()).for_each(|at| see(value(page.record(at))));
        }
        Ok(())
    }

    /// Sets the value of a key.
    pub(in crate::batch) fn set(&mut self, key: Key, value: V) -> io::Result<()> {
        self.put(key, value, true).map(drop)
    }

    /// The value of a key; a key without one gets `value`.
    pub(in crate::batch) fn get_or_set(&mut self, key: Key, value: V) -> io::Result<Option<V>> {
        self.put(key, value, false)
    }

    fn put(&mut self, key: Key, new: V, replace: bool) -> io::Result<Option<V>> {
        let head = head(key);
        loop {
            let number = page_of(head, self.bits);
            let mut page = Page::read(&self.file, number)?;
            let found = page.find(&head);
            let before = found.map(|at| value(page.record(at)));
            if before.is_some() && !replace {
                return Ok(before);
            }
            let at = found.unwrap_or(page.len());
            if at < FULL {
                page.put(at, &record(head, new));
                page.write(&self.file, number)?;
                return Ok(before);
            }
            self.double()?;
        }
    }

    pub(super) fn sync(&self) -> io::Result<()> {
        self.file.sync_data()
    }

    /// Splits every page in two, from first to last.
    fn double(&mut self) -> io::Result<()> {
        let file = self.home.new_file()?;
        let mut out = BufWriter::with_capacity(64 * PAGE, &file);
        let bits = self.bits + 1;
        for number in 0..1_u64 << self.bits {
            let page = Page::read(&self.file, number)?;
            let mut halves = [Page::default(), Page::default()];
            for at in 0..page.len() {
                let record = page.record(at);
                let half = &mut halves[usize::from(page_of(head_of(record), bits) & 1 == 1)];
                half.put(half.len(), record);
            }
            halves.iter().try_for_each(|half| out.write_all(&half.0))?;
        }
        out.flush()?;
        drop(out);
        *self = self.home.clone().take(bits, file)?;
        Ok(())
    }
}

impl Home {
    /// An empty file there.
    pub(super) fn file(&self) -> io::Result<File> {
        match self {
            Self::Named(path) => Self::options().create(true).truncate(true).open(path),
            Self::Nameless(folder) => Self::nameless(folder),
        }
    }

    /// An empty file that is not the table yet.
    fn new_file(&self) -> io::Result<File> {
        match self {
            Self::Named(path) => Self::Named(path.with_extension("new")).file(),
            Self::Nameless(_) => self.file(),
        }
    }

    fn options() -> OpenOptions {
        let mut options = OpenOptions::new();
        options.read(true).write(true).mode(0o600);
        options
    }

    fn nameless(folder: &Path) -> io::Result<File> {
        static COUNT: AtomicU64 = AtomicU64::new(0);
        loop {
            let count = COUNT.fetch_add(1, Ordering::Relaxed);
            let path = folder.join(format!(".viva-{}-{count}", std::process::id()));
            match Self::options().create_new(true).open(&path) {
                Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {}
                Err(error) => return Err(error),
                Ok(file) => return std::fs::remove_file(&path).map(|()| file),
            }
        }
    }

    /// Makes the new file the table.
    fn take<V>(self, bits: u32, file: File) -> io::Result<Table<V>> {
        if let Self::Named(path) = &self {
            std::fs::rename(path.with_extension("new"), path)?;
        }
        Ok(Table { file, home: self, bits, values: PhantomData })
    }
}

/// The page of a key: its first bits.
fn page_of(head: [u8; 12], bits: u32) -> u64 {
    number::<u64>(&head[..8]) >> (u64::BITS - bits)
}

/// One page: records, and their number in the last two bytes.
struct Page([u8; PAGE]);

impl Default for Page {
    fn default() -> Self {
        Self([0; PAGE])
    }
}

impl Page {
    fn read(file: &File, number: u64) -> io::Result<Self> {
        let mut page = Self::default();
        file.read_exact_at(&mut page.0, number * PAGE as u64)?;
        Ok(page)
    }

    fn write(&self, file: &File, number: u64) -> io::Result<()> {
        file.write_all_at(&self.0, number * PAGE as u64)
    }

    fn len(&self) -> usize {
        usize::from(u16::from_be_bytes([self.0[PAGE - 2], self.0[PAGE - 1]])).min(FULL)
    }

    fn record(&self, at: usize) -> &[u8] {
        &self.0[at * RECORD..(at + 1) * RECORD]
    }

    fn find(&self, head: &[u8; 12]) -> Option<usize> {
        (0..self.len()).find(|at| self.record(*at).starts_with(head))
    }

    fn put(&mut self, at: usize, record: &[u8]) {
        self.0[at * RECORD..(at + 1) * RECORD].copy_from_slice(record);
        let len = u16::try_from(self.len().max(at + 1)).unwrap_or(u16::MAX);
        self.0[PAGE - 2..].copy_from_slice(&len.to_be_bytes());
    }
}

fn head(key: Key) -> [u8; 12] {
    let bytes = key.0.to_be_bytes();
    std::array::from_fn(|at| bytes[at])
}

fn head_of(record: &[u8]) -> [u8; 12] {
    std::array::from_fn(|at| record[at])
}

fn record<V: Value>(head: [u8; 12], value: V) -> [u8; RECORD] {
    let mut record = [0; RECORD];
    let (long, short) = value.to_numbers();
    record[..12].copy_from_slice(&head);
    record[12..20].copy_from_slice(&long.to_be_bytes());
    record[20..].copy_from_slice(&short.to_be_bytes());
    record
}

fn value<V: Value>(record: &[u8]) -> V {
    V::of_numbers((number(&record[12..20]), number(&record[20..RECORD])))
}

/// Bytes as a number, the first the highest; as many of them as it has.
pub(in crate::batch) fn number<N: From<u8> + Shl<u8, Output = N> + BitOr<Output = N>>(
    bytes: &[u8],
) -> N {
    bytes.iter().fold(N::from(0), |number, byte| number << 8 | N::from(*byte))
}

#[cfg(test)]
mod tests {
    use super::super::entry::{Entry, Status};
    use super::*;
    use crate::batch::seen::key_of;

    fn key(n: u64) -> Key {
        key_of(&n.to_string())
    }

    fn place(n: u64) -> Entry {
        Entry { offset: n * 1000, length: 999, status: Status::Graded }
    }

    #[test]
    fn it_grows_forgets_nothing_and_survives_reopening() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("table");
        let mut table = Table::create(Home::Named(path.clone()), 0).unwrap();
        for n in 0..20_000 {
            table.set(key(n), place(n)).unwrap();
        }
        table.set(key(7), Entry { status: Status::Failed, ..place(7) }).unwrap();
        drop(table);
        let table = Table::<Entry>::open(&path).unwrap();
        assert!(table.bits > 4);
        assert_eq!(table.get(key(7)).unwrap().unwrap().status, Status::Failed);
        for n in 8..20_000 {
            assert_eq!(table.get(key(n)).unwrap(), Some(place(n)));
        }
        assert_eq!(table.get(key(20_001)).unwrap(), None);
    }
}
