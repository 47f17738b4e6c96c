//! Input that means harm, and input of any bytes.

use proptest::prelude::*;

use super::*;

fn forms() -> Vec<(&'static str, Options)> {
    let wide = vec![("answer".to_owned(), "t/s".to_owned())];
    let whole = Options { whole_question: true, ..Options::default() };
    vec![
        ("a.jsonl", Options::default()),
        ("a.csv", whole.clone()),
        ("a.csv", Options { wide: Some(wide), ..Options::default() }),
        ("a.md", Options::default()),
        ("a.jsonl.gz", Options::default()),
        ("a.csv.zst", whole.clone()),
        ("", whole),
    ]
}

/// Reads to the end, whatever comes.
fn exhaust(bytes: &[u8], name: &str, options: &Options) {
    if let Ok(reader) = opened(bytes, name, options) {
        for item in reader.flatten() {
            if let Item::Bad(bad) = item {
                assert!(bad.line > 0 && !bad.reason.is_empty());
                assert!(!bad.reason.contains(char::is_control));
            }
        }
    }
}

/// Bytes that are likely to mean something to a reader.
fn telling() -> impl Strategy<Value = Vec<u8>> {
    let pieces: Vec<&'static [u8]> = vec![
        b"\"",
        b",",
        b"\n",
        b"\r",
        b"\r\n",
        b"\"\"",
        b"a",
        b"answer",
        b"id",
        b"{",
        b"}",
        b":",
        b"[",
        b"{\"answer\":\"x\",\"question_id\":\"t/s\"}",
        b"## Question 1: `t/s`",
        b"```",
        b"> ",
        b"#",
        b"\xff",
        b"\x81",
        b"\x00",
        b"\xb9\xb2",
        "共享".as_bytes(),
        b"\xef\xbb\xbf",
        b"\xff\xfe",
        b"sep=;",
        b";",
        b"\t",
        b"Candidate: x",
    ];
    let piece = proptest::sample::select(pieces);
    proptest::collection::vec(piece, 0..60).prop_map(|pieces| pieces.concat())
}

proptest! {
    #[test]
    fn any_bytes_are_read_without_panic(bytes in proptest::collection::vec(any::<u8>(), 0..400)) {
        for (name, options) in forms() {
            exhaust(&bytes, name, &options);
        }
    }

    #[test]
    fn telling_bytes_are_read_without_panic(bytes in telling()) {
        for (name, options) in forms() {
            exhaust(&bytes, name, &options);
            exhaust(&[b"answer,id\n", bytes.as_slice()].concat(), name, &options);
        }
    }

    #[test]
    fn rows_do_not_depend_on_how_bytes_arrive(bytes in telling(), step in 1_usize..5) {
        let bytes = [b"id,answer\n", bytes.as_slice()].concat();
        for (name, options) in forms().into_iter().take(4) {
            let whole = opened(bytes.clone(), name, &options);
            prop_assume!(whole.is_ok());
            let whole: Vec<_> = whole.unwrap().map(Result::unwrap).collect();
            prop_assert_eq!(slowly(&bytes, step, name, &options), whole);
        }
    }

    /// What the csv crate writes is read back, with each record's true line.
    #[test]
    fn well_formed_csv_is_read_back(
        cells in proptest::collection::vec("[a\",;\n\r |\t]{0,6}", 1..20),
        crlf in any::<bool>(),
    ) {
        let end = if crlf { ::csv::Terminator::CRLF } else { ::csv::Terminator::Any(b'\n') };
        let mut writer = ::csv::WriterBuilder::new().terminator(end).from_writer(Vec::new());
        writer.write_record(["nr", "answer"]).unwrap();
        for (index, cell) in cells.iter().enumerate() {
            writer.write_record([&index.to_string(), cell]).unwrap();
        }
        let bytes = writer.into_inner().unwrap();
        let options = Options { whole_question: true, ..Options::default() };
        let rows: Vec<_> = read_with(bytes, "a.csv", &options).into_iter().map(good).collect();
        let answers: Vec<_> = rows.iter().map(|row| &row.answer).collect();
        prop_assert_eq!(answers, cells.iter().collect::<Vec<_>>());
        let mut line = 2;
        for (row, cell) in rows.iter().zip(&cells) {
            prop_assert_eq!(row.line, line);
            line += 1 + cell.matches('\n').count() as u64;
        }
    }
}

