//! Prompt files to requests: everything that does not vary between answers to
//! one question comes first and is byte-identical, the answer comes last.
//!
//! The schema depends on the counts of points and misconceptions alone, so no
//! user's id reaches a server and few grammars are compiled. The nonce is keyed
//! and stands in the tail only.

use std::collections::BTreeMap;

use hmac::{Hmac, KeyInit, Mac};
use minijinja::{Environment, UndefinedBehavior, context};
use serde_json::{Map, Value, json};
use sha2::{Digest, Sha256};

use super::draft::POINTS;
use crate::domain::{Lang, PromptRubric, Question};

/// The prompt files, by name, as they are embedded.
const EMBEDDED: [(&str, &str); 5] = [
    ("grade_system.md.j2", include_str!("../../prompts/grade_system.md.j2")),
    ("grade_user.md.j2", include_str!("../../prompts/grade_user.md.j2")),
    ("grade_tail.md.j2", include_str!("../../prompts/grade_tail.md.j2")),
    ("draft_system.md.j2", include_str!("../../prompts/draft_system.md.j2")),
    ("draft_user.md.j2", include_str!("../../prompts/draft_user.md.j2")),
];

/// Longest quote, in characters, that the schema allows.
const QUOTE_CHARS: usize = 160;
/// Longest reason or feedback, in characters, that the schema allows.
const SENTENCE_CHARS: usize = 160;
/// Longest claim of a drafted point, in characters, that the schema allows.
const CLAIM_CHARS: usize = 300;

/// A prompt file that cannot be used.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("prompt {name}: {message}")]
pub struct PromptError {
    /// Name of the prompt file.
    pub name: String,
    /// What is wrong with it.
    pub message: String,
}

/// The compiled prompt files and their hash.
#[derive(Debug)]
pub struct Prompts {
    environment: Environment<'static>,
    hash: String,
}

/// The part of a request that is the same for every answer to one question.
#[derive(Debug, Clone, PartialEq)]
pub struct Head {
    /// The system message.
    pub system: String,
    /// The user message up to the answer.
    pub user: String,
    /// The reply's JSON Schema.
    pub schema: Value,
    /// Token limit that a reply of this schema needs.
    pub max_output_tokens: u32,
}

/// The part of a request that varies.
#[derive(Debug, Clone, Copy)]
pub struct Tail<'a> {
    /// Language of reasons and feedback.
    pub feedback_lang: Lang,
    /// The fence's code.
    pub nonce: &'a str,
    /// The answer's text, hidden characters already escaped.
    pub answer: &'a str,
    /// What was wrong with an earlier reply; empty at first.
    pub faults: &'a [String],
}

impl Prompts {
    /// Compiles the embedded files, each replaced by an override of the same name.
    ///
    /// # Errors
    /// When an override has an unknown name or is not a valid template.
    pub fn new(mut overrides: BTreeMap<String, String>) -> Result<Self, PromptError> {
        let mut environment = Environment::new();
        environment.set_undefined_behavior(UndefinedBehavior::Strict);
        let mut hasher = Sha256::new();
        for (name, embedded) in EMBEDDED {
            let text = overrides.remove(name).unwrap_or_else(|| embedded.to_owned());
            hasher.update(name.as_bytes());
            hasher.update(text.as_bytes());
            environment.add_template_owned(name, text).map_err(|error| fail(name, &error))?;
        }
        if let Some(name) = overrides.into_keys().next() {
            let message = format!("unknown file; the prompts are {}", names().join(", "));
            return Err(PromptError { name, message });
        }
        let prompts = Self { environment, hash: short_hash(&hasher.finalize()) };
        prompts.try_all()?;
        Ok(prompts)
    }

    /// Renders every file with much and with little, so that a mistake in an
    /// override shows when it is loaded and never in the middle of a run.
    fn try_all(&self) -> Result<(), PromptError> {
        let words = |n: usize| -> Vec<String> { (0..n).map(|i| format!("word {i}")).collect() };
        for n in [0, 1, 2] {
            let context = context! {
                rubric => definitions(&PromptRubric::default()),
                title => "title",
                references => words(n.max(1)),
                points => words(n.max(1)),
                misconceptions => words(n),
                feedback_language => Lang::En.english_name(),
                nonce => "nonce",
                answer => fenced("answer"),
                faults => words(n),
            };
            for (name, _) in EMBEDDED {
                self.try_render(name, context.clone())?;
            }
        }
        Ok(())
    }

