//! A journal through kills, damage and second commands.

use super::*;
use crate::batch::outcome::{End, Outcome};

fn manifest(model: &str) -> Manifest {
    Manifest { verdicts: format!("v-{model}"), model: model.to_owned(), ..Manifest::default() }
}

fn open(folder: &Path, model: &str, fresh: bool) -> Result<Journal, JournalError> {
    Hold::take(folder, manifest(model), fresh)?.open()
}

fn key(n: u64) -> Key {
    crate::batch::seen::key_of(&n.to_string())
}

fn failed(n: u64) -> Vec<u8> {
    record(key(n), &Outcome::failed(&format!("reason {n}")))
}

fn write(journal: &Journal, numbers: std::ops::Range<u64>) {
    let mut out = Appender::new(journal);
    for n in numbers {
        assert!(journal.claim(key(n)).unwrap());
        assert!(!journal.claim(key(n)).unwrap());
        out.line(&failed(n)).unwrap();
    }
    out.pause().unwrap();
}

fn reason(journal: &Journal, n: u64) -> Option<String> {
    let Some(Kept::Outcome(outcome)) = journal.recall(key(n), "").unwrap() else { return None };
    let line = format!("{{{}}}", String::from_utf8(outcome.fields).unwrap());
    let fields: serde_json::Value = serde_json::from_str(&line).unwrap();
    fields["error"].as_str().map(str::to_owned)
}

#[test]
fn what_was_appended_is_there_after_a_kill_at_any_byte() {
    let folder = tempfile::tempdir().unwrap();
    let journal = open(folder.path(), "m", false).unwrap();
    write(&journal, 0..20);
    drop(journal);
    let results = std::fs::read(folder.path().join("results.jsonl")).unwrap();
    let index = std::fs::read(folder.path().join("index")).unwrap();
    for cut in (0..=results.len()).step_by(7) {
        // A kill leaves a prefix of the results and no more index records than whole lines.
        let whole = results[..cut].iter().filter(|byte| **byte == b'\n').count();
        for records in [whole, whole.saturating_sub(3), 20] {
            std::fs::write(folder.path().join("results.jsonl"), &results[..cut]).unwrap();
            let torn = (records * 32 + 5).min(index.len());
            std::fs::write(folder.path().join("index"), &index[..torn]).unwrap();
            let journal = open(folder.path(), "m", false).unwrap();
            for n in 0..20 {
                let expected = (n < whole as u64).then(|| format!("reason {n}"));
                assert_eq!(reason(&journal, n), expected, "cut {cut}, {records} records");
            }
            write(&journal, 100..102);
            assert_eq!(reason(&journal, 101).as_deref(), Some("reason 101"));
            drop(journal);
        }
    }
}

/// Results and index of a journal with failures `0..n`, left without closing it.
fn torn(folder: &Path, n: u64) -> (Vec<u8>, Vec<u8>) {
    let journal = open(folder, "m", false).unwrap();
    write(&journal, 0..n);
    drop(journal);
    let read = |name: &str| std::fs::read(folder.join(name)).unwrap();
    (read("results.jsonl"), read("index"))
}

/// Opens the journal with these files, and demands that `there` have results and no others of
/// the first twenty, and that all can be tried again.
fn after(folder: &Path, results: &[u8], index: &[u8], there: &dyn Fn(u64) -> bool, case: &str) {
    std::fs::write(folder.join("results.jsonl"), results).unwrap();
    std::fs::write(folder.join("index"), index).unwrap();
    let journal = open(folder, "m", false).unwrap();
    for n in 0..20 {
        let expected = there(n).then(|| format!("reason {n}"));
        assert_eq!(reason(&journal, n), expected, "{case}, {n}");
    }
    write(&journal, 0..20);
    assert_eq!(reason(&journal, 19).as_deref(), Some("reason 19"), "{case}");
}

