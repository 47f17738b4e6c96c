//! Where a result stands in the results file, and the forms in which that is written.
//!
//! A result is one line that begins with its key and status at fixed places, so
//! that it is found again without parsing it.

use super::table::{Value, number};
use crate::batch::outcome::{End, Outcome};
use crate::batch::resolve::Key;

/// How a result ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::batch) enum Status {
    /// Found to be damaged; as if it were not there.
    Void,
    /// It has a score.
    Graded,
    /// At least one point has no verdict.
    Ungraded,
    /// The endpoint gave nothing.
    Failed,
}

impl Status {
    pub(super) fn code(self) -> u8 {
        match self {
            Self::Void => b'v',
            Self::Graded => b'g',
            Self::Ungraded => b'u',
            Self::Failed => b'f',
        }
    }

    pub(super) fn of(code: u8) -> Option<Self> {
        match code {
            b'v' => Some(Self::Void),
            b'g' => Some(Self::Graded),
            b'u' => Some(Self::Ungraded),
            b'f' => Some(Self::Failed),
            _ => None,
        }
    }

    fn of_end(end: End) -> Self {
        match end {
            End::Graded(_) => Self::Graded,
            End::Ungraded(_) => Self::Ungraded,
            End::Failed => Self::Failed,
        }
    }
}

/// The place of a result.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::batch) struct Entry {
    /// First byte of its line.
    pub(in crate::batch) offset: u64,
    /// Bytes of its line, the line break included.
    pub(in crate::batch) length: u32,
    /// How it ended.
    pub(in crate::batch) status: Status,
}

/// Bytes of a sidecar record: key, offset, length, status, three of padding.
pub(super) const SIDECAR: usize = 32;

impl Entry {
    /// The entry as the sidecar holds it.
    pub(super) fn to_sidecar(self, key: Key) -> [u8; SIDECAR] {
        let mut record = [0; SIDECAR];
        record[..16].copy_from_slice(&key.0.to_be_bytes());
        record[16..24].copy_from_slice(&self.offset.to_be_bytes());
        record[24..28].copy_from_slice(&self.length.to_be_bytes());
        record[28] = self.status.code();
        record
    }

    /// Where its line ends.
    pub(super) fn end(self) -> Option<u64> {
        self.offset.checked_add(u64::from(self.length))
    }

    /// Reads a sidecar record; none when it is not one.
    pub(super) fn of_sidecar(record: &[u8; SIDECAR]) -> Option<(Key, Self)> {
        let entry = Self {
            offset: number(&record[16..24]),
            length: number(&record[24..28]),
            status: Status::of(record[28])?,
        };
        Some((Key(number(&record[..16])), entry))
    }
}

/// The offset, with the status in its highest byte, and the length.
impl Value for Entry {
    fn to_numbers(self) -> (u64, u32) {
        (self.offset | u64::from(self.status.code()) << OFFSET, self.length)
    }

    fn of_numbers((place, length): (u64, u32)) -> Self {
        let status = u8::try_from(place >> OFFSET).ok().and_then(Status::of);
        let offset = place & ((1 << OFFSET) - 1);
        Self { offset, length, status: status.unwrap_or(Status::Void) }
    }
}

/// Bits of an offset in a table: enough for 64 petabytes.
const OFFSET: u32 = 56;

/// A result as a line: `{"s":"g","key":"…","assessment":{…}}`, or `"error":"…"` at its end.
pub(in crate::batch) fn record(key: Key, outcome: &Outcome) -> Vec<u8> {
    let status = char::from(Status::of_end(outcome.end).code());
    let (open, close): (&str, &[u8]) = match outcome.end {
        End::Failed => ("", b"}\n"),
        End::Graded(_) | End::Ungraded(_) => (ASSESSMENT, b"}}\n"),
    };
    let mut line = Vec::with_capacity(outcome.fields.len() + 80);
    line.extend_from_slice(
        format!("{{\"s\":\"{status}\",\"key\":\"{:032x}\",{open}", key.0).as_bytes(),
    );
    line.extend_from_slice(&outcome.fields);
    line.extend_from_slice(close);
    line
}

/// How the assessment of a result begins.
const ASSESSMENT: &str = "\"assessment\":{";

/// Bytes of a line that [`record`] made before what it says.
const PREFIX: usize = r#"{"s":"g","key":"","#.len() + 32;

/// Key and status of a line that [`record`] made.
pub(super) fn key_of(line: &[u8]) -> Option<(Key, Status)> {
    let rest = line.strip_prefix(b"{\"s\":\"")?;
    let (status, rest) = rest.split_first()?;
    let hex = rest.strip_prefix(b"\",\"key\":\"")?.get(..32)?;
    let key = Key::parse(std::str::from_utf8(hex).ok()?)?;
    let status = Status::of(*status)?;
    line.ends_with(b"}\n").then_some((key, status))
}

/// A result that was kept.
#[derive(Debug)]
pub(in crate::batch) enum Kept {
    /// As it would be written today.
    Outcome(Outcome),
    /// Scored in another way than today.
    Otherwise(Box<crate::domain::Assessment>),
}

impl Kept {
    /// What a line that [`record`] made says, when today's scores have this fingerprint.
    pub(super) fn of_line(line: &[u8], fingerprint: &str) -> Option<Self> {
        #[derive(serde::Deserialize)]
        struct Record {
            assessment: Option<Box<crate::domain::Assessment>>,
            error: Option<String>,
        }
        let body = line.get(PREFIX..)?;
        let object = body.strip_prefix(&ASSESSMENT.as_bytes()[..ASSESSMENT.len() - 1]);
        let object = object.and_then(|object| object.strip_suffix(b"}\n"));
        if let Some(outcome) = object.and_then(|object| Outcome::of_object(object, fingerprint)) {
            return Some(Self::Outcome(outcome));
        }
        let record: Record = serde_json::from_slice(line).ok()?;
        let failed = |why: String| Self::Outcome(Outcome::failed(&why));
        record.assessment.map(Self::Otherwise).or_else(|| record.error.map(failed))
    }
}
