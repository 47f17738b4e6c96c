//! Embeds the question bank: the text of every file for messages that name its
//! lines, and the same as JSON, which is read ten times as fast at every start.
//!
//! A file that is no TOML gets an empty line of JSON: the program then reads its
//! text and says what is wrong, as it does with any other bank.

use std::fmt::Write as _;
use std::path::{Path, PathBuf};
use std::{env, fs, io};

/// The folder of the bank that holds plans instead of questions.
const PLANS: &str = "plans";

fn main() -> io::Result<()> {
    println!("cargo::rerun-if-changed=questions");
    let root = PathBuf::from(env::var_os("CARGO_MANIFEST_DIR").expect("cargo sets it"));
    let out = PathBuf::from(env::var_os("OUT_DIR").expect("cargo sets it"));
    let bank = root.join("questions");
    let (plans, questions): (Vec<PathBuf>, Vec<PathBuf>) =
        files(&bank)?.into_iter().partition(|file| file.starts_with(bank.join(PLANS)));
    let json = questions.iter().map(|file| json(file)).collect::<io::Result<String>>()?;
    fs::write(out.join("questions.jsonl"), json)?;
    let tables = table("QUESTIONS", &bank, &questions) + &table("PLANS", &bank, &plans);
    fs::write(out.join("embedded.rs"), tables)
}

/// The TOML files of all topic folders, sorted by name.
fn files(bank: &Path) -> io::Result<Vec<PathBuf>> {
    let mut files = Vec::new();
    for topic in sorted(bank)?.iter().filter(|path| path.is_dir()) {
        files.extend(
            sorted(topic)?.into_iter().filter(|path| path.extension().is_some_and(|e| e == "toml")),
        );
    }
    Ok(files)
}

/// A constant with (id, text) of every file.
fn table(name: &str, bank: &Path, files: &[PathBuf]) -> String {
    let mut text = format!("pub(crate) static {name}: &[(&str, &str)] = &[\n");
    for file in files {
        let id = file.strip_prefix(bank).expect("below the folder").with_extension("");
        let (id, file) = (id.display().to_string(), file.display().to_string());
        writeln!(text, "    ({id:?}, include_str!({file:?})),").expect("writing to a string");
    }
    text + "];\n"
}

/// A file as one line of JSON, empty when it is no TOML.
fn json(file: &Path) -> io::Result<String> {
    let text = fs::read_to_string(file)?;
    let value = text.parse::<toml::Table>().ok();
    let json = value.and_then(|value| serde_json::to_string(&value).ok()).unwrap_or_default();
    Ok(json + "\n")
}

fn sorted(folder: &Path) -> io::Result<Vec<PathBuf>> {
    let mut paths: Vec<PathBuf> =
        fs::read_dir(folder)?.map(|entry| entry.map(|e| e.path())).collect::<io::Result<_>>()?;
    paths.sort();
    Ok(paths)
}
