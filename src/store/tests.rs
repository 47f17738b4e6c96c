//! The store's promises: nothing submitted is lost, two processes may share it.

use super::*;
use crate::domain::{Lang, Localised, Point, Question, QuestionId, Tier};

const NOW: &str = "2026-11-25T10:00:00Z";

fn new_attempt(session: Option<i64>, position: usize, answer: &str) -> NewAttempt<'_> {
    NewAttempt {
        session,
        position,
        question: "topic/slug",
        kind: AttemptKind::Answer,
        lang: Lang::Zh,
        answer,
        hints: 1,
        seconds: 42,
        at: NOW,
    }
}

#[test]
fn a_submitted_answer_is_kept_and_its_draft_dropped() {
    let folder = tempfile::tempdir().unwrap();
    let mut store = Store::open(folder.path()).unwrap();
    let questions = ["a/b".to_owned(), "c/d".to_owned()];
    let id = store.begin_session(Lang::Zh, &questions, NOW).unwrap();
    store.save_draft(id, 0, "草稿", NOW).unwrap();
    assert_eq!(store.unfinished_session().unwrap().unwrap().draft, "草稿");

    store.submit(&new_attempt(Some(id), 0, "答案")).unwrap();
    drop(store);

    let store = Store::open(folder.path()).unwrap();
    let session = store.unfinished_session().unwrap().unwrap();
    assert_eq!((session.position, session.draft.as_str()), (1, ""));
    assert_eq!(session.questions, questions);
    let pending = store.pending().unwrap();
    assert_eq!(pending.len(), 1);
    assert_eq!((pending[0].answer.as_str(), pending[0].hints), ("答案", 1));
}

#[test]
fn a_finished_session_is_not_offered_again() {
    let folder = tempfile::tempdir().unwrap();
    let mut store = Store::open(folder.path()).unwrap();
    let id = store.begin_session(Lang::En, &["a/b".to_owned()], NOW).unwrap();
    store.finish_session(id, NOW).unwrap();
    assert_eq!(store.unfinished_session().unwrap(), None);
    assert_eq!(store.session(id).unwrap().unwrap().state, SessionState::Finished);
}

#[test]
fn two_connections_write_at_once_without_loss() {
    let folder = tempfile::tempdir().unwrap();
    Store::open(folder.path()).unwrap();
    std::thread::scope(|scope| {
        for _ in 0..4 {
            scope.spawn(|| {
                let mut store = Store::open(folder.path()).unwrap();
                for _ in 0..25 {
                    store.submit(&new_attempt(None, 0, "x")).unwrap();
                }
            });
        }
    });
    assert_eq!(Store::open(folder.path()).unwrap().pending().unwrap().len(), 100);
}

#[test]
fn the_first_nonce_key_stands() {
    let folder = tempfile::tempdir().unwrap();
    let mut store = Store::open(folder.path()).unwrap();
    assert_eq!(store.nonce_key(b"first").unwrap(), b"first");
    assert_eq!(store.nonce_key(b"second").unwrap(), b"first");
}

#[test]
fn a_newer_store_is_refused_with_both_versions() {
    let folder = tempfile::tempdir().unwrap();
    let store = Store::open(folder.path()).unwrap();
    store.connection.pragma_update(None, "user_version", 99).unwrap();
    drop(store);
    let error = Store::open(folder.path()).unwrap_err();
    assert!(error.to_string().contains("format 99, this one knows 1"), "{error}");
}

#[test]
fn a_folder_that_cannot_be_made_is_named() {
    let file = tempfile::NamedTempFile::new().unwrap();
    let error = Store::open(&file.path().join("below")).unwrap_err();
    assert!(matches!(error, StoreError::Folder { .. }));
    assert!(error.to_string().contains("VIVA_DATA_DIR"), "{error}");
}

#[test]
fn a_full_disk_is_told_and_what_was_there_before_stays() {
    let folder = tempfile::tempdir().unwrap();
    let mut store = Store::open(folder.path()).unwrap();
    store.submit(&new_attempt(None, 0, "before")).unwrap();
    // As many pages as there are now: SQLite then answers as on a full disk.
    let pages: i64 = store.connection.query_row("PRAGMA page_count", [], |row| row.get(0)).unwrap();
    store
        .connection
        .query_row(&format!("PRAGMA max_page_count = {pages}"), [], |_| Ok(()))
        .unwrap();
    let error = store.submit(&new_attempt(None, 1, &"x".repeat(100_000))).unwrap_err();
    assert!(matches!(error, StoreError::Full { .. }), "{error}");
    assert!(error.to_string().contains("free some space"), "{error}");
    assert_eq!(store.pending().unwrap()[0].answer, "before");
}

#[test]
fn a_draft_comes_back_as_it_was_and_the_first_one_stands() {
    let folder = tempfile::tempdir().unwrap();
    let mut store = Store::open(folder.path()).unwrap();
    let text = |text: &str| Localised::single(Lang::En, text);
    let id = QuestionId::ad_hoc("0123456789abcdef");
    let mut drafted = Question::bare(id, text("Why?"), vec![text("It depends.")]).unwrap();
    drafted.points = vec![Point {
        id: "drafted-1".to_owned(),
        tier: Tier::Must,
        claim: text("It depends."),
        terms: Vec::new(),
        hint: None,
    }];
    assert_eq!(store.drafted("hash").unwrap(), None);
    store.save_drafted("hash", &drafted, NOW).unwrap();
    store.save_drafted("hash", &Question { points: Vec::new(), ..drafted.clone() }, NOW).unwrap();
    let found = store.drafted("hash").unwrap().expect("it is kept");
    assert_eq!(Question { id: drafted.id.clone(), ..found }, drafted);
}
