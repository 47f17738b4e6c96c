//! The house rules that a compiler does not keep: direction of imports, headers,
//! length of files, no two modules that import each other.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};

/// What each top-level module may import of the others.
const MAY_IMPORT: &[(&str, &[&str])] = &[
    ("domain", &["text"]),
    ("text", &[]),
    ("llm", &[]),
    ("term", &["domain"]),
    ("bank", &["domain", "text"]),
    ("store", &["domain"]),
    ("input", &["domain"]),
    ("batch", &["bank", "domain", "grader", "input", "llm"]),
    ("grader", &["domain", "text", "llm"]),
    ("metrics", &[]),
    ("report", &["domain", "metrics", "term"]),
    ("session", &["domain", "text", "bank", "grader", "term", "report", "store"]),
    ("config", &["domain", "llm"]),
    ("failure", &["domain", "term"]),
    (
        "commands",
        &[
            "bank", "batch", "config", "domain", "failure", "grader", "input", "llm", "metrics",
            "report", "session", "store", "term", "text",
        ],
    ),
    ("cli", &["commands"]),
    ("lib", &["cli", "commands", "failure", "term"]),
    ("main", &[]),
];

/// Longest file, in lines, its tests not counted.
const MAX_LINES: usize = 400;

struct Source {
    path: PathBuf,
    module: String,
    /// Its lines up to the tests.
    lines: Vec<String>,
    header: String,
}

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

fn sources() -> Vec<Source> {
    let mut files = Vec::new();
    walk(&root().join("src"), &mut files);
    files.iter().map(|path| read(path)).collect()
}

fn walk(folder: &Path, files: &mut Vec<PathBuf>) {
    let mut entries: Vec<_> = fs::read_dir(folder).unwrap().map(|e| e.unwrap().path()).collect();
    entries.sort();
    for path in entries {
        if path.is_dir() {
            walk(&path, files);
        } else if path.extension().is_some_and(|e| e == "rs") {
            files.push(path);
        }
    }
}

fn read(path: &Path) -> Source {
    let text = fs::read_to_string(path).unwrap();
    let inside = path.strip_prefix(root().join("src")).unwrap();
    let first = inside.components().next().unwrap().as_os_str().to_str().unwrap();
    let module = first.trim_end_matches(".rs").to_owned();
    let header = text.lines().next().unwrap_or_default().to_owned();
    let is_test_file = inside.file_name().is_some_and(|name| name == "tests.rs")
        || inside.components().any(|part| part.as_os_str() == "tests");
    let lines = if is_test_file {
        Vec::new()
    } else {
        text.lines().take_while(|line| *line != "#[cfg(test)]").map(str::to_owned).collect()
    };
    Source { path: inside.to_owned(), module, lines, header }
}

/// The module of ours that a line imports or names, if it names one.
fn named<'a>(line: &'a str, modules: &BTreeSet<&str>) -> Vec<&'a str> {
    let code = line.split("//").next().unwrap_or_default();
    code.match_indices("crate::")
        .map(|(at, prefix)| {
            let rest = &code[at + prefix.len()..];
            let end = rest.find(|c: char| !c.is_alphanumeric() && c != '_').unwrap_or(rest.len());
            &rest[..end]
        })
        .filter(|name| modules.contains(name))
        .collect()
}

#[test]
fn imports_follow_the_table() {
    let rules: BTreeMap<&str, &[&str]> = MAY_IMPORT.iter().copied().collect();
    let modules: BTreeSet<&str> = rules.keys().copied().collect();
    let mut wrong = Vec::new();
    let mut seen = 0;
    for source in sources() {
        let allowed = rules
            .get(source.module.as_str())
            .unwrap_or_else(|| panic!("module {} has no rule in MAY_IMPORT", source.module));
        for (index, line) in source.lines.iter().enumerate() {
            for name in named(line, &modules).into_iter().filter(|name| *name != source.module) {
                seen += 1;
                if !allowed.contains(&name) {
                    let place = source.path.display();
                    wrong.push(format!(
                        "src/{place}:{}: {} imports {name}",
                        index + 1,
                        source.module
                    ));
                }
            }
        }
    }
    assert!(seen > 50, "the scan sees only {seen} imports: has their form changed?");
    assert!(wrong.is_empty(), "imports against the direction:\n{}", wrong.join("\n"));
}

#[test]
fn no_two_modules_of_a_folder_import_each_other() {
    let rules: BTreeMap<&str, &[&str]> = MAY_IMPORT.iter().copied().collect();
    for (module, imports) in &rules {
        for other in *imports {
            let back = rules[other].contains(module);
            assert!(!back, "{module} and {other} may import each other");
        }
    }
}

#[test]
fn every_file_has_a_header_and_a_bearable_length() {
    let mut wrong = Vec::new();
    for source in sources() {
        if !source.header.starts_with("//! ") {
            wrong.push(format!("src/{}:1: no `//!` header", source.path.display()));
        }
        if source.lines.len() > MAX_LINES {
            let (path, lines) = (source.path.display(), source.lines.len());
            wrong.push(format!("src/{path}: {lines} lines, at most {MAX_LINES}"));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}
