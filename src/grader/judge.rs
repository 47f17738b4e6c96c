//! The model as grader: at most three calls, each asking only for what is
//! still missing, and every quote checked before it counts.

use std::ops::Range;
use std::sync::{Arc, OnceLock};

use serde_json::{Value, json};

use super::assemble::{self, Findings};
use super::evidence::AnswerIndex;
use super::prompt::{self, Asked, Head, Prompts, Tail};
use super::reply::{self, Expected, Parsed, RawPoint};
use super::{Prepared, injection, key, second};
use crate::domain::{
    Answer, Assessment, Evidence, FeedbackLine, Flag, GraderKind, Lang, MisconceptionFound,
    PointAssessment, Question, Rubric, Tokens, Verdict,
};
use crate::llm::{CallError, ChatReply, ChatRequest, Class, Endpoint, Price, Profile, Usage};

/// Most calls for one grading of one answer.
const MAX_CALLS: u32 = 3;

/// Grades through an endpoint.
#[derive(Debug)]
pub struct LlmGrader {
    endpoint: Arc<Endpoint>,
    prompts: Prompts,
    rubric: Rubric,
    nonce_key: Vec<u8>,
    parameters: Value,
    /// The model that answered first; another one later is flagged.
    answered: OnceLock<String>,
}

/// What gradings have cost, retries and repairs included.
#[derive(Debug, Clone, Default)]
pub(super) struct Spent {
    pub(super) endpoint: Option<String>,
    pub(super) returned_model: Option<String>,
    pub(super) parameters: Value,
    pub(super) calls: u32,
    pub(super) tokens: Tokens,
    pub(super) cost: Option<f64>,
    pub(super) latency_ms: u64,
}

impl LlmGrader {
    /// A grader on an endpoint; `nonce_key` is the installation's own.
    pub fn new(
        endpoint: Arc<Endpoint>,
        prompts: Prompts,
        rubric: Rubric,
        nonce_key: Vec<u8>,
    ) -> Self {
        let parameters = configured(endpoint.profile());
        Self { endpoint, prompts, rubric, nonce_key, parameters, answered: OnceLock::new() }
    }

    /// The endpoint in use.
    pub fn endpoint(&self) -> &Arc<Endpoint> {
        &self.endpoint
    }

    /// The prompt files in use.
    pub fn prompts(&self) -> &Prompts {
        &self.prompts
    }

    pub(super) fn rubric(&self) -> &Rubric {
        &self.rubric
    }

    pub(super) fn head(&self, question: &Question, lang: Lang) -> Head {
        self.prompts.grade_head(&self.rubric.prompt, question, &Asked::all(question), lang)
    }

    pub(super) fn shared(&self) -> key::Shared<'_> {
        key::Shared {
            grader: "llm",
            model: self.endpoint.model(),
            prompt_hash: self.prompts.hash(),
            rubric: Some(&self.rubric.prompt),
            parameters: &self.parameters,
            scoring: &self.rubric.scoring,
        }
    }

    /// The first request for an answer, as it would be sent.
    pub fn first_request(
        &self,
        prepared: &Prepared,
        answer: &Answer,
        feedback_lang: Lang,
    ) -> ChatRequest {
        let head = self.head(&prepared.question, prepared.lang);
        let (escaped, _) = injection::escape_hidden(answer.as_str());
        let nonce = self.nonce(prepared, answer.as_str(), 0);
        self.request(&head, &Tail { feedback_lang, nonce: &nonce, answer: &escaped, faults: &[] })
    }

    pub(super) async fn assess(
        &self,
        prepared: &Prepared,
        head: &Head,
        answer: &Answer,
        feedback_lang: Lang,
    ) -> Result<Assessment, CallError> {
        let text = answer.as_str();
        let mut found = self.grade(prepared, head, text, feedback_lang).await?;
        let spans: Vec<Range<usize>> = injection::addressed_spans(text);
        if !spans.is_empty() {
            let masked = injection::mask(text, &spans);
            let without = self.grade(prepared, head, &masked, feedback_lang).await?;
            found = second::combine(&prepared.question, &spans, found, without);
        }
        if let Some(model) = &found.spent.returned_model
            && self.answered.get_or_init(|| model.clone()) != model
        {
            found.flags.push(Flag::OtherModel);
        }
        found.spent = found.spent.priced(&self.endpoint.profile().price);
        Ok(assemble::assessment(GraderKind::Llm, &self.shared(), prepared, answer, found))
    }

    /// One grading of one text.
    async fn grade(
        &self,
        prepared: &Prepared,
        head: &Head,
        text: &str,
        feedback_lang: Lang,
    ) -> Result<Findings, CallError> {
        let (escaped, hidden) = injection::escape_hidden(text);
        let mut open = Open::new(&prepared.question, prepared.lang, text);
        open.found.spent.endpoint = Some(self.endpoint.profile().name.clone());
        if hidden {
            open.found.flags.push(Flag::EscapedCharacters);
        }
        for attempt in 0..MAX_CALLS {
            let nonce = self.nonce(prepared, text, attempt);
            let tail =
                Tail { feedback_lang, nonce: &nonce, answer: &escaped, faults: &open.faults };
            let head =
                if attempt == 0 { head.clone() } else { self.head_of(prepared, &open.asked) };
            let request = self.request(&head, &tail);
            match self.endpoint.chat(&request).await {
                Ok(reply) => open.take(&reply, &nonce),
                Err(error) if error.class == Class::ItemFinal => {
                    open.found.spent.add_error(&error);
                    open.faults = vec![error.to_string()];
                    break;
                }
                Err(error) => return Err(error),
            }
            if open.asked.is_empty() {
                break;
            }
            open.found.flags.push(Flag::Reasked);
        }
        Ok(open.close())
    }

    fn nonce(&self, prepared: &Prepared, text: &str, attempt: u32) -> String {
        let key = key::verdict_key(&self.shared(), &prepared.question, prepared.lang, text, 0);
        prompt::nonce(&self.nonce_key, &key, attempt)
    }

    fn head_of(&self, prepared: &Prepared, asked: &Asked) -> Head {
        self.prompts.grade_head(&self.rubric.prompt, &prepared.question, asked, prepared.lang)
    }

    fn request(&self, head: &Head, tail: &Tail<'_>) -> ChatRequest {
        ChatRequest {
            system: head.system.clone(),
            user: format!("{}{}", head.user, self.prompts.grade_tail(tail)),
            schema: head.schema.clone(),
            max_output_tokens: head.max_output_tokens,
        }
    }
}

