//! Where a report goes: standard output, a device or FIFO, or a file that appears whole
//! or not at all.
//!
//! A report is made anew at will, so an earlier report is written over; any other file
//! is refused, and so is every page that would fall on one.

use std::fs::File;
use std::io::{self, BufWriter, Read, Write};
use std::path::{Path, PathBuf};

use crate::commands::place;
use crate::failure::{Failure, Kind, Said};
use crate::report::{self, MOST_PAGES};
use crate::term::{Unwritten, output};

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
            return Ok(work(&mut out).and_then(|()| out.flush()).map_err(Unwritten)?);
        };
        let written = if place::is_stream(path) {
            File::options().write(true).open(path).and_then(|file| fill(file, work))
        } else {
            replace(&place::end_of_links(path), work)
        };
        written.map_err(|error| {
            let path = path.display();
            let said = (format!("cannot write {path}"), format!("无法写入 {path}"));
            Failure::io(Kind::Internal, error, said)
        })
    }
}

/// Writes beside a file, and lets the whole take its place.
fn replace(path: &Path, work: impl FnOnce(&mut dyn Write) -> io::Result<()>) -> io::Result<()> {
    let mut name = path.file_name().unwrap_or_default().to_owned();
    name.push(format!(".{}.partial", std::process::id()));
    let beside = path.with_file_name(name);
    // What a process of this number has left behind when it was killed.
    let _ = std::fs::remove_file(&beside);
    let file = File::create_new(&beside)?;
    let written = fill(file, work).and_then(|()| std::fs::rename(&beside, path));
    if written.is_err() {
        // What is left of a failed report is of no use to anybody.
        let _ = std::fs::remove_file(&beside);
    }
    written
}

fn fill(file: File, work: impl FnOnce(&mut dyn Write) -> io::Result<()>) -> io::Result<()> {
    let mut out = BufWriter::new(file);
    work(&mut out)?;
    out.flush()
}

/// The files of a report in pages, `report.html`, `report-2.html`, …, each of which may be
/// written; a device or FIFO takes one page.
pub(super) fn pages(first: &Path, count: u64) -> Result<Vec<PathBuf>, Failure> {
    let count = if place::is_stream(first) { 1 } else { count };
    let paths: Vec<PathBuf> = (1..=count).map(|page| named(first, page)).collect();
    (1..).zip(&paths).try_for_each(|(page, path)| check(path, page))?;
    Ok(paths)
}

fn named(first: &Path, page: u64) -> PathBuf {
    if page == 1 {
        return first.to_owned();
    }
    let stem = first.file_stem().unwrap_or_default().to_string_lossy();
    let ending = first.extension().map(|e| format!(".{}", e.to_string_lossy()));
    first.with_file_name(format!("{stem}-{page}{}", ending.unwrap_or_default()))
}

/// Takes away the pages that a longer report has left behind `count` of this one.
pub(super) fn remove_further(first: &Path, count: u64) -> Result<(), Failure> {
    for page in count + 1..=MOST_PAGES {
        let path = named(first, page);
        if head(&path).ok().and_then(|head| report::page_in(&head)) != Some(page) {
            break;
        }
        std::fs::remove_file(&path).map_err(|error| {
            let path = path.display();
            let said = (format!("cannot remove the old {path}"), format!("无法删除旧的 {path}"));
            Failure::io(Kind::Internal, error, said)
        })?;
    }
    Ok(())
}

/// Refuses to write a page over what is no such page of a report.
pub(super) fn check(path: &Path, page: u64) -> Result<(), Failure> {
    if place::is_stream(path) || !path.exists() {
        return Ok(());
    }
    let shown = path.display();
    let head = head(path).map_err(|error| {
        let said = (format!("cannot read {shown}"), format!("无法读取 {shown}"));
        Failure::io(Kind::Usage, error, said)
    })?;
    let said: Said = match report::page_in(&head) {
        _ if head.is_empty() => return Ok(()),
        Some(found) if found == page => return Ok(()),
        None if page == 1 => {
            (format!("{shown} exists and is no report"), format!("{shown} 已存在，而且不是报告"))
                .into()
        }
        Some(found) if page == 1 => (
            format!("{shown} is page {found} of another report"),
            format!("{shown} 是另一份报告的第 {found} 页"),
        )
            .into(),
        _ => (
            format!("{shown} exists, and page {page} would be written over it"),
            format!("{shown} 已存在，第 {page} 页会覆盖它"),
        )
            .into(),
    };
    Err(Failure::message(Kind::Usage, said).hint((
        "move it away, or choose another -o: only an earlier report is written over",
        "把它移走，或换一个 -o：只有以前的报告才会被覆盖",
    )))
}

/// The first bytes of a file.
fn head(path: &Path) -> io::Result<Vec<u8>> {
    let mut head = Vec::new();
    File::open(path)?.take(report::HEAD as u64).read_to_end(&mut head)?;
    Ok(head)
}
