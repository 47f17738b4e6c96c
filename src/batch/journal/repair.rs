//! Brings results and index into agreement after whatever ended the last command.
//!
//! The results are the truth. An index record that points past them goes, a
//! whole line without a record gets one, a torn last line is cut off.

use std::fs::File;
use std::io::{self, BufRead, BufReader, Seek, SeekFrom, Write};
use std::os::unix::fs::FileExt;
use std::path::Path;

use super::entry::{self, Entry, SIDECAR};
use super::table::Table;
use super::{append, remove};

/// Repairs the files and returns the index, the length of the results and the number of records.
pub(super) fn repair(folder: &Path, generation: u8) -> io::Result<(File, u64, u64)> {
    let results = append(&folder.join("results.jsonl"))?;
    let mut sidecar = append(&folder.join("index"))?;
    let there = results.metadata()?.len();
    let width = SIDECAR as u64;
    let mut records = sidecar.metadata()?.len() / width;
    let mut end = 0;
    while records > 0 {
        let (_, entry) = read(&sidecar, records - 1)?;
        end = entry.offset + u64::from(entry.length);
        if end <= there {
            break;
        }
        (records, end) = (records - 1, 0);
    }
    sidecar.set_len(records * width)?;
    let mut lines = BufReader::new(&results);
    lines.seek(SeekFrom::Start(end))?;
    let mut line = Vec::new();
    while lines.read_until(b'\n', &mut line)? > 0 {
        let Some((key, status)) = entry::key_of(&line) else { break };
        let length = u32::try_from(line.len()).map_err(io::Error::other)?;
        let entry = Entry { offset: end, length, status, generation };
        sidecar.write_all(&entry.to_sidecar(key))?;
        (end, records) = (end + u64::from(length), records + 1);
        line.clear();
    }
    results.set_len(end)?;
    Ok((sidecar, end, records))
}

fn read(sidecar: &File, number: u64) -> io::Result<(crate::batch::resolve::Key, Entry)> {
    let mut record = [0; SIDECAR];
    sidecar.read_exact_at(&mut record, number * SIDECAR as u64)?;
    Ok(Entry::of_sidecar(&record))
}

/// The table of an index: as it was left when it was left whole, else built anew.
pub(super) fn table(folder: &Path, sidecar: &File, records: u64) -> io::Result<Table> {
    let (path, clean) = (folder.join("table"), folder.join("clean"));
    let whole = std::fs::read_to_string(&clean).is_ok_and(|text| text == records.to_string());
    // From now on it changes.
    remove(&clean)?;
    if let (true, Ok(table)) = (whole, Table::open(&path)) {
        return Ok(table);
    }
    let mut table = Table::create(&path, records)?;
    let mut reader = BufReader::with_capacity(1 << 16, sidecar);
    reader.seek(SeekFrom::Start(0))?;
    let mut record = [0; SIDECAR];
    for _ in 0..records {
        io::Read::read_exact(&mut reader, &mut record)?;
        let (key, entry) = Entry::of_sidecar(&record);
        table.set(key, entry)?;
    }
    Ok(table)
}