    /// Hash of the prompt files in use.
    pub fn hash(&self) -> &str {
        &self.hash
    }

    /// The common part of all grading requests on these points of a question.
    pub fn grade_head(
        &self,
        rubric: &PromptRubric,
        question: &Question,
        asked: &Asked,
        lang: Lang,
    ) -> Head {
        let claims = |numbers: &[usize], claim: &dyn Fn(usize) -> String| -> Vec<String> {
            numbers.iter().map(|&index| claim(index)).collect()
        };
        let user = self.render(
            "grade_user.md.j2",
            context! {
                title => one_line(question.title.get(lang)),
                references => references(question, lang),
                points => claims(&asked.points, &|i| one_line(question.points[i].claim.get(lang))),
                misconceptions => claims(&asked.misconceptions, &|i| {
                    one_line(question.misconceptions[i].claim.get(lang))
                }),
            },
        );
        Head {
            system: self.render("grade_system.md.j2", context! { rubric => definitions(rubric) }),
            user,
            schema: grade_schema(asked.points.len(), asked.misconceptions.len()),
            max_output_tokens: grade_tokens(asked.points.len(), asked.misconceptions.len()),
        }
    }

    /// The varying end of a grading request.
    pub fn grade_tail(&self, tail: &Tail<'_>) -> String {
        self.render(
            "grade_tail.md.j2",
            context! {
                feedback_language => tail.feedback_lang.english_name(),
                nonce => tail.nonce,
                answer => fenced(tail.answer),
                faults => tail.faults.to_vec(),
            },
        )
    }

    /// The request that drafts points from a bare reference.
    pub fn draft(&self, question: &Question, lang: Lang) -> Head {
        let context = context! {
            title => one_line(question.title.get(lang)),
            references => references(question, lang),
        };
        Head {
            system: self.render("draft_system.md.j2", context! {}),
            user: self.render("draft_user.md.j2", context),
            schema: draft_schema(),
            max_output_tokens: 1200,
        }
    }

    fn render(&self, name: &str, context: minijinja::Value) -> String {
        self.try_render(name, context).expect("invariant: every prompt rendered when it was loaded")
    }

    fn try_render(&self, name: &str, context: minijinja::Value) -> Result<String, PromptError> {
        let template = self.environment.get_template(name).map_err(|error| fail(name, &error))?;
        template.render(context).map_err(|error| fail(name, &error))
    }
}

/// Which points and misconceptions of a question a request asks about, by index.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Asked {
    /// Indexes of points; p1 is the first of them.
    pub points: Vec<usize>,
    /// Indexes of misconceptions; m1 is the first of them.
    pub misconceptions: Vec<usize>,
}

impl Asked {
    /// Everything in the question.
    pub fn all(question: &Question) -> Self {
        Self {
            points: (0..question.points.len()).collect(),
            misconceptions: (0..question.misconceptions.len()).collect(),
        }
    }

    /// Whether nothing is left to ask.
    pub fn is_empty(&self) -> bool {
        self.points.is_empty() && self.misconceptions.is_empty()
    }
}

/// Base 32: letters and digits that nobody confuses.
const ALPHABET: &[u8; 32] = b"abcdefghijklmnopqrstuvwxyz234567";

/// The fence's code: an HMAC of the installation's key over the verdict key, so
/// that equal work makes equal bytes and no candidate can guess it.
pub(crate) fn nonce(key: &[u8], verdict_key: &str, attempt: u32) -> String {
    let mut mac = Hmac::<Sha256>::new_from_slice(key).expect("invariant: HMAC takes any key");
    mac.update(verdict_key.as_bytes());
    mac.update(&attempt.to_be_bytes());
    let bytes = mac.finalize().into_bytes();
    bytes.iter().take(12).map(|byte| char::from(ALPHABET[usize::from(byte & 31)])).collect()
}