#[test]
fn a_last_result_torn_at_any_byte_is_graded_again_and_no_other() {
    let folder = tempfile::tempdir().unwrap();
    let (results, index) = torn(folder.path(), 20);
    let last = results[..results.len() - 1].iter().rposition(|b| *b == b'\n').unwrap() + 1;
    for cut in last..results.len() {
        after(folder.path(), &results[..cut], &index, &|n| n < 19, &format!("cut at {cut}"));
        // What the file system had promised and not written.
        let mut zeros = results.clone();
        zeros[cut..].fill(0);
        after(folder.path(), &zeros, &index, &|n| n < 19, &format!("zeros from {cut}"));
    }
    for cut in (0..=32).map(|torn| index.len() - torn) {
        after(folder.path(), &results, &index[..cut], &|_| true, &format!("index cut at {cut}"));
        let mut zeros = index.clone();
        zeros[cut..].fill(0);
        after(folder.path(), &results, &zeros, &|_| true, &format!("index zeros from {cut}"));
    }
    let garbage: Vec<u8> = results.iter().copied().chain((0..=255).rev()).collect();
    after(folder.path(), &garbage, &index, &|_| true, "garbage behind");
}

#[test]
fn a_hole_that_a_power_failure_left_costs_the_results_in_it_and_no_other() {
    let folder = tempfile::tempdir().unwrap();
    let (mut results, index) = torn(folder.path(), 20);
    let ends: Vec<usize> =
        results.iter().enumerate().filter(|(_, b)| **b == b'\n').map(|(at, _)| at + 1).collect();
    // From within result 5 to within result 8.
    results[ends[4] + 30..ends[7] + 30].fill(0);
    after(folder.path(), &results, &index, &|n| !(5..9).contains(&n), "hole");
}

#[test]
fn no_more_than_the_bound_is_ever_unsynced() {
    let folder = tempfile::tempdir().unwrap();
    let journal = open(folder.path(), "m", false).unwrap();
    let mut out = Appender::new(&journal);
    let long = "x".repeat(100_000);
    for n in 0..500 {
        out.line(&record(key(n), &Outcome::failed(&long))).unwrap();
        out.pause().unwrap();
        let inner = journal.inner();
        assert!(inner.end - inner.synced_end < UNSYNCED);
    }
    assert!(journal.inner().end > UNSYNCED);
    journal.close().unwrap();
    let inner = journal.inner();
    assert_eq!(inner.end, inner.synced_end);
}

#[test]
fn what_was_appended_last_is_synced_a_second_later_though_nothing_follows() {
    let folder = tempfile::tempdir().unwrap();
    let journal = open(folder.path(), "m", false).unwrap();
    let mut out = Appender::new(&journal);
    let later = || {
        let mut inner = journal.inner();
        inner.synced = inner.synced.checked_sub(SYNC).unwrap();
    };
    let unsynced = || {
        let inner = journal.inner();
        inner.end - inner.synced_end
    };
    out.line(&failed(0)).unwrap();
    out.pause().unwrap();
    assert!(unsynced() > 0);
    journal.drafts.put("a reference", &Err("no points".to_owned())).unwrap();
    later();
    out.pause().unwrap();
    assert_eq!(unsynced(), 0);
    assert!(journal.drafts.is_synced() && journal.inner().is_synced);
    // A draft alone, without a result.
    journal.drafts.put("another", &Err("no points".to_owned())).unwrap();
    out.pause().unwrap();
    assert!(!journal.drafts.is_synced());
    later();
    out.pause().unwrap();
    assert!(journal.drafts.is_synced());
}

#[test]
fn a_journal_that_was_only_looked_into_is_not_built_anew() {
    use std::os::unix::fs::MetadataExt;
    let folder = tempfile::tempdir().unwrap();
    let again = || open(folder.path(), "m", false).unwrap();
    let table = || std::fs::metadata(folder.path().join("table")).unwrap().ino();
    let journal = again();
    write(&journal, 0..3);
    journal.close().unwrap();
    drop(journal);
    let built = table();
    for _ in 0..3 {
        assert_eq!(reason(&again(), 1).as_deref(), Some("reason 1"));
    }
    assert_eq!(table(), built);
    // One that was written to and not closed is.
    write(&again(), 10..11);
    assert_eq!(reason(&again(), 10).as_deref(), Some("reason 10"));
    assert_ne!(table(), built);
}