/// The parameters that can change a verdict, as they are configured.
fn configured(profile: &Profile) -> Value {
    json!({
        "structured": profile.structured,
        "temperature": profile.temperature_accepted,
        "bounds": profile.schema_bounds,
        "omit": profile.omit,
        "rename": profile.rename,
        "extra": profile.extra_body,
    })
}

/// The parameters as sent, with the rung in place of the whole schema, which
/// the prompt hash and the points already determine.
fn without_schema(reply: &ChatReply) -> Value {
    let mut parameters = reply.parameters.clone();
    if let Some(format) = parameters.get_mut("response_format") {
        *format = Value::from(reply.rung.to_string());
    }
    parameters
}

/// A grading in progress: what is settled, what is still to be asked.
struct Open<'a> {
    question: &'a Question,
    lang: Lang,
    answer: AnswerIndex,
    asked: Asked,
    points: Vec<Option<PointAssessment>>,
    faults: Vec<String>,
    found: Findings,
}

impl<'a> Open<'a> {
    fn new(question: &'a Question, lang: Lang, text: &str) -> Self {
        Self {
            question,
            lang,
            answer: AnswerIndex::new(text),
            asked: Asked::all(question),
            points: vec![None; question.points.len()],
            faults: Vec::new(),
            found: Findings::default(),
        }
    }

    /// Settles what a reply gives and keeps the rest for the next call.
    fn take(&mut self, reply: &ChatReply, nonce: &str) {
        self.found.spent.add_reply(reply);
        if reply.from_reasoning {
            self.found.flags.push(Flag::FromReasoning);
        }
        let expected = Expected {
            points: (1..=self.asked.points.len()).collect(),
            misconceptions: (1..=self.asked.misconceptions.len()).collect(),
            nonce: nonce.to_owned(),
            strict: reply.rung.has_schema(),
        };
        match reply::parse(&reply.text, &expected) {
            Ok(parsed) => self.settle(parsed),
            Err(fault) => self.faults = vec![fault.to_string()],
        }
    }

    fn settle(&mut self, parsed: Parsed) {
        let asked = std::mem::take(&mut self.asked);
        self.faults.clear();
        self.take_feedback(&parsed, &asked);
        for (number, raw) in parsed.points {
            let index = asked.points[number - 1];
            match raw.map_err(|fault| fault.to_string()).and_then(|raw| self.verified(index, raw)) {
                Ok(point) => self.points[index] = Some(point),
                Err(fault) => {
                    self.asked.points.push(index);
                    self.faults.push(format!("p{}: {fault}", self.asked.points.len()));
                }
            }
        }
        for (number, raw) in parsed.misconceptions {
            let index = asked.misconceptions[number - 1];
            match raw {
                Ok(raw) if raw.held => self.hold(index, &raw.quotes),
                Ok(_) => {}
                Err(fault) => {
                    self.asked.misconceptions.push(index);
                    self.faults.push(format!("m{}: {fault}", self.asked.misconceptions.len()));
                }
            }
        }
    }

