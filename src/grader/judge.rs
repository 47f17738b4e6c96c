//! The model as grader: at most three calls, each asking only for what is
//! still missing, and every quote checked before it counts.

use std::ops::Range;
use std::sync::{Arc, OnceLock};

use serde_json::{Value, json};

use super::assemble::{self, Findings};
use super::prompt::{self, Asked, Head, Prompts, Tail};
use super::settle::Open;
use super::{Prepared, PreparedKind, injection, key, second};
use crate::domain::{Answer, Assessment, Flag, GraderKind, Lang, Question, Rubric};
use crate::llm::{CallError, ChatRequest, Class, Endpoint, Profile, Template};

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

/// What grading one answer takes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Foreseen {
    /// Calls, repetitions apart.
    pub calls: u64,
    /// Bytes of text in each.
    pub bytes: u64,
    /// Tokens of the longest reply.
    pub most_output: u32,
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

    /// What all first requests on a question have in common.
    pub(super) fn template(&self, question: &Question, lang: Lang) -> Template {
        Template::new(request(&self.head(question, &Asked::all(question), lang), ""))
    }

    fn head(&self, question: &Question, asked: &Asked, lang: Lang) -> Head {
        self.prompts.grade_head(&self.rubric.prompt, question, asked, lang)
    }

    /// The head of a question's first requests.
    fn whole_head(&self, prepared: &Prepared) -> Head {
        self.head(&prepared.question, &Asked::all(&prepared.question), prepared.lang)
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
        let head = self.whole_head(prepared);
        let (escaped, _) = injection::escape_hidden(answer.as_str());
        let nonce = self.nonce(prepared, answer.as_str(), 0);
        let tail = Tail { feedback_lang, nonce: &nonce, answer: &escaped, faults: &[] };
        request(&head, &self.prompts.grade_tail(&tail))
    }

    /// What grading an answer would take; none when it takes no call.
    pub fn foresee(&self, prepared: &Prepared, answer: &Answer) -> Option<Foreseen> {
        if !prepared.gate(answer).passes() {
            return None;
        }
        let PreparedKind::Llm(template) = &prepared.kind else { return None };
        let twice = !injection::addressed_spans(answer.as_str()).is_empty();
        Some(Foreseen {
            calls: 1 + u64::from(twice),
            bytes: (template.text_bytes() + answer.as_str().len()) as u64,
            most_output: template.max_output_tokens(),
        })
    }

    pub(super) async fn assess(
        &self,
        prepared: &Prepared,
        template: &Template,
        answer: &Answer,
        feedback_lang: Lang,
    ) -> Result<Assessment, CallError> {
        let text = answer.as_str();
        let mut found = self.grade(prepared, template, text, feedback_lang).await?;
        let spans: Vec<Range<usize>> = injection::addressed_spans(text);
        if !spans.is_empty() {
            let masked = injection::mask(text, &spans);
            let mut without = self.grade(prepared, template, &masked, feedback_lang).await?;
            without.show(text);
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
        template: &Template,
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
            let tail = self.prompts.grade_tail(&tail);
            let again = (attempt > 0).then(|| {
                let head = self.head(&prepared.question, &open.asked, prepared.lang);
                Template::new(request(&head, ""))
            });
            match self.endpoint.ask(again.as_ref().unwrap_or(template), &tail).await {
                Ok(reply) => {
                    // Whoever gets this call's place sends before this reply is read.
                    tokio::task::yield_now().await;
                    open.take(&reply, &nonce);
                }
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
        prompt::nonce(&self.nonce_key, &prepared.stem.verdict_key(text, 0), attempt)
    }
}

fn request(head: &Head, tail: &str) -> ChatRequest {
    ChatRequest {
        system: head.system.clone(),
        user: format!("{}{tail}", head.user),
        schema: head.schema.clone(),
        max_output_tokens: head.max_output_tokens,
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
