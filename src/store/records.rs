//! What is kept: one method for each thing that is saved or read.
//!
//! Times are RFC 3339 text that the caller gives; nothing here reads a clock.

use rusqlite::{OptionalExtension, Row, params};

use super::{Store, StoreError, Sync};
use crate::domain::{Assessment, Lang};

/// Whether a session goes on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SessionState {
    /// Can be resumed.
    Unfinished,
    /// Ended by its candidate or by its last question.
    Finished,
}

/// A session as it is kept.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SessionRecord {
    /// Its number.
    pub id: i64,
    /// When it began.
    pub started_at: String,
    /// Whether it goes on.
    pub state: SessionState,
    /// Language of its questions.
    pub lang: Lang,
    /// Ids of its questions, in order.
    pub questions: Vec<String>,
    /// Index of the question that comes next.
    pub position: usize,
    /// The draft of that question, empty when there is none.
    pub draft: String,
}

/// What the candidate did with a question.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum AttemptKind {
    /// Answered it.
    Answer,
    /// Said "I don't know".
    GaveUp,
    /// Went on without an answer.
    Skipped,
}

impl AttemptKind {
    fn word(self) -> &'static str {
        match self {
            Self::Answer => "answer",
            Self::GaveUp => "gave-up",
            Self::Skipped => "skipped",
        }
    }

    fn of(word: &str) -> Self {
        match word {
            "gave-up" => Self::GaveUp,
            "skipped" => Self::Skipped,
            _ => Self::Answer,
        }
    }
}

/// An attempt about to be kept.
#[derive(Debug, Clone)]
pub struct NewAttempt<'a> {
    /// The session it belongs to; none for a single answer.
    pub session: Option<i64>,
    /// Index of the question in its session.
    pub position: usize,
    /// The question's id.
    pub question: &'a str,
    /// What the candidate did.
    pub kind: AttemptKind,
    /// Language in which the question was asked.
    pub lang: Lang,
    /// What was typed: the answer, or the draft of a question that was not answered.
    pub answer: &'a str,
    /// Hints taken.
    pub hints: u32,
    /// Seconds from question to submission.
    pub seconds: u64,
    /// When it was submitted.
    pub at: &'a str,
}

/// An attempt as it is kept.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Attempt {
    /// Its number.
    pub id: i64,
    /// The session it belongs to.
    pub session: Option<i64>,
    /// Index of the question in its session.
    pub position: usize,
    /// The question's id.
    pub question: String,
    /// What the candidate did.
    pub kind: AttemptKind,
    /// Language in which the question was asked.
    pub lang: Lang,
    /// The answer's text.
    pub answer: String,
    /// Hints taken.
    pub hints: u32,
    /// When it was submitted.
    pub submitted_at: String,
}

/// The newest assessment of an attempt.
#[derive(Debug, Clone, PartialEq)]
pub struct StoredAssessment {
    /// The attempt it judges.
    pub attempt: Attempt,
    /// The judgement; none while it is pending.
    pub assessment: Option<Assessment>,
}

const ATTEMPT_COLUMNS: &str = "a.id, a.session_id, a.position, a.question_id, a.kind, a.lang, a.answer, a.hints, a.submitted_at";

impl Store {
    /// Begins a session and returns its number.
    ///
    /// # Errors
    /// When the store cannot be written.
    pub fn begin_session(
        &mut self,
        lang: Lang,
        questions: &[String],
        at: &str,
    ) -> Result<i64, StoreError> {
        let list = serde_json::to_string(questions).map_err(self.corrupt("list of questions"))?;
        self.write(Sync::Normal, |tx| {
            tx.execute(
                "INSERT INTO sessions (started_at, lang, questions) VALUES (?1, ?2, ?3)",
                params![at, lang.code(), list],
            )?;
            Ok(tx.last_insert_rowid())
        })
    }

    /// Moves a session to its next question.
    ///
    /// # Errors
    /// When the store cannot be written.
    pub fn set_position(&mut self, session: i64, position: usize) -> Result<(), StoreError> {
        self.write(Sync::Normal, |tx| {
            tx.execute(
                "UPDATE sessions SET position = ?2 WHERE id = ?1",
                params![session, as_integer(position)],
            )?;
            Ok(())
        })
    }