    /// A verdict with its quotes located, or what is wrong with it.
    fn verified(&self, index: usize, raw: RawPoint) -> Result<PointAssessment, String> {
        let point = &self.question.points[index];
        let mut evidence = Vec::new();
        let mut fault = "it has no quote; copy one from the answer".to_owned();
        for quote in raw.quotes.iter().filter(|_| raw.verdict.needs_evidence()) {
            match self.answer.locate(quote) {
                Ok(found) => evidence.push(found),
                Err(not_found) => fault = format!("quote {quote:?}: {not_found}"),
            }
        }
        if raw.verdict.needs_evidence() && evidence.is_empty() {
            return Err(fault);
        }
        Ok(PointAssessment {
            id: point.id.clone(),
            tier: point.tier,
            verdict: raw.verdict,
            credit: raw.verdict.credit(),
            evidence,
            why: raw.why,
        })
    }

    /// A misconception counts only with a quote that stands in the answer.
    fn hold(&mut self, index: usize, quotes: &[String]) {
        let evidence: Vec<Evidence> =
            quotes.iter().filter_map(|quote| self.answer.locate(quote).ok()).collect();
        if evidence.is_empty() {
            return;
        }
        let misconception = &self.question.misconceptions[index];
        self.found.misconceptions.push(MisconceptionFound {
            id: misconception.id.clone(),
            correction: misconception.correction.get(self.lang).to_owned(),
            evidence,
        });
    }

    /// The first reply that has them gives clarity and feedback.
    fn take_feedback(&mut self, parsed: &Parsed, asked: &Asked) {
        self.found.clarity = self.found.clarity.or(parsed.clarity);
        if !self.found.feedback.is_empty() {
            return;
        }
        let point = |number: Option<usize>| {
            let index = asked.points.get(number?.checked_sub(1)?)?;
            Some(self.question.points[*index].id.clone())
        };
        self.found.feedback = parsed
            .feedback
            .iter()
            .map(|line| FeedbackLine { point: point(line.point), text: line.text.clone() })
            .collect();
    }

    /// What could not be settled is ungraded, with the last reason.
    fn close(mut self) -> Findings {
        let reason = |index: usize| {
            let number = self.asked.points.iter().position(|asked| *asked == index);
            let own = number.map(|n| format!("p{}: ", n + 1)).and_then(|prefix| {
                self.faults.iter().find_map(|fault| fault.strip_prefix(prefix.as_str()))
            });
            own.or(self.faults.first().map(String::as_str)).unwrap_or("no verdict").to_owned()
        };
        let points = self.points.iter().enumerate().map(|(index, settled)| {
            settled.clone().unwrap_or_else(|| {
                let point = &self.question.points[index];
                PointAssessment {
                    id: point.id.clone(),
                    tier: point.tier,
                    verdict: Verdict::Ungraded,
                    credit: None,
                    evidence: Vec::new(),
                    why: reason(index),
                }
            })
        });
        self.found.points = points.collect();
        self.found
    }
}

impl Spent {
    fn add_reply(&mut self, reply: &ChatReply) {
        self.returned_model = reply.model.clone().or(self.returned_model.take());
        self.parameters = without_schema(reply);
        self.latency_ms += u64::try_from(reply.latency.as_millis()).unwrap_or(u64::MAX);
        self.add(reply.calls, &reply.usage);
    }

    fn add_error(&mut self, error: &CallError) {
        self.add(error.calls, &error.usage);
    }

    fn add(&mut self, calls: u32, usage: &Usage) {
        self.calls += calls;
        self.tokens.input += usage.input;
        self.tokens.cached += usage.cached;
        self.tokens.output += usage.output;
    }

    /// What two gradings have cost together.
    pub(super) fn and(self, other: Self) -> Self {
        Self {
            returned_model: other.returned_model.or(self.returned_model),
            calls: self.calls + other.calls,
            tokens: Tokens {
                input: self.tokens.input + other.tokens.input,
                cached: self.tokens.cached + other.tokens.cached,
                output: self.tokens.output + other.tokens.output,
            },
            latency_ms: self.latency_ms + other.latency_ms,
            ..self
        }
    }

    /// The cost in the profile's currency, when it names prices (per million tokens).
    fn priced(mut self, price: &Price) -> Self {
        if price.input > 0.0 || price.output > 0.0 {
            let million = |tokens: u64, price: f64| {
                u32::try_from(tokens).map_or(f64::from(u32::MAX), f64::from) / 1e6 * price
            };
            let fresh = self.tokens.input.saturating_sub(self.tokens.cached);
            self.cost = Some(
                million(fresh, price.input)
                    + million(self.tokens.cached, price.cached_input)
                    + million(self.tokens.output, price.output),
            );
        }
        self
    }
}
