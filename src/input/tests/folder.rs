//! Folders of answers and of sheets.

use std::fs;
use std::path::Path;

use super::*;

pub(super) fn put(root: &Path, name: &str, text: impl AsRef<[u8]>) {
    let path = root.join(name);
    fs::create_dir_all(path.parent().unwrap()).unwrap();
    fs::write(path, text).unwrap();
}

fn read_folder(root: &Path, options: &Options) -> Vec<Item> {
    let reader = open(Source::new(root), options).unwrap();
    reader.map(Result::unwrap).collect()
}

#[test]
fn answers_come_in_the_order_of_names() {
    let root = tempfile::tempdir().unwrap();
    put(root.path(), "bob/attention/mqa.txt", "two\n");
    put(root.path(), "Ann Li/attention/scale.md", "\u{feff}one");
    put(root.path(), "Ann Li/attention/mqa.md", "");
    put(root.path(), ".git/attention/mqa.md", "hidden");
    put(root.path(), "bob/.DS_Store", "hidden");
    put(root.path(), "__MACOSX/attention/mqa.md", "hidden");
    let rows: Vec<_> =
        read_folder(root.path(), &Options::default()).into_iter().map(good).collect();
    let found: Vec<_> = rows.iter().map(|r| (r.line, r.id.as_str(), r.answer.as_str())).collect();
    let expected = [
        (1, "Ann Li/attention/mqa", ""),
        (2, "Ann Li/attention/scale", "one"),
        (3, "bob/attention/mqa", "two\n"),
    ];
    assert_eq!(found, expected);
    assert_eq!(rows[2].candidate.as_deref(), Some("bob"));
    assert_eq!(rows[2].ask, Ask::Question("attention/mqa".to_owned()));
}

#[test]
fn with_one_question_each_file_is_a_candidate() {
    let root = tempfile::tempdir().unwrap();
    put(root.path(), "ann.md", "one");
    put(root.path(), "bob.v2.txt", "two");
    put(root.path(), "team/eve.md", "three");
    let options = Options { whole_question: true, ..Options::default() };
    let (rows, bads) = split(read_folder(root.path(), &options));
    let found: Vec<_> = rows.iter().map(|r| (r.id.as_str(), r.candidate.as_deref())).collect();
    assert_eq!(found, [("ann", Some("ann")), ("bob.v2", Some("bob.v2"))]);
    assert!(rows.iter().all(|row| row.ask == Ask::Whole));
    assert!(bads[0].said().starts_with("team: a folder where a file is expected"));
}

#[test]
fn a_file_that_is_no_text_is_bad_whatever_it_is_called() {
    let root = tempfile::tempdir().unwrap();
    put(root.path(), "ann.md", "%PDF-1.7\n");
    put(root.path(), "bob.txt", "one");
    let options = Options { whole_question: true, ..Options::default() };
    let (rows, bads) = split(read_folder(root.path(), &options));
    assert_eq!(rows.len(), 1);
    assert_eq!(bads[0].said(), "ann.md: a PDF file, not text: save its text in this file");
    // A sheet, too.
    let (_, bads) = split(read_folder(root.path(), &Options::default()));
    assert!(bads[0].said().starts_with("ann.md: a PDF file"), "{bads:?}");
}

#[test]
fn what_word_leaves_behind_and_a_readme_of_the_folder_are_nobodys_answers() {
    let root = tempfile::tempdir().unwrap();
    for name in ["~$ann.docx", "~$ann.md", "README", "README.txt", "Readme.md", "bob.md"] {
        put(root.path(), name, "words");
    }
    let options = Options { whole_question: true, ..Options::default() };
    let (rows, bads) = split(read_folder(root.path(), &options));
    assert_eq!((rows[0].id.as_str(), rows.len(), bads.len()), ("bob", 1, 0), "{bads:?}");
    // Of a candidate it is a file that is not at its place.
    put(root.path(), "eve/README.md", "words");
    let (_, bads) = split(read_folder(root.path(), &Options::default()));
    let said: Vec<_> = bads.iter().map(BadRow::said).collect();
    assert!(
        said.iter().any(|said| said.starts_with("eve/README.md: not at its place")),
        "{said:?}"
    );
    assert!(!said.iter().any(|said| said.starts_with(['R', '~'])), "{said:?}");
}

#[test]
fn sheets_may_lie_in_the_folder() {
    let root = tempfile::tempdir().unwrap();
    put(
        root.path(),
        "ann.md",
        "Candidate: Ann\n## Question 1: `t/a`\n> Why?\n\nx\n## Question 2: `T`\n",
    );
    put(root.path(), "bob.md", "## Question 1: `t/a`\ny\n");
    put(root.path(), "notes.md", "no sheet\n");
    let (rows, bads) = split(read_folder(root.path(), &Options::default()));
    let found: Vec<_> =
        rows.iter().map(|r| (r.line, r.id.as_str(), r.candidate.as_deref().unwrap())).collect();
    assert_eq!(found, [(1, "Ann/t/a", "Ann"), (3, "bob/t/a", "bob")]);
    assert_eq!((bads[0].line, bads[1].line), (2, 4));
    assert!(bads[0].said().starts_with("ann.md, line 6: bad question id"), "{}", bads[0].reason);
    assert!(bads[1].said().starts_with("notes.md, line 1: no heading"), "{}", bads[1].reason);
}

#[test]
fn an_encoding_is_found_for_each_file() {
    let root = tempfile::tempdir().unwrap();
    let text = "所有查询头共享一组键和值，因此缓存更小。";
    let (gb, ..) = encoding_rs::GB18030.encode(text);
    put(root.path(), "a/t/s.txt", &gb);
    put(root.path(), "b/t/s.txt", text);
    let rows: Vec<_> =
        read_folder(root.path(), &Options::default()).into_iter().map(good).collect();
    assert_eq!(rows[0].answer, rows[1].answer);
}

#[test]
fn a_folder_is_no_file_of_rows_and_a_file_no_folder() {
    let root = tempfile::tempdir().unwrap();
    let csv = Options { format: Some(Format::Csv), ..Options::default() };
    assert!(open(Source::new(root.path()), &csv).is_err());
    let folder = Options { format: Some(Format::Folder), ..Options::default() };
    assert!(error("x", "a.csv", &folder).contains("not a folder"));
    assert!(read_folder(root.path(), &folder).is_empty());
}

#[test]
fn every_row_knows_its_file() {
    let root = tempfile::tempdir().unwrap();
    put(root.path(), "ann/t/s.md", "x");
    put(root.path(), &format!("{}/t/s.txt", "n".repeat(250)), "x".repeat(200_001));
    put(root.path(), "sheet.md", "## Question 1: `t/a`\ny\n");
    let (rows, bads) = split(read_folder(root.path(), &Options::default()));
    let files: Vec<_> = rows.iter().map(|row| row.file.as_deref().unwrap()).collect();
    assert_eq!(files, ["ann/t/s.md", "sheet.md, line 1"]);
    assert!(bads[0].said().starts_with("nnn"), "{}", bads[0].said());
    assert!(bads[0].said().contains("/t/s.txt: longer than"), "{}", bads[0].said());
}
