//! Whole inputs of every form, from bytes or files to rows.

mod bad_rows;
mod csv;
mod encodings;
mod folder;
mod hostile;
mod jsonl;
mod reach;
mod wide;

use std::io::{Cursor, Read};
use std::path::PathBuf;

use super::*;

/// Opens bytes as if they were a file of that name.
fn opened(bytes: impl Into<Vec<u8>>, name: &str, options: &Options) -> Result<Reader, InputError> {
    let stream = Box::new(Cursor::new(bytes.into()));
    open(Source::Stream(stream, PathBuf::from(name)), options)
}

fn read(bytes: impl Into<Vec<u8>>, name: &str) -> Vec<Item> {
    read_with(bytes, name, &Options::default())
}

fn read_with(bytes: impl Into<Vec<u8>>, name: &str, options: &Options) -> Vec<Item> {
    opened(bytes, name, options).unwrap().map(Result::unwrap).collect()
}

/// The rows of an input in which all are good.
fn rows(bytes: impl Into<Vec<u8>>, name: &str) -> Vec<Row> {
    read(bytes, name).into_iter().map(good).collect()
}

fn good(item: Item) -> Row {
    match item {
        Item::Row(row) => row,
        Item::Bad(bad) => panic!("line {}: {}", bad.line, bad.reason),
    }
}

fn bad(item: Item) -> BadRow {
    match item {
        Item::Row(row) => panic!("line {} is good: {:?}", row.line, row.id),
        Item::Bad(bad) => bad,
    }
}

/// The reason of the only row.
fn reason(bytes: impl Into<Vec<u8>>, name: &str) -> String {
    let mut items = read(bytes, name);
    assert_eq!(items.len(), 1, "{items:?}");
    bad(items.remove(0)).reason
}

fn split(items: Vec<Item>) -> (Vec<Row>, Vec<BadRow>) {
    let (mut rows, mut bads) = (Vec::new(), Vec::new());
    for item in items {
        match item {
            Item::Row(row) => rows.push(row),
            Item::Bad(bad) => bads.push(bad),
        }
    }
    (rows, bads)
}

fn error(bytes: impl Into<Vec<u8>>, name: &str, options: &Options) -> String {
    match opened(bytes, name, options) {
        Ok(_) => panic!("{name} opens"),
        Err(error) => format!("{:#}", anyhow::Error::from(error)),
    }
}

/// Gives few bytes at a time.
struct Slow(Cursor<Vec<u8>>, usize);

impl Read for Slow {
    fn read(&mut self, into: &mut [u8]) -> std::io::Result<usize> {
        let count = self.1.min(into.len());
        self.0.read(&mut into[..count])
    }
}

fn slowly(bytes: &[u8], step: usize, name: &str, options: &Options) -> Vec<Item> {
    let stream = Box::new(Slow(Cursor::new(bytes.to_vec()), step));
    let reader = open(Source::Stream(stream, PathBuf::from(name)), options).unwrap();
    reader.map(Result::unwrap).collect()
}

fn assert_send<T: Send>(_: &T) {}

#[test]
fn a_reader_can_be_given_to_another_thread() {
    assert_send(&opened("", "a.jsonl", &Options::default()).unwrap());
}

#[test]
fn the_form_is_told_by_the_first_line_when_the_name_does_not() {
    for (text, ids) in [
        ("\n {\"id\": \"a\", \"question_id\": \"t/s\", \"answer\": \"x\"}", "a"),
        ("id;question_id;answer\na;t/s;x\n", "a"),
        ("# Answer sheet\n\n## Question 1: `t/s`\nx\n", "sheet/t/s"),
    ] {
        let (rows, bads) = split(read(text, ""));
        let name = &rows.first().unwrap_or_else(|| panic!("{text}: {bads:?}")).id;
        assert!(name == ids || name.ends_with("/t/s"), "{name}");
    }
    assert!(error("no rows here", "", &Options::default()).starts_with("cannot tell the form"));
}

#[test]
fn an_empty_input_has_no_rows_whatever_its_form() {
    let map = vec![("q".to_owned(), "t/s".to_owned())];
    let wide = Options { wide: Some(map), ..Options::default() };
    for name in ["answers", "a.jsonl", "a.csv", "a.tsv"] {
        for text in ["", "\n", "\u{feff} \r\n\n"] {
            let found: Vec<Item> = opened(text, name, &wide).unwrap().map(Result::unwrap).collect();
            assert_eq!(found, [], "{name}");
        }
    }
}

