//! Where a report goes: standard output, or a file that appears whole or not at all.

use std::fs::File;
use std::io::{self, BufWriter, Write};
use std::path::{Path, PathBuf};

use super::output;
use crate::failure::{Failure, Kind};

/// Where a report goes.
pub(super) struct Target<'a>(Option<&'a Path>);

impl<'a> Target<'a> {
    pub(super) fn new(path: Option<&'a Path>) -> Self {
        Self(path)
    }

    /// Lets `work` write; a file takes its name only when all of it is written.
    pub(super) fn write(
        &self,
        work: impl FnOnce(&mut dyn Write) -> io::Result<()>,
    ) -> Result<(), Failure> {
        let Some(path) = self.0 else {
            let mut out = output();
            work(&mut out)?;
            return Ok(out.flush()?);
        };
        let beside = partial(path);
        let written = write_file(&beside, work).and_then(|()| std::fs::rename(&beside, path));
        if written.is_err() {
            // What is left of a failed report is of no use to anybody.
            let _ = std::fs::remove_file(&beside);
        }
        written.map_err(|error| {
            let path = path.display();
            let said = (format!("cannot write {path}"), format!("无法写入 {path}"));
            Failure::io(Kind::Internal, error, said)
        })
    }
}

fn write_file(path: &Path, work: impl FnOnce(&mut dyn Write) -> io::Result<()>) -> io::Result<()> {
    let mut out = BufWriter::new(File::create(path)?);
    work(&mut out)?;
    out.flush()
}

fn partial(path: &Path) -> PathBuf {
    let mut name = path.file_name().unwrap_or_default().to_owned();
    name.push(".partial");
    path.with_file_name(name)
}

/// The files of a report in pages: `report.html`, `report-2.html`, ….
pub(super) fn pages(first: &Path, count: u64) -> Vec<PathBuf> {
    let stem = first.file_stem().unwrap_or_default().to_string_lossy();
    let extension = first.extension().map(|e| format!(".{}", e.to_string_lossy()));
    let extension = extension.unwrap_or_default();
    let further = (2..=count).map(|page| first.with_file_name(format!("{stem}-{page}{extension}")));
    std::iter::once(first.to_owned()).chain(further).collect()
}