    /// Ends a session.
    ///
    /// # Errors
    /// When the store cannot be written.
    pub fn finish_session(&mut self, session: i64, at: &str) -> Result<(), StoreError> {
        self.write(Sync::Normal, |tx| {
            tx.execute("UPDATE sessions SET finished_at = ?2 WHERE id = ?1", params![session, at])?;
            Ok(())
        })
    }

    /// A session by its number.
    ///
    /// # Errors
    /// When the store cannot be read.
    pub fn session(&self, id: i64) -> Result<Option<SessionRecord>, StoreError> {
        self.session_where("s.id = ?1", Some(id))
    }

    /// The newest session that can be resumed.
    ///
    /// # Errors
    /// When the store cannot be read.
    pub fn unfinished_session(&self) -> Result<Option<SessionRecord>, StoreError> {
        self.session_where("s.finished_at IS NULL AND ?1 IS NULL", None)
    }

    /// All sessions that can be resumed, newest first.
    ///
    /// # Errors
    /// When the store cannot be read.
    pub fn unfinished_sessions(&self) -> Result<Vec<SessionRecord>, StoreError> {
        let ids: Vec<i64> = self.read(|c| {
            let mut statement =
                c.prepare("SELECT id FROM sessions WHERE finished_at IS NULL ORDER BY id DESC")?;
            let ids = statement.query_map([], |row| row.get(0))?;
            ids.collect()
        })?;
        ids.into_iter().filter_map(|id| self.session(id).transpose()).collect()
    }

    /// The newest sessions, newest first.
    ///
    /// # Errors
    /// When the store cannot be read.
    pub fn sessions(&self, limit: usize) -> Result<Vec<SessionRecord>, StoreError> {
        let ids: Vec<i64> = self.read(|c| {
            let mut statement = c.prepare("SELECT id FROM sessions ORDER BY id DESC LIMIT ?1")?;
            let ids = statement.query_map([as_integer(limit)], |row| row.get(0))?;
            ids.collect()
        })?;
        ids.into_iter().filter_map(|id| self.session(id).transpose()).collect()
    }

    fn session_where(
        &self,
        condition: &str,
        id: Option<i64>,
    ) -> Result<Option<SessionRecord>, StoreError> {
        let sql = format!(
            "SELECT s.id, s.started_at, s.finished_at, s.lang, s.questions, s.position, d.text
             FROM sessions s
             LEFT JOIN drafts d ON d.session_id = s.id AND d.position = s.position
             WHERE {condition} ORDER BY s.id DESC LIMIT 1"
        );
        let found = self.read(|c| {
            c.query_row(&sql, [id], |row| {
                let questions: String = row.get(4)?;
                Ok((session_of(row)?, questions))
            })
            .optional()
        })?;
        let Some((mut session, questions)) = found else { return Ok(None) };
        session.questions =
            serde_json::from_str(&questions).map_err(self.corrupt("list of questions"))?;
        Ok(Some(session))
    }

