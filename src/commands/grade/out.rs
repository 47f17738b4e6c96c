//! Where results go with `-o`: which form the file has, and whether it may be written.
//!
//! Refuses to write over the input, and over a file that this program has not
//! written or that somebody has changed since.

use std::path::Path;

use super::{Args, kept};
use crate::batch::{Manifest, Stamp};
use crate::failure::{Failure, Kind, Said};

/// Whether an output is a table: the columns of the input with the marks; else it is JSON lines.
pub(super) fn is_table(out: &Path) -> bool {
    ending(out).is_some_and(|ending| ending == "csv")
}

fn ending(out: &Path) -> Option<String> {
    Some(out.extension()?.to_str()?.to_ascii_lowercase())
}

/// Refuses what results cannot be written as.
fn check_form(out: &Path) -> Result<(), Failure> {
    let other = ending(out).unwrap_or_default();
    match other.as_str() {
        "tsv" | "xlsx" | "xls" | "ods" => {
            Err(usage(format!("results cannot be written as .{other}"))
                .hint("name the output .csv: spreadsheets open it"))
        }
        "html" | "md" | "xml" => Err(usage(format!(
            "results cannot be written as .{other}: that is a report"
        ))
        .hint(format!("name the output .jsonl, then `viva report OUT.jsonl -o OUT.{other}`"))),
        "gz" | "zst" => Err(usage(format!("results cannot be written as .{other}"))
            .hint("name the output .jsonl or .csv; without -o they can be piped to a packer")),
        _ if out == Path::new("-") => {
            Err(usage("-o needs the name of a file")
                .hint("without -o results go to standard output"))
        }
        _ => Ok(()),
    }
}

/// Whether an output may be written.
pub(super) fn check(args: &Args, out: &Path) -> Result<(), Failure> {
    check_form(out)?;
    if out.is_dir() {
        return Err(usage(format!("the output {} is a folder", out.display()))
            .hint("give the name of a file in it"));
    }
    let Ok(place) = place(out) else {
        let folder = out.parent().unwrap_or(out).display();
        return Err(usage(format!("there is no folder {folder}"))
            .hint("make it first, or choose another -o"));
    };
    if let Ok(input) = args.input.canonicalize() {
        if input == place {
            return Err(usage(format!("{} is both input and output", out.display()))
                .hint("give the results a file of their own"));
        }
        if input.is_dir() && place.starts_with(&input) {
            return Err(usage(
                "the output lies in the folder of answers, and would be read as one",
            )
            .hint("give it a place beside that folder"));
        }
    }
    let Some(found) = Stamp::of(out) else { return Ok(()) };
    match Manifest::load(&kept::folder(out)) {
        _ if args.fresh => Ok(()),
        Some(manifest) if manifest.outputs.contains(&found) => Ok(()),
        Some(_) => Err(usage(format!("{} was changed after it was written", out.display()))
            .hint("move it away and run this again: nothing is graded twice")
            .hint("or choose another -o")),
        None => Err(usage(format!("{} exists and holds no results of a run", out.display()))
            .hint("choose another -o, or move the file away")),
    }
}

/// The file itself, whether it exists or not.
fn place(out: &Path) -> std::io::Result<std::path::PathBuf> {
    out.canonicalize().or_else(|_| {
        let folder = out.parent().filter(|folder| !folder.as_os_str().is_empty());
        let folder = folder.unwrap_or(Path::new(".")).canonicalize()?;
        Ok(folder.join(out.file_name().unwrap_or_default()))
    })
}

fn usage(text: impl Into<Said>) -> Failure {
    Failure::message(Kind::Usage, text)
}
