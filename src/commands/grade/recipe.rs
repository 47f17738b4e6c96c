//! What an output was made of, as one hash: so that a finished run is known again, and an input
//! that changes while the run goes on is noticed.
//!
//! Only bytes and names count, not times: a copy is the same input.

use std::ffi::OsString;
use std::io::{self, Sink, Write};
use std::path::Path;

use crate::batch::Stamped;
use crate::input;

/// Hash of all that an output depends on; none when the input cannot be read.
pub(super) fn of(input: &Path, parts: &[String]) -> Option<String> {
    let mut made_of = Stamped::new(io::sink());
    for part in parts {
        add(part.as_bytes(), &mut made_of).ok()?;
    }
    let found = std::fs::metadata(input).ok()?;
    if found.is_dir() {
        add_folder(input, &mut made_of).ok()?;
    } else if found.is_file() {
        made_of.write_file(input).ok()?;
    } else {
        return None;
    }
    Some(made_of.hash())
}

/// Adds bytes behind their number, so that no two lists of parts are the same bytes.
fn add(bytes: &[u8], made_of: &mut Stamped<Sink>) -> io::Result<()> {
    made_of.write_all(&(bytes.len() as u64).to_be_bytes())?;
    made_of.write_all(bytes)
}

/// Names and contents below a folder, but for what is not read as an answer; of what is neither
/// file nor folder, its name and kind.
fn add_folder(folder: &Path, made_of: &mut Stamped<Sink>) -> io::Result<()> {
    let names = std::fs::read_dir(folder)?.map(|entry| entry.map(|entry| entry.file_name()));
    let mut names: Vec<OsString> = names.collect::<Result<_, _>>()?;
    names.retain(|name| !input::is_passed_over(name));
    names.sort_unstable();
    made_of.write_all(&(names.len() as u64).to_be_bytes())?;
    for name in names {
        let path = folder.join(&name);
        let found = std::fs::symlink_metadata(&path)?;
        add(name.as_encoded_bytes(), made_of)?;
        write!(made_of, "{:?} {}", found.file_type(), found.len())?;
        if found.is_dir() {
            add_folder(&path, made_of)?;
        } else if found.is_file() {
            made_of.write_file(&path)?;
        }
    }
    Ok(())
}
