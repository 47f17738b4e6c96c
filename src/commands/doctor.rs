//! `viva doctor`: what is configured and from where, what the endpoint can do,
//! and whether its model can grade.

use std::sync::Arc;
use std::time::Duration;

use super::Context;
use super::context::runtime;
use super::grading;
use crate::bank::Bank;
use crate::config::{EndpointSettings, Origin};
use crate::domain::{Answer, Level, Question, Verdict};
use crate::failure::{Failure, Kind, Status};
use crate::grader::{Grader, LlmGrader};
use crate::llm::{CallError, KeySource};
use crate::term::{pad, safe_line};

/// How long a probe waits for a busy server.
const PATIENCE: Duration = Duration::from_secs(30);
/// Questions whose samples are graded with `--samples`.
const SAMPLE_QUESTIONS: usize = 4;
/// Share of verdicts below which a model is not to be trusted.
const ENOUGH_AGREEMENT: f64 = 0.7;

#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    /// Grade a few bank samples and say how far the model agrees with their verdicts
    #[arg(long)]
    samples: bool,
}

pub(super) fn run(args: &Args, context: &Context) -> Result<Status, Failure> {
    settings(context)?;
    let bank = context.bank()?;
    bank_and_store(context, &bank)?;
    let Some(endpoint) = &context.settings.endpoint else {
        row(context, "endpoint", "none: answers get a lexical estimate", None)?;
        return if args.samples { lexical_samples(context, &bank) } else { Ok(Status::Done) };
    };
    endpoint_settings(context, endpoint)?;
    let grader = grading::grader(context, PATIENCE)?;
    let Grader::Llm(llm) = &grader else { return Ok(Status::Done) };
    let runtime = runtime()?;
    runtime.block_on(probe(context, &bank, llm, &grader))?;
    if args.samples {
        return runtime.block_on(samples(context, &bank, &grader));
    }
    Ok(Status::Done)
}

fn row(context: &Context, name: &str, value: &str, origin: Option<&Origin>) -> Result<(), Failure> {
    let origin = origin.map(|origin| format!("  ({origin})")).unwrap_or_default();
    let line = format!("{} {}{origin}", pad(name, 14), safe_line(value));
    Ok(context.terminal.result(&line)?)
}

fn settings(context: &Context) -> Result<(), Failure> {
    let settings = &context.settings;
    let exists = if settings.file.exists() { "" } else { " (not there; `viva setup` writes it)" };
    row(context, "config file", &format!("{}{exists}", settings.file.display()), None)?;
    row(context, "language", settings.lang.value.code(), Some(&settings.lang.origin))?;
    row(context, "messages", settings.ui.value.code(), Some(&settings.ui.origin))?;
    if let Some(lang) = &settings.feedback_lang {
        row(context, "feedback", lang.value.code(), Some(&lang.origin))?;
    }
    if let Some(rubric) = &settings.rubric {
        row(context, "rubric", &rubric.value.display().to_string(), Some(&rubric.origin))?;
    }
    if let Some(patience) = &settings.patience {
        row(context, "patience", &format!("{} s", patience.value), Some(&patience.origin))?;
    }
    Ok(())
}

fn bank_and_store(context: &Context, bank: &Bank) -> Result<(), Failure> {
    let origin = context.settings.bank.as_ref().map(|bank| &bank.origin);
    let path = context.settings.bank.as_ref().map(|b| format!(", with {}", b.value.display()));
    let value = format!("{} questions{}", bank.len(), path.unwrap_or_default());
    row(context, "bank", &value, origin)?;
    let store = match context.store() {
        Ok(store) => store.path().display().to_string(),
        Err(error) => format!("not usable: {error}"),
    };
    row(context, "store", &store, None)
}

fn endpoint_settings(context: &Context, endpoint: &EndpointSettings) -> Result<(), Failure> {
    let profile = &endpoint.profile;
    row(context, "endpoint", &profile.name, Some(&endpoint.origin))?;
    row(context, "address", &grading::shown(&profile.base_url), Some(&endpoint.base_url_origin))?;
    row(context, "model", &profile.model, Some(&endpoint.model_origin))?;
    let key = match &endpoint.key {
        KeySource::Env(name) => format!("from ${name}"),
        KeySource::Command(command) => format!("from the command `{}`", command.join(" ")),
        KeySource::Missing(Some(name)) => format!("none (${name} and $VIVA_API_KEY are not set)"),
        KeySource::Missing(None) => "none ($VIVA_API_KEY is not set)".to_owned(),
        KeySource::OtherOrigin(name) => format!(
            "none: ${name} belongs to another address than {}; set VIVA_API_KEY for this one",
            grading::shown(&profile.base_url)
        ),
    };
    row(context, "key", &key, None)
}