#[test]
fn deep_nesting_is_a_bad_row() {
    let deep = "[".repeat(10_000);
    let line = format!("{{\"answer\":\"x\",\"question_id\":\"t/s\",\"y\":{deep}}}");
    assert!(reason(line, "a.jsonl").starts_with("not JSON: recursion limit exceeded"));
}

#[test]
fn names_that_would_break_a_line_are_bad() {
    for id in ["a\\nb", "\\u001b[2J", "\\u0000"] {
        let line = format!("{{\"answer\":\"x\",\"question_id\":\"t/s\",\"id\":\"{id}\"}}");
        assert!(reason(line, "a.jsonl").starts_with("id holds a control character"));
    }
    let line = format!(
        "{{\"answer\":\"x\",\"question_id\":\"t/s\",\"candidate\":\"{}\"}}",
        "x".repeat(1 << 20)
    );
    assert!(reason(line, "a.jsonl").starts_with("candidate is 1048576 bytes long"));
}

#[test]
fn a_long_token_in_a_field_that_is_passed_through_comes_back_whole() {
    let token = "x".repeat(1 << 20);
    let line = format!("{{\"answer\":\"x\",\"question_id\":\"t/s\",\"extra\":\"{token}\"}}");
    assert_eq!(rows(line, "a.jsonl")[0].input["extra"], token.as_str());
}

#[test]
fn a_header_of_columns_without_end_is_refused() {
    let none = Options::default();
    let error = error(format!("a{}", ",".repeat(1 << 20)), "a.csv", &none);
    assert!(error.ends_with("1048577 columns; at most 10000 are read"), "{error}");
    let head = format!("answer,question_id{}", ",".repeat(9_998));
    let items = read(format!("{head}\nx{}\n", ",".repeat(1 << 20)), "a.csv");
    let BadRow { columns, reason, .. } = bad(items.into_iter().next().unwrap());
    assert_eq!(reason, "1048577 cells where the header has 10000");
    assert_eq!(columns.unwrap().len(), 10_000);
}

#[test]
fn a_row_that_unfolds_to_very_many_values_is_bad_and_one_of_many_marks_is_not() {
    let row = |more: &str| format!("{{\"question_id\":\"t/s\",\"answer\":\"x\",{more}}}\n");
    let list = |value: &str, count: usize| vec![value; count].join(",");
    for more in [
        format!("\"a\":[{}]", list("0", 20_000)),
        format!("\"a\":[{}]", list("[]", 20_000)),
        format!("\"a\":[{}]", list("{\"\":\"\\\\\\\"\"}", 10_000)),
        format!("\"points\":[{}]", list("{\"\":0}", 100_000)),
        list("\"k\":0", 20_000),
    ] {
        let text = row(&more) + &row("\"a\":[1]");
        let (rows, bads) = split(read(text, "a.jsonl"));
        assert_eq!((rows.len(), bads.len()), (1, 1));
        assert!(bads[0].reason.starts_with("more than 20000 JSON values"), "{}", bads[0].reason);
    }
    let marks = format!("\"a\":\"{}\",\"b\":[{}]", list("[{\\\"", 40_000), list("0", 19_000));
    assert_eq!(rows(row(&marks), "a.jsonl").len(), 1);
    let csv = format!("answer,question,points\nx,Why?,\"[{}]\"\n", list("0", 30_000));
    assert!(reason(csv, "a.csv").starts_with("more than 20000 JSON values"));
}