#[test]
fn a_second_process_and_another_model_are_refused_and_fresh_begins_anew() {
    let folder = tempfile::tempdir().unwrap();
    let journal = open(folder.path(), "m", false).unwrap();
    let second = open(folder.path(), "m", false);
    assert!(matches!(second, Err(JournalError::Locked(_))));
    write(&journal, 0..3);
    drop(journal);
    let other = open(folder.path(), "n", false).unwrap_err();
    assert!(other.to_string().contains("model (m, now n)"), "{other}");
    let fresh = open(folder.path(), "n", true).unwrap();
    assert_eq!(reason(&fresh, 1), None);
}

#[test]
fn a_failure_of_any_earlier_command_is_tried_again_however_many_came_between() {
    let folder = tempfile::tempdir().unwrap();
    write(&open(folder.path(), "m", false).unwrap(), 0..1);
    for _ in 0..300 {
        let journal = open(folder.path(), "m", false).unwrap();
        journal.close().unwrap();
    }
    for n in 0..3 {
        // A manifest that is made anew forgets how many there were.
        std::fs::write(folder.path().join("manifest.json"), "{}").unwrap();
        let journal = open(folder.path(), "m", false).unwrap();
        assert!(journal.claim(key(0)).unwrap(), "{n}");
    }
}

#[test]
fn a_table_of_an_earlier_form_is_built_anew() {
    let folder = tempfile::tempdir().unwrap();
    let journal = open(folder.path(), "m", false).unwrap();
    write(&journal, 0..3);
    journal.close().unwrap();
    let end = journal.inner().end;
    drop(journal);
    let path = folder.path().join("clean");
    assert_eq!(std::fs::read_to_string(&path).unwrap(), clean(3, end));
    std::fs::write(&path, format!("3 records, {end} bytes\n")).unwrap();
    std::fs::write(folder.path().join("table"), vec![0; 16 * 4096]).unwrap();
    let journal = open(folder.path(), "m", false).unwrap();
    assert_eq!(reason(&journal, 2).as_deref(), Some("reason 2"));
}

#[test]
fn answers_with_a_score_are_counted_over_all_commands() {
    let folder = tempfile::tempdir().unwrap();
    let journal = open(folder.path(), "m", false).unwrap();
    write(&journal, 0..5);
    let graded = |n| record(key(n), &Outcome { end: End::Graded(7.0), fields: Vec::new() });
    let mut out = Appender::new(&journal);
    (3..9).for_each(|n| out.line(&graded(n)).unwrap());
    out.pause().unwrap();
    assert_eq!(journal.graded().unwrap(), 6);
}

#[test]
fn a_failure_is_tried_again_by_the_next_command_and_not_by_the_same() {
    let folder = tempfile::tempdir().unwrap();
    let journal = open(folder.path(), "m", false).unwrap();
    write(&journal, 0..1);
    assert!(!journal.claim(key(0)).unwrap());
    journal.close().unwrap();
    drop(journal);
    let journal = open(folder.path(), "m", false).unwrap();
    assert!(journal.claim(key(0)).unwrap());
}

#[test]
fn a_damaged_result_is_as_if_it_were_not_there() {
    let folder = tempfile::tempdir().unwrap();
    let journal = open(folder.path(), "m", false).unwrap();
    write(&journal, 0..3);
    drop(journal);
    let path = folder.path().join("results.jsonl");
    let mut bytes = std::fs::read(&path).unwrap();
    bytes[20] ^= 1;
    std::fs::write(&path, bytes).unwrap();
    let journal = open(folder.path(), "m", false).unwrap();
    assert_eq!(reason(&journal, 0), None);
    assert!(journal.claim(key(0)).unwrap());
    assert_eq!(reason(&journal, 1).as_deref(), Some("reason 1"));
}