/// Asks for the models and grades one tiny answer; says what came back.
async fn probe(
    context: &Context,
    bank: &Bank,
    llm: &LlmGrader,
    grader: &Grader,
) -> Result<(), Failure> {
    let model = llm.endpoint().model();
    match llm.endpoint().models().await {
        Ok(models) if models.iter().any(|m| m == model) => {
            row(context, "models", &format!("{} served, {model} among them", models.len()), None)?;
        }
        Ok(models) => {
            let shown: Vec<&str> = models.iter().take(8).map(String::as_str).collect();
            let text =
                format!("{model} is not among the {} served: {}", models.len(), shown.join(", "));
            row(context, "models", &text, None)?;
        }
        Err(error) if fatal(&error) => return Err(grading::endpoint_failure(&error)),
        Err(error) => row(context, "models", &format!("cannot be listed ({error})"), None)?,
    }
    let Some(question) = bank.iter().next() else { return Ok(()) };
    let lang = context.lang();
    let prepared = grader.prepare(Arc::clone(question), lang);
    let answer = Answer::new(question.reference.get(lang)).map_err(anyhow::Error::from)?;
    let assessment = grader
        .assess(&prepared, &answer, lang)
        .await
        .map_err(|error| grading::endpoint_failure(&error))?;
    let source = &assessment.provenance;
    let format = llm.endpoint().rung().to_string();
    row(context, "output", &format!("{format} (structured-output rung in use)"), None)?;
    let usage = if source.tokens.input + source.tokens.output == 0 {
        "not reported by the server".to_owned()
    } else {
        format!(
            "{} in, {} out over {} calls",
            source.tokens.input, source.tokens.output, source.calls
        )
    };
    row(context, "tokens", &usage, None)?;
    row(context, "latency", &format!("{} ms for one grading", source.latency_ms), None)?;
    if let Some(answered) = source.returned_model.as_deref().filter(|answered| *answered != model) {
        row(context, "answered by", answered, None)?;
    }
    let judged = assessment.points.iter().filter(|p| p.verdict != Verdict::Ungraded).count();
    let of = assessment.points.len();
    row(
        context,
        "grading",
        &format!("{judged} of {of} points graded on a reference answer"),
        None,
    )?;
    if judged < of {
        let advice = "this model often fails the reply's form; a larger one, or one with json_schema, does better";
        row(context, "advice", advice, None)?;
    }
    Ok(())
}

fn fatal(error: &CallError) -> bool {
    use crate::llm::Kind as Call;
    matches!(
        error.kind,
        Call::Unreachable(_) | Call::KeyRefused | Call::AccessDenied | Call::Quota | Call::Redirect
    )
}

fn lexical_samples(context: &Context, bank: &Bank) -> Result<Status, Failure> {
    let grader = grading::lexical(context)?;
    runtime()?.block_on(samples(context, bank, &grader))
}

/// Agreement with the expected verdicts of bank samples, spread over the bank.
async fn samples(context: &Context, bank: &Bank, grader: &Grader) -> Result<Status, Failure> {
    let with: Vec<&Arc<Question>> = bank.iter().filter(|q| !q.samples.is_empty()).collect();
    let step = (with.len() / SAMPLE_QUESTIONS).max(1);
    let lang = context.lang();
    let (mut agreed, mut judged, mut ungraded) = (0_u32, 0_u32, 0_u32);
    for question in with.into_iter().step_by(step).take(SAMPLE_QUESTIONS) {
        let prepared = grader.prepare(Arc::clone(question), lang);
        for sample in &question.samples {
            let answer = Answer::new(sample.answer.get(lang)).map_err(anyhow::Error::from)?;
            let assessment = grader
                .assess(&prepared, &answer, lang)
                .await
                .map_err(|error| grading::endpoint_failure(&error))?;
            for point in &assessment.points {
                let expected = sample.expected(&point.id);
                judged += 1;
                ungraded += u32::from(point.verdict == Verdict::Ungraded);
                agreed += u32::from(point.verdict == expected);
            }
            let score = assessment.score.map_or("?".to_owned(), |score| format!("{score:.0}"));
            let level = level_name(sample.level);
            row(context, "sample", &format!("{} {level}: {score}", question.id), None)?;
        }
    }
    if judged == 0 {
        return Err(Failure::message(
            Kind::Config,
            ("the bank has no samples to grade", "题库里没有可评的样例"),
        ));
    }
    let share = f64::from(agreed) / f64::from(judged);
    let text =
        format!("{agreed} of {judged} verdicts ({:.0} %), {ungraded} ungraded", share * 100.0);
    row(context, "agreement", &text, None)?;
    let advice = if share >= ENOUGH_AGREEMENT {
        "this grader agrees with the bank's own verdicts often enough"
    } else {
        "do not trust this grader's scores; try a larger model"
    };
    row(context, "advice", advice, None)?;
    Ok(if share >= ENOUGH_AGREEMENT { Status::Done } else { Status::Findings })
}

fn level_name(level: Level) -> &'static str {
    match level {
        Level::Strong => "strong",
        Level::Middling => "middling",
        Level::Wrong => "wrong",
    }
}
