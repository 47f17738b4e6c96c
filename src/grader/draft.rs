//! Key points drafted from a bare reference, so that every answer to it is
//! graded against the same ones.
//!
//! A draft is made once per content and cached by the caller. Nobody has
//! reviewed it, and every assessment on it says so.

use serde::Deserialize;
use serde_json::json;

use super::judge::LlmGrader;
use super::key;
use crate::domain::{Lang, Localised, Point, Question, Tier};
use crate::llm::{CallError, ChatRequest};

/// Calls before a draft is given up.
const MAX_CALLS: u32 = 2;
/// Points that a draft may have.
const POINTS: std::ops::RangeInclusive<usize> = 1..=9;

/// Why no points could be drafted.
#[derive(Debug, Clone, thiserror::Error)]
pub enum DraftError {
    /// The endpoint failed.
    #[error(transparent)]
    Call(#[from] CallError),
    /// The model's replies cannot be used.
    #[error("the model drafted no usable points: {0}")]
    Unusable(String),
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

impl LlmGrader {
    /// Drafts the key points of a bare reference.
    ///
    /// # Errors
    /// When the endpoint fails, or when no reply holds usable points.
    pub async fn draft(&self, question: &Question, lang: Lang) -> Result<Question, DraftError> {
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
        .map(|(index, drafted)| Point {
            id: format!("drafted-{}", index + 1),
            tier: drafted.tier,
            claim: Localised::single(Lang::of(&drafted.claim), drafted.claim.trim()),
            terms: Vec::new(),
            hint: None,
        })
        .collect();
    if !POINTS.contains(&points.len()) || points.iter().all(|p| p.tier == Tier::Bonus) {
        return Err(format!("{} points, of which at least one must not be a bonus", points.len()));
    }
    Ok(points)
}

#[cfg(test)]
mod tests {
    use super::*;

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
