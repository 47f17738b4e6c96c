//! A journal through kills, damage and second commands.

use super::*;

fn manifest(model: &str) -> Manifest {
    Manifest { verdicts: format!("v-{model}"), model: model.to_owned(), ..Manifest::default() }
}

fn key(n: u64) -> Key {
    use sha2::{Digest, Sha256};
    let digest = Sha256::digest(n.to_be_bytes());
    Key(digest.iter().take(16).fold(0, |n, byte| n << 8 | u128::from(*byte)))
}

fn failed(n: u64) -> Vec<u8> {
    record(key(n), &Outcome::Failed(format!("reason {n}")))
}

fn write(journal: &Journal, numbers: std::ops::Range<u64>) {
    let mut out = Appender::new(journal);
    for n in numbers {
        assert_eq!(journal.claim(key(n)).unwrap(), Claim::Yours);
        assert_eq!(journal.claim(key(n)).unwrap(), Claim::Another);
        out.line(&failed(n)).unwrap();
    }
    out.pause().unwrap();
}

fn reason(journal: &Journal, n: u64) -> Option<String> {
    match journal.recall(key(n)).unwrap() {
        Some(Outcome::Failed(why)) => Some(why),
        _ => None,
    }
}

#[test]
fn what_was_appended_is_there_after_a_kill_at_any_byte() {
    let folder = tempfile::tempdir().unwrap();
    let journal = Journal::open(folder.path(), &manifest("m"), false).unwrap();
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
            let journal = Journal::open(folder.path(), &manifest("m"), false).unwrap();
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

#[test]
fn a_second_process_and_another_model_are_refused_and_fresh_begins_anew() {
    let folder = tempfile::tempdir().unwrap();
    let journal = Journal::open(folder.path(), &manifest("m"), false).unwrap();
    let second = Journal::open(folder.path(), &manifest("m"), false);
    assert!(matches!(second, Err(JournalError::Locked(_))));
    write(&journal, 0..3);
    drop(journal);
    let other = Journal::open(folder.path(), &manifest("n"), false).unwrap_err();
    assert!(other.to_string().contains("model (m, now n)"), "{other}");
    let fresh = Journal::open(folder.path(), &manifest("n"), true).unwrap();
    assert_eq!(reason(&fresh, 1), None);
}

#[test]
fn a_failure_is_tried_again_by_the_next_command_and_not_by_the_same() {
    let folder = tempfile::tempdir().unwrap();
    let journal = Journal::open(folder.path(), &manifest("m"), false).unwrap();
    write(&journal, 0..1);
    assert_eq!(journal.claim(key(0)).unwrap(), Claim::Another);
    journal.close().unwrap();
    drop(journal);
    let journal = Journal::open(folder.path(), &manifest("m"), false).unwrap();
    assert_eq!(journal.claim(key(0)).unwrap(), Claim::Yours);
}

#[test]
fn a_damaged_result_is_as_if_it_were_not_there() {
    let folder = tempfile::tempdir().unwrap();
    let journal = Journal::open(folder.path(), &manifest("m"), false).unwrap();
    write(&journal, 0..3);
    drop(journal);
    let path = folder.path().join("results.jsonl");
    let mut bytes = std::fs::read(&path).unwrap();
    bytes[20] ^= 1;
    std::fs::write(&path, bytes).unwrap();
    let journal = Journal::open(folder.path(), &manifest("m"), false).unwrap();
    assert_eq!(reason(&journal, 0), None);
    assert_eq!(journal.claim(key(0)).unwrap(), Claim::Yours);
    assert_eq!(reason(&journal, 1).as_deref(), Some("reason 1"));
}
