//! What an output was made of, as one hash: so that a finished run is known again, and an input
//! that changes while the run goes on is noticed.
//!
//! Only bytes and names count, not times: a copy is the same input.

use std::ffi::OsString;
use std::fs::File;
use std::io::{self, Read};
use std::path::Path;

use sha2::{Digest, Sha256};

use crate::input;

/// Hash of all that an output depends on; none when the input cannot be read.
pub(super) fn of(input: &Path, parts: &[String]) -> Option<String> {
    let mut hasher = Sha256::new();
    for part in parts {
        hasher.update((part.len() as u64).to_be_bytes());
        hasher.update(part);
    }
    let found = std::fs::metadata(input).ok()?;
    if found.is_dir() {
        add_folder(input, &mut hasher).ok()?;
    } else if found.is_file() {
        add_file(input, &mut hasher).ok()?;
    } else {
        return None;
    }
    Some(hasher.finalize().iter().fold(String::new(), |hex, byte| format!("{hex}{byte:02x}")))
}

fn add_file(path: &Path, hasher: &mut Sha256) -> io::Result<()> {
    let mut file = File::open(path)?;
    let mut buffer = vec![0; 1 << 16];
    loop {
        match file.read(&mut buffer)? {
            0 => return Ok(()),
            read => hasher.update(&buffer[..read]),
        }
    }
}

/// Names and contents below a folder, but for what is not read as an answer; of what is neither file nor folder, its name and kind.
fn add_folder(folder: &Path, hasher: &mut Sha256) -> io::Result<()> {
    let names = std::fs::read_dir(folder)?.map(|entry| entry.map(|entry| entry.file_name()));
    let mut names: Vec<OsString> = names.collect::<Result<_, _>>()?;
    names.retain(|name| !input::is_passed_over(name));
    names.sort_unstable();
    hasher.update((names.len() as u64).to_be_bytes());
    for name in names {
        let path = folder.join(&name);
        let found = std::fs::symlink_metadata(&path)?;
        hasher.update((name.len() as u64).to_be_bytes());
        hasher.update(name.as_encoded_bytes());
        hasher.update(format!("{:?} {}", found.file_type(), found.len()));
        if found.is_dir() {
            add_folder(&path, hasher)?;
        } else if found.is_file() {
            add_file(&path, hasher)?;
        }
    }
    Ok(())
}