    /// Keeps an attempt, with its session moved past it and its draft dropped, in
    /// one step: when this returns, the answer is on disk.
    ///
    /// # Errors
    /// When the store cannot be written.
    pub fn submit(&mut self, attempt: &NewAttempt<'_>) -> Result<i64, StoreError> {
        self.write(Sync::Full, |tx| {
            tx.execute(
                "INSERT INTO attempts
                 (session_id, position, question_id, kind, lang, answer, hints, seconds, submitted_at)
                 VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9)",
                params![
                    attempt.session,
                    as_integer(attempt.position),
                    attempt.question,
                    attempt.kind.word(),
                    attempt.lang.code(),
                    attempt.answer,
                    attempt.hints,
                    i64::try_from(attempt.seconds).unwrap_or(i64::MAX),
                    attempt.at
                ],
            )?;
            let id = tx.last_insert_rowid();
            let place = params![attempt.session, as_integer(attempt.position)];
            tx.execute("DELETE FROM drafts WHERE session_id = ?1 AND position = ?2", place)?;
            tx.execute("UPDATE sessions SET position = MAX(position, ?2 + 1) WHERE id = ?1", place)?;
            Ok(id)
        })
    }

    /// Keeps the draft of a question; an empty text drops it.
    ///
    /// # Errors
    /// When the store cannot be written.
    pub fn save_draft(
        &mut self,
        session: i64,
        position: usize,
        text: &str,
        at: &str,
    ) -> Result<(), StoreError> {
        self.write(Sync::Normal, |tx| {
            if text.is_empty() {
                tx.execute(
                    "DELETE FROM drafts WHERE session_id = ?1 AND position = ?2",
                    params![session, as_integer(position)],
                )?;
            } else {
                tx.execute(
                    "INSERT OR REPLACE INTO drafts (session_id, position, text, saved_at)
                     VALUES (?1, ?2, ?3, ?4)",
                    params![session, as_integer(position), text, at],
                )?;
            }
            Ok(())
        })
    }

    /// Keeps the assessment of an attempt; the newest one counts.
    ///
    /// # Errors
    /// When the store cannot be written.
    pub fn save_assessment(
        &mut self,
        attempt: i64,
        assessment: &Assessment,
        at: &str,
    ) -> Result<(), StoreError> {
        let body = serde_json::to_string(assessment).map_err(self.corrupt("assessment"))?;
        self.write(Sync::Normal, |tx| {
            tx.execute(
                "INSERT INTO assessments (attempt_id, created_at, body) VALUES (?1, ?2, ?3)",
                params![attempt, at, body],
            )?;
            Ok(())
        })
    }

    /// The attempts of a session in their order, each with its newest assessment.
    ///
    /// # Errors
    /// When the store cannot be read.
    pub fn assessed(&self, session: i64) -> Result<Vec<StoredAssessment>, StoreError> {
        self.attempts_where("a.session_id = ?1", session)
    }

    /// Answers that were submitted and never graded, oldest first.
    ///
    /// # Errors
    /// When the store cannot be read.
    pub fn pending(&self) -> Result<Vec<Attempt>, StoreError> {
        let found = self.attempts_where("a.kind = 'answer' AND x.id IS NULL AND ?1 = 0", 0)?;
        Ok(found.into_iter().map(|stored| stored.attempt).collect())
    }

    fn attempts_where(
        &self,
        condition: &str,
        value: i64,
    ) -> Result<Vec<StoredAssessment>, StoreError> {
        let sql = format!(
            "SELECT {ATTEMPT_COLUMNS}, x.body FROM attempts a
             LEFT JOIN assessments x
               ON x.id = (SELECT MAX(id) FROM assessments WHERE attempt_id = a.id)
             WHERE {condition} ORDER BY a.id"
        );
        let rows = self.read(|c| {
            let mut statement = c.prepare(&sql)?;
            let rows = statement.query_map([value], |row| {
                Ok((attempt_of(row)?, row.get::<_, Option<String>>(9)?))
            })?;
            rows.collect::<rusqlite::Result<Vec<_>>>()
        })?;
        rows.into_iter().map(|(attempt, body)| self.stored(attempt, body)).collect()
    }

    fn stored(
        &self,
        attempt: Attempt,
        body: Option<String>,
    ) -> Result<StoredAssessment, StoreError> {
        let assessment = body
            .map(|body| serde_json::from_str(&body))
            .transpose()
            .map_err(self.corrupt("assessment"))?;
        Ok(StoredAssessment { attempt, assessment })
    }
}

fn session_of(row: &Row<'_>) -> rusqlite::Result<SessionRecord> {
    let finished: Option<String> = row.get(2)?;
    let draft: Option<String> = row.get(6)?;
    Ok(SessionRecord {
        id: row.get(0)?,
        started_at: row.get(1)?,
        state: finished.map_or(SessionState::Unfinished, |_| SessionState::Finished),
        lang: lang_of(&row.get::<_, String>(3)?),
        questions: Vec::new(),
        position: as_index(row.get(5)?),
        draft: draft.unwrap_or_default(),
    })
}

fn attempt_of(row: &Row<'_>) -> rusqlite::Result<Attempt> {
    Ok(Attempt {
        id: row.get(0)?,
        session: row.get(1)?,
        position: as_index(row.get(2)?),
        question: row.get(3)?,
        kind: AttemptKind::of(&row.get::<_, String>(4)?),
        lang: lang_of(&row.get::<_, String>(5)?),
        answer: row.get(6)?,
        hints: row.get(7)?,
        submitted_at: row.get(8)?,
    })
}

fn lang_of(code: &str) -> Lang {
    code.parse().unwrap_or(Lang::En)
}

fn as_integer(index: usize) -> i64 {
    i64::try_from(index).unwrap_or(i64::MAX)
}

fn as_index(integer: i64) -> usize {
    usize::try_from(integer).unwrap_or(0)
}
