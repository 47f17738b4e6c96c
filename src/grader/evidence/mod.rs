//! stub
#![allow(missing_docs)]
use crate::domain::Evidence;
#[derive(Debug)]
pub struct AnswerIndex(String);
impl AnswerIndex {
    pub fn new(a: &str) -> Self {
        Self(a.to_owned())
    }
    pub fn locate(&self, q: &str) -> Result<Evidence, String> {
        let at = self.0.find(q).ok_or("not found in the answer")?;
        let start = self.0[..at].chars().count();
        Ok(Evidence { quote: q.to_owned(), start, end: start + q.chars().count() })
    }
}
