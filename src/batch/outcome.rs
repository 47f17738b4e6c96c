//! What came of an answer, in the bytes in which it is written.
//!
//! An assessment is written out once, by the worker that made it: result lines, the
//! journal and the lines of equal rows are put together from the same bytes, and what
//! comes back from a journal is parsed only when the scoring has changed since.

use serde::Deserialize;

use crate::domain::Assessment;

/// What came of an answer.
#[derive(Debug, Clone)]
pub(super) struct Outcome {
    /// How it ended.
    pub(super) end: End,
    /// The fields of a result line that say so, without braces.
    pub(super) fields: Vec<u8>,
}

/// How an answer ended.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) enum End {
    /// It has a score; the score's low end.
    Graded(f64),
    /// At least one point has no verdict; the score at worst.
    Ungraded(f64),
    /// The endpoint gave nothing.
    Failed,
}

/// Bytes that the fields of an assessment usually take, so that they need not grow.
const USUAL_BYTES: usize = 3 << 10;

impl Outcome {
    /// It was assessed.
    pub(super) fn assessed(assessment: &Assessment) -> Self {
        let end = End::of(assessment.score, assessment.low);
        let mut fields = Vec::with_capacity(USUAL_BYTES);
        serde_json::to_writer(&mut fields, assessment).expect("invariant: it has no other keys");
        fields.pop();
        fields.remove(0);
        Self { end, fields }
    }

    /// There is no assessment, and why.
    pub(super) fn failed(why: &str) -> Self {
        let why = serde_json::to_string(why).expect("invariant: every text can be written");
        Self { end: End::Failed, fields: format!("\"error\":{why}").into_bytes() }
    }

    /// The outcome that the object of an assessment says; none when it is none, or when its
    /// scores were made in another way than `fingerprint` says.
    pub(super) fn of_object(object: &[u8], fingerprint: &str) -> Option<Self> {
        #[derive(Deserialize)]
        struct Known<'a> {
            score: Option<f64>,
            low: f64,
            fingerprint: &'a str,
        }
        let known: Known<'_> = serde_json::from_slice(object).ok()?;
        let fields = object.strip_prefix(b"{")?.strip_suffix(b"}")?;
        (known.fingerprint == fingerprint)
            .then(|| Self { end: End::of(known.score, known.low), fields: fields.to_vec() })
    }
}

impl End {
    fn of(score: Option<f64>, low: f64) -> Self {
        if score.is_some() { Self::Graded(low) } else { Self::Ungraded(low) }
    }
}