/// The first 16 hexadecimal digits of a hash.
pub(crate) fn short_hash(digest: &[u8]) -> String {
    let first = digest.iter().take(8).fold(0_u64, |number, byte| number << 8 | u64::from(*byte));
    format!("{first:016x}")
}

fn names() -> Vec<&'static str> {
    EMBEDDED.iter().map(|(name, _)| *name).collect()
}

fn fail(name: &str, error: &minijinja::Error) -> PromptError {
    PromptError { name: name.to_owned(), message: format!("{error:#}") }
}

fn definitions(rubric: &PromptRubric) -> minijinja::Value {
    let clarity = &rubric.clarity;
    context! {
        met => rubric.met.as_str(),
        partial => rubric.partial.as_str(),
        missing => rubric.missing.as_str(),
        contradicted => rubric.contradicted.as_str(),
        clarity => context! {
            unclear => clarity.unclear.as_str(),
            mixed => clarity.mixed.as_str(),
            clear => clarity.clear.as_str(),
            crisp => clarity.crisp.as_str(),
        },
    }
}

fn references(question: &Question, lang: Lang) -> Vec<String> {
    question.references().map(|reference| reference.get(lang).trim().to_owned()).collect()
}

/// Bank text is data too: a claim cannot start a new section of the prompt.
fn one_line(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

/// The answer as a JSON string in which no closing tag can be read.
fn fenced(answer: &str) -> String {
    let json = serde_json::to_string(answer).expect("invariant: every text can be written");
    if !json.contains('<') {
        return json;
    }
    json.replace("<answer", "\\u003canswer").replace("</answer", "\\u003c/answer")
}

fn object(properties: Vec<(String, Value)>) -> Value {
    let required: Vec<Value> =
        properties.iter().map(|(key, _)| Value::from(key.as_str())).collect();
    json!({
        "type": "object",
        "properties": properties.into_iter().collect::<Map<_, _>>(),
        "required": required,
        "additionalProperties": false,
    })
}

fn entry(key: &str, schema: Value) -> (String, Value) {
    (key.to_owned(), schema)
}

fn text(limit: usize) -> Value {
    json!({"type": "string", "maxLength": limit})
}

fn array(items: &Value, limit: usize) -> Value {
    json!({"type": "array", "items": items, "maxItems": limit})
}

fn one_of(words: &[&str]) -> Value {
    json!({"type": "string", "enum": words})
}

fn grade_schema(points: usize, misconceptions: usize) -> Value {
    let mut properties = vec![entry("nonce", text(16))];
    let verdict = one_of(&["met", "partial", "missing", "contradicted"]);
    for number in 1..=points {
        let point = vec![
            entry("quotes", array(&text(QUOTE_CHARS), 2)),
            entry("why", text(SENTENCE_CHARS)),
            entry("verdict", verdict.clone()),
        ];
        properties.push((format!("p{number}"), object(point)));
    }
    for number in 1..=misconceptions {
        let misconception = vec![
            entry("quotes", array(&text(QUOTE_CHARS), 1)),
            entry("held", json!({"type": "boolean"})),
        ];
        properties.push((format!("m{number}"), object(misconception)));
    }
    let feedback = object(vec![entry("point", text(4)), entry("text", text(SENTENCE_CHARS))]);
    properties.push(entry("clarity", one_of(&["unclear", "mixed", "clear", "crisp"])));
    properties.push(entry("feedback", array(&feedback, 3)));
    object(properties)
}

fn draft_schema() -> Value {
    let tier = one_of(&["must", "should", "bonus"]);
    let point = object(vec![entry("claim", text(CLAIM_CHARS)), entry("tier", tier)]);
    object(vec![entry(
        "points",
        json!({
            "type": "array", "items": point, "minItems": POINTS.start(), "maxItems": POINTS.end(),
        }),
    )])
}

/// Output tokens for a reply that fills its bounds in English, which is twice
/// what a careful one needs: about 200 a point (two quotes, a sentence and the
/// keys), 80 a misconception, 300 for the rest.
fn grade_tokens(points: usize, misconceptions: usize) -> u32 {
    let tokens = 200 * points + 80 * misconceptions + 300;
    u32::try_from(tokens).unwrap_or(u32::MAX)
}
