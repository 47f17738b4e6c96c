//! How far an input has been read.

use std::io::Write;

use super::folder::put;
use super::*;

fn row(number: usize) -> String {
    // Of numbers of one length, so that rows are alike and do not pack to nothing.
    let answer: String =
        (0..40).map(|at| (10_000_000 + number * 7919 + at * 104_729).to_string()).collect();
    format!("{{\"id\":\"{number}\",\"question_id\":\"a/b\",\"answer\":\"{answer}\"}}\n")
}

#[test]
fn rows_of_a_file_can_be_foretold_from_its_bytes_packed_or_not() {
    let folder = tempfile::tempdir().unwrap();
    let text: String = (0..4000).map(row).collect();
    let mut packed = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
    packed.write_all(text.as_bytes()).unwrap();
    put(folder.path(), "rows.jsonl", &text);
    put(folder.path(), "rows.jsonl.gz", packed.finish().unwrap());
    for name in ["rows.jsonl", "rows.jsonl.gz"] {
        let source = Source::new(&folder.path().join(name));
        let mut reader = open(source, &Options::default()).unwrap();
        let reach = reader.reach();
        assert_eq!(reader.by_ref().take(1000).count(), 1000);
        let (read, of) = reach.so_far().unwrap();
        let foretold = 1000 * of / read;
        assert!((3200..=4000).contains(&foretold), "{name}: {foretold} rows foretold");
        assert_eq!(reader.count(), 3000);
        assert_eq!(reach.so_far(), Some((of, of)));
    }
}

#[test]
fn a_folder_is_read_as_far_as_its_entries_are_done_and_the_end_of_a_stream_is_unknown() {
    let folder = tempfile::tempdir().unwrap();
    for name in ["ann", "bo", "cy", "di"] {
        put(folder.path(), &format!("{name}/a/b.md"), "one");
        put(folder.path(), &format!("{name}/a/c.md"), "two");
    }
    let mut reader = open(Source::new(folder.path()), &Options::default()).unwrap();
    let reach = reader.reach();
    assert_eq!(reach.so_far(), Some((0, 4)));
    assert_eq!(reader.by_ref().take(5).count(), 5);
    assert_eq!(reach.so_far(), Some((2, 4)));
    assert_eq!(reader.count(), 3);
    assert_eq!(reach.so_far(), Some((4, 4)));
    assert_eq!(opened(row(1), "rows.jsonl", &Options::default()).unwrap().reach().so_far(), None);
}