#[test]
fn the_file_of_an_office_program_is_told_by_its_bytes_not_by_its_name() {
    let old = [0xd0, 0xcf, 0x11, 0xe0, 0xa1, 0xb1];
    for (bytes, kind) in [
        (&b"PK\x03\x04, \n"[..], "a workbook"),
        (&old, "an old workbook"),
        (b"%PDF-1.7\n", "a PDF"),
        (b"{\\rtf1\\ansi x", "a rich-text file"),
        (b"\xef\xbb\xbf\n<!DOCTYPE HTML PUBLIC", "a web page"),
        (b"<html><p>x", "a web page"),
        (b"\x89PNG\r\n\x1a\n", "an image"),
        (b"\xff\xd8\xff\xe0", "an image"),
        (b"RIFF\x10\0\0\0WEBPVP8 ", "an image"),
        (b"\0\0\0\x18ftypheic", "an image"),
    ] {
        for name in ["answers.xlsx", "answers.csv", "answers.jsonl", "answers.md", ""] {
            let said = error(bytes, name, &Options::default());
            assert!(said.starts_with(&format!("the input is {kind}")), "{name}: {said}");
            assert!(said.ends_with("export it as CSV (UTF-8), or save it as text"), "{said}");
        }
    }
    // A name alone makes none.
    assert_eq!(rows("answer,question_id\nx,t/s\n", "a.xlsx").len(), 1);
}

#[test]
fn a_packed_input_is_known_by_its_bytes_when_its_name_says_another_form() {
    use std::io::Write;
    let mut packed = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
    packed.write_all(b"answer,question_id\nx,t/s\n").unwrap();
    let packed = packed.finish().unwrap();
    for name in ["a.csv", "a.csv.gz", "a.xlsx", ""] {
        assert_eq!(rows(&*packed, name)[0].answer, "x", "{name}");
    }
    let sheet = b"# Answer sheet\n\n## Question 1: `t/s`\nx\n";
    let mut packed = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
    packed.write_all(sheet).unwrap();
    assert_eq!(rows(packed.finish().unwrap(), "ann.md")[0].id, "ann/t/s");
}

#[test]
fn one_json_array_is_refused_with_the_way_out() {
    for text in ["[\n  {\"id\": 1}\n]", "[{\"id\": 1}]", "[ {\"id\": 1}"] {
        for name in ["a.jsonl", "a.json", ""] {
            assert!(error(text, name, &Options::default()).contains("jq -c"), "{text}");
        }
    }
}

#[test]
fn unknown_fields_and_encodings_are_refused() {
    let map = vec![("score".to_owned(), "x".to_owned())];
    let options = Options { map, ..Options::default() };
    assert!(error("{}", "a.jsonl", &options).contains("\"score\""));
    let options = Options { encoding: Some("klingon".to_owned()), ..Options::default() };
    assert!(error("{}", "a.jsonl", &options).contains("\"klingon\""));
}

#[test]
fn a_map_that_names_something_twice_is_refused() {
    let refused = |map: &[[&str; 2]], text: &str, name: &str| {
        let map = map.iter().map(|[field, name]| ((*field).to_owned(), (*name).to_owned()));
        error(text, name, &Options { map: map.collect(), ..Options::default() })
    };
    for name in ["a.csv", "a.jsonl"] {
        let said = refused(&[["answer", "a"], ["answer", "b"]], "a,b\n", name);
        assert_eq!(said, "--map gives \"answer\" twice: which of the two is meant?");
        let said = refused(&[["answer", "a"], ["question", "a"]], "a,b\n", name);
        assert!(said.contains("twice"), "{said}");
    }
    assert!(refused(&[["answer", "A"], ["id", "a"]], "a,b\n", "a.csv").contains("twice"));
}

#[test]
fn a_missing_file_is_named() {
    let path = PathBuf::from("/no/such/answers.csv");
    let error = open(Source::new(&path), &Options::default()).err().unwrap();
    assert!(error.to_string().starts_with("cannot open /no/such/answers.csv"), "{error}");
}
