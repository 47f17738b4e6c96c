//! Brings results and index into agreement after whatever ended the last command.
//!
//! The results are the truth. After a kill at most a torn last line and some
//! missing index records are found. After a power failure anything written since
//! the last sync may be missing, torn or zeros, and that is at most
//! [`UNSYNCED`] bytes of results: so when the last command did not end well,
//! twice as many are read again, line by line, and their index records are made
//! anew. A line that is not whole is as if it were not there.

use std::fs::File;
use std::io::{self, BufRead, BufReader, BufWriter, Seek, SeekFrom, Write};
use std::os::unix::fs::FileExt;
use std::path::Path;

use super::entry::{self, Entry, SIDECAR};
use super::table::{Home, Table};
use super::{Inner, UNSYNCED, append, clean};
use crate::batch::resolve::Key;

/// Opens the files, repaired where that is needed.
pub(super) fn open(folder: &Path) -> io::Result<Inner> {
    let results = append(&folder.join("results.jsonl"))?;
    let mut sidecar = append(&folder.join("index"))?;
    let (there, width) = (results.metadata()?.len(), SIDECAR as u64);
    let records = sidecar.metadata()?.len() / width;
    let as_left = clean(records, there);
    let is_clean = std::fs::read_to_string(folder.join("clean")).is_ok_and(|at| at == as_left);
    let table = folder.join("table");
    if let (true, Ok(table)) = (is_clean, Table::open(&table)) {
        return Ok(Inner::new(folder, sidecar, there, records, table, true));
    }
    let (records, end) = trusted(&sidecar, records, there.saturating_sub(2 * UNSYNCED))?;
    sidecar.set_len(records * width)?;
    let (mut found, mut written) = (records, BufWriter::with_capacity(1 << 16, &mut sidecar));
    let end = reread(&results, end, &mut |key, entry| {
        found += 1;
        written.write_all(&entry.to_sidecar(key))
    })?;
    written.flush()?;
    drop(written);
    results.set_len(end)?;
    let mut table = Table::create(Home::Named(table), found)?;
    read(&sidecar, found, &mut |key, entry| table.set(key, entry))?;
    Ok(Inner::new(folder, sidecar, end, found, table, false))
}

/// Who is told of results that are found.
type Found<'a> = &'a mut dyn FnMut(Key, Entry) -> io::Result<()>;

/// How many index records are certain, and where the last of their lines ends: not after `limit`.
pub(super) fn trusted(sidecar: &File, mut records: u64, limit: u64) -> io::Result<(u64, u64)> {
    let mut record = [0; SIDECAR];
    while records > 0 {
        sidecar.read_exact_at(&mut record, (records - 1) * SIDECAR as u64)?;
        let end = Entry::of_sidecar(&record).and_then(|(_, entry)| entry.end());
        if let Some(end) = end.filter(|end| *end <= limit) {
            return Ok((records, end));
        }
        records -= 1;
    }
    Ok((0, 0))
}

/// Finds the lines from `from` on; returns where the last whole one ends.
pub(super) fn reread(results: &File, from: u64, found: Found<'_>) -> io::Result<u64> {
    let mut lines = BufReader::with_capacity(1 << 16, results);
    lines.seek(SeekFrom::Start(from))?;
    let (mut end, mut line) = (from, Vec::new());
    while lines.read_until(b'\n', &mut line)? > 0 && line.ends_with(b"\n") {
        let length = u32::try_from(line.len()).map_err(io::Error::other)?;
        let whole = entry::Kept::of_line(&line, "").and_then(|_| entry::key_of(&line));
        if let Some((key, status)) = whole {
            found(key, Entry { offset: end, length, status })?;
        }
        end += u64::from(length);
        line.clear();
    }
    Ok(end)
}

/// Finds the results of the first `records` index records.
pub(super) fn read(sidecar: &File, records: u64, found: Found<'_>) -> io::Result<()> {
    let mut reader = BufReader::with_capacity(1 << 16, sidecar);
    reader.seek(SeekFrom::Start(0))?;
    let mut record = [0; SIDECAR];
    for _ in 0..records {
        io::Read::read_exact(&mut reader, &mut record)?;
        if let Some((key, entry)) = Entry::of_sidecar(&record) {
            found(key, entry)?;
        }
    }
    Ok(())
}
