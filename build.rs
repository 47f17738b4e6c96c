//! Embeds the question bank: writes a table of (id, text) from `questions/`.

use std::fmt::Write as _;
use std::path::{Path, PathBuf};
use std::{env, fs, io};

fn main() -> io::Result<()> {
    println!("cargo::rerun-if-changed=questions");
    let root = PathBuf::from(env::var_os("CARGO_MANIFEST_DIR").expect("cargo sets it"));
    let out = PathBuf::from(env::var_os("OUT_DIR").expect("cargo sets it"));
    let questions = table("QUESTIONS", &root.join("questions"), "plans", false)?;
    let plans = table("PLANS", &root.join("questions"), "plans", true)?;
    fs::write(out.join("embedded.rs"), questions + &plans)
}

/// A constant with every TOML file of the topic folders, sorted by name; `reserved`
/// is the folder that holds no topic, and the only one when `inside` is set.
fn table(name: &str, folder: &Path, reserved: &str, inside: bool) -> io::Result<String> {
    let mut text = format!("pub(crate) static {name}: &[(&str, &str)] = &[\n");
    for topic in sorted(folder)?.iter().filter(|path| path.is_dir()) {
        if (topic.file_name().is_some_and(|name| name == reserved)) != inside {
            continue;
        }
        for file in
            sorted(topic)?.iter().filter(|path| path.extension().is_some_and(|e| e == "toml"))
        {
            let id = file.strip_prefix(folder).expect("below the folder").with_extension("");
            let (id, file) = (id.display().to_string(), file.display().to_string());
            writeln!(text, "    ({id:?}, include_str!({file:?})),").expect("writing to a string");
        }
    }
    Ok(text + "];\n")
}

fn sorted(folder: &Path) -> io::Result<Vec<PathBuf>> {
    let mut paths: Vec<PathBuf> =
        fs::read_dir(folder)?.map(|entry| entry.map(|e| e.path())).collect::<io::Result<_>>()?;
    paths.sort();
    Ok(paths)
}
