//! Where results go with `-o`: which form the file has, and whether it may be written.
//!
//! Refuses to write over what is read, and, unless all is to be made afresh, over a
//! file that this program has not written or that somebody has changed since.

use std::path::{Path, PathBuf};

use super::faults::{unread, unusable};
use super::{Args, kept};
use crate::batch::Manifest;
use crate::commands::{Context, place};
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
        "tsv" | "xlsx" | "xls" | "ods" => Err(no_such_form(&other).hint((
            "name the output .csv: spreadsheets open it",
            "输出请用 .csv：电子表格可以直接打开",
        ))),
        "html" | "md" | "xml" => Err(usage((
            format!("results cannot be written as .{other}: that is a report"),
            format!("结果不能写成 .{other}：那是报告"),
        ))
        .hint((
            format!("name the output .jsonl, then `viva report OUT.jsonl -o OUT.{other}`"),
            format!("输出请用 .jsonl，再运行 `viva report OUT.jsonl -o OUT.{other}`"),
        ))),
        "gz" | "zst" => Err(no_such_form(&other).hint((
            "name the output .jsonl or .csv; without -o they can be piped to a packer",
            "输出请用 .jsonl 或 .csv；不加 -o 时可以用管道交给压缩程序",
        ))),
        _ => Ok(()),
    }
}

/// Whether an output may be written.
pub(super) fn check(args: &Args, context: &Context, out: &Path) -> Result<(), Failure> {
    check_form(out)?;
    let given = args.asked.reference.iter().chain([&args.input]).map(PathBuf::as_path);
    place::check(out, given.chain(context.files()))?;
    if place::is_stream(out) {
        let out = out.display();
        return Err(usage((format!("{out} is not a regular file"), format!("{out} 不是普通文件")))
            .hint(("without -o results go to standard output", "不加 -o 时结果写到标准输出")));
    }
    if args.input.is_dir() && is_inside(&args.input, out) {
        return Err(usage((
            "the output lies in the folder of answers, and would be read as one",
            "输出在回答目录里，会被当成回答读取",
        ))
        .hint(("give it a place beside that folder", "请放到该目录之外")));
    }
    if args.fresh || !out.exists() {
        return Ok(());
    }
    let folder = kept::folder(out);
    let manifest = Manifest::load(&folder).map_err(|error| unusable(&folder, error))?;
    let known = |manifest: &Manifest| manifest.output(out).map(|output| output.is_some());
    match manifest.as_ref().map(known).transpose().map_err(|error| unread(out, error))? {
        Some(true) => Ok(()),
        Some(false) => Err(usage((
            format!("{} was changed after it was written", out.display()),
            format!("{} 写出之后被改动过", out.display()),
        ))
        .hint((
            "move it away and run this again: nothing is graded twice",
            "把它移走再运行：已评的不会重评",
        ))
        .hint(("or choose another -o", "或换一个 -o"))),
        None => Err(usage((
            format!("{} exists, and nothing tells that a run has written it", out.display()),
            format!("{} 已存在，而且没有记录表明它是评分写出的", out.display()),
        ))
        .hint(("choose another -o, or move the file away", "换一个 -o，或把那个文件移走"))),
    }
}

fn no_such_form(ending: &str) -> Failure {
    usage((format!("results cannot be written as .{ending}"), format!("结果不能写成 .{ending}")))
}

fn is_inside(folder: &Path, out: &Path) -> bool {
    let out = place::end_of_links(out);
    let places = folder.canonicalize().and_then(|of| Ok((of, place::folder(&out).canonicalize()?)));
    places.is_ok_and(|(folder, place)| place.starts_with(folder))
}

fn usage(text: impl Into<Said>) -> Failure {
    Failure::message(Kind::Usage, text)
}
