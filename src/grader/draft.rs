//! Key points drafted from a bare reference, so that every answer to it is
//! graded against the same ones.
//!
//! A draft is made once per content and cached by the caller. Nobody has
//! reviewed it, and every assessment on it says so.

use std::ops::RangeInclusive;

use serde::Deserialize;
use serde_json::json;

use super::judge::{Foreseen, LlmGrader};
use super::{Grader, key};
use crate::domain::{Lang, Localised, Point, Question, Tier};
use crate::llm::{CallError, ChatRequest};

/// Calls before a draft is given up.
const MAX_CALLS: u32 = 2;
/// Points that are asked for.
pub(super) const POINTS: RangeInclusive<usize> = 3..=7;
/// Points that a draft may have: a short reference may state fewer facts, and two more do no harm.
const TAKEN: RangeInclusive<usize> = 1..=*POINTS.end() + 2;
/// Points of a usual draft.
const USUAL_POINTS: usize = 5;
/// Bytes of a usual claim.
const USUAL_CLAIM: usize = 90;

/// Why no points could be drafted.
#[derive(Debug, Clone, thiserror::Error)]
pub enum DraftError {
    /// The endpoint failed.
    #[error(transparent)]
    Call(#[from] CallError),
    /// The model's replies cannot be used.
    #[error("the model drafted no usable points: {0}")]
    Unusable(String),
    /// There is no draft, and none is tried for; the reason.
    #[error("{0}")]
    Absent(String),
    /// Drafts cannot be kept, or what is kept cannot be read; the reason.
    #[error("{0}")]
    Unkept(String),
}

/// Where drafted points are kept.
pub trait Drafts: Send + Sync {
    /// The points of a question, by the hash of its content.
    ///
    /// # Errors
    /// When none are to be drafted.
    fn load(&self, hash: &str) -> Result<Option<Vec<Point>>, DraftError>;

    /// Keeps a question with its drafted points.
    ///
    /// # Errors
    /// When it cannot be used unless it is kept.
    fn save(&self, hash: &str, drafted: &Question) -> Result<(), DraftError>;
}

/// Keeps no drafts.
#[derive(Debug, Clone, Copy)]
pub struct NoDrafts;

impl Drafts for NoDrafts {
    fn load(&self, _: &str) -> Result<Option<Vec<Point>>, DraftError> {
        Ok(None)
    }

    fn save(&self, _: &str, _: &Question) -> Result<(), DraftError> {
        Ok(())
    }
}

#[derive(Deserialize)]
struct Reply {
    points: Vec<DraftedPoint>,
}

#[derive(Deserialize)]
struct DraftedPoint {
    claim: String,
    tier: Tier,
}

/// Hash of a question's title and references, by which a draft is cached.
pub fn content_hash(question: &Question) -> String {
    let references: Vec<_> = question.references().collect();
    key::hash(&json!(["draft 1", question.title, references]))
}

impl Grader {
    /// Whether a question needs points drafted before it can be graded.
    pub fn needs_draft(&self, question: &Question) -> bool {
        matches!(self, Self::Llm(_)) && question.points.is_empty()
    }

    /// A question with the points that it needs, drafted once per content.
    ///
    /// # Errors
    /// When there is no draft and none can be made.
    pub async fn with_points(
        &self,
        question: &Question,
        lang: Lang,
        drafts: &dyn Drafts,
    ) -> Result<Question, DraftError> {
        let Self::Llm(grader) = self else { return Ok(question.clone()) };
        let hash = content_hash(question);
        if let Some(points) = drafts.load(&hash)? {
            return Ok(Question { points, ..question.clone() });
        }
        let drafted = grader.draft(question, lang).await?;
        drafts.save(&hash, &drafted)?;
        Ok(drafted)
    }
}

impl LlmGrader {
    /// What drafting points would take, and about what comes of it.
    pub fn foresee_draft(&self, question: &Question, lang: Lang) -> (Foreseen, Question) {
        let head = self.prompts().draft(question, lang);
        let bytes = head.system.len() + head.user.len() + head.schema.to_string().len();
        let most_output = head.max_output_tokens;
        let claim = Localised::single(lang, "x".repeat(USUAL_CLAIM));
        let points = (1..=USUAL_POINTS).map(|n| point(n, Tier::Must, claim.clone())).collect();
        let drafted = Question { points, ..question.clone() };
        (Foreseen { calls: 1, bytes: bytes as u64, most_output }, drafted)
    }

    /// Drafts the key points of a bare reference.
    ///
    /// # Errors
    /// When the endpoint fails, or when no reply holds usable points.
    async fn draft(&self, question: &Question, lang: Lang) -> Result<Question, DraftError> {
        let head = self.prompts().draft(question, lang);
        let request = ChatRequest {
            system: head.system,
            user: head.user,
            schema: head.schema,
            max_output_tokens: head.max_output_tokens,
        };
        let mut fault = String::new();
        for _ in 0..MAX_CALLS {
            let reply = self.endpoint().chat(&request).await?;
            match points_of(&reply.text) {
                Ok(points) => return Ok(Question { points, ..question.clone() }),
                Err(message) => fault = message,
            }
        }
        Err(DraftError::Unusable(fault))
    }
}

fn points_of(text: &str) -> Result<Vec<Point>, String> {
    let object = match (text.find('{'), text.rfind('}')) {
        (Some(start), Some(end)) if start < end => &text[start..=end],
        _ => return Err("the reply holds no JSON object".to_owned()),
    };
    let reply: Reply = serde_json::from_str(object).map_err(|error| error.to_string())?;
    let points: Vec<Point> = reply
        .points
        .into_iter()
        .filter(|drafted| !drafted.claim.trim().is_empty())
        .enumerate()
        .map(|(index, drafted)| {
            let claim = Localised::single(Lang::of(&drafted.claim), drafted.claim.trim());
            point(index + 1, drafted.tier, claim)
        })
        .collect();
    if !TAKEN.contains(&points.len()) || points.iter().all(|p| p.tier == Tier::Bonus) {
        return Err(format!("{} points, of which at least one must not be a bonus", points.len()));
    }
    Ok(points)
}

fn point(number: usize, tier: Tier, claim: Localised) -> Point {
    Point { id: format!("drafted-{number}"), tier, claim, terms: Vec::new(), hint: None }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_prompt_asks_for_the_points_that_the_schema_allows() {
        let asked = format!("{} to {} points", POINTS.start(), POINTS.end());
        assert!(include_str!("../../prompts/draft_system.md.j2").contains(&asked));
    }

    #[test]
    fn a_fenced_reply_is_read_and_a_useless_one_refused() {
        let text =
            "```json\n{\"points\": [{\"claim\": \"共享一个 K/V 头\", \"tier\": \"must\"}]}\n```";
        let points = points_of(text).unwrap();
        assert_eq!(points[0].claim.exact(Lang::Zh), Some("共享一个 K/V 头"));
        assert!(points_of("no").is_err());
        assert!(points_of("{\"points\": []}").is_err());
        assert!(points_of("{\"points\": [{\"claim\": \"x\", \"tier\": \"bonus\"}]}").is_err());
        assert!(points_of("{\"points\": [{\"claim\": \"x\", \"tier\": \"vital\"}]}").is_err());
    }
}
