//! From settings to a grader, shared by the commands that grade.

use std::borrow::BorrowMut;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use super::Context;
use super::context::{environment, now, random};
use crate::config::EndpointSettings;
use crate::domain::{
    Answer, Assessment, GraderKind, Lang, Point, PointSummary, Question, QuestionSummary,
    ResultLine, SCHEMA_VERSION,
};
use crate::failure::{Failure, Kind};
use crate::grader::lexical::LexicalGrader;
use crate::grader::{DraftError, Drafts, Grader, LlmGrader, NoDrafts, Prepared};
use crate::llm::{
    self, CallError, Capabilities, Capability, Endpoint, InMemory, KeySource, Secret, SystemClock,
};
use crate::store::Store;

/// What endpoints were found to be able to do, kept in the store.
struct StoredCapabilities(Mutex<Store>);

impl Capabilities for StoredCapabilities {
    fn load(&self, key: &str) -> Option<Capability> {
        let store = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        serde_json::from_str(&store.capability(key).ok()??).ok()
    }

    fn save(&self, key: &str, capability: &Capability) {
        let Ok(body) = serde_json::to_string(capability) else { return };
        let mut store = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        // Not kept means a few more calls next time, no more.
        let _ = store.save_capability(key, &body);
    }
}

/// The grader that the settings ask for: the configured endpoint, else the
/// lexical estimate.
pub(super) fn grader(context: &Context, patience: Duration) -> Result<Grader, Failure> {
    grader_for(context, || context.store().ok(), patience, |endpoint| endpoint)
}

/// The same with the caller's way to the store, and an endpoint that is made ready by `ready`
/// before its first use.
pub(super) fn grader_for(
    context: &Context,
    store: impl FnOnce() -> Option<Store>,
    patience: Duration,
    ready: impl FnOnce(Endpoint) -> Endpoint,
) -> Result<Grader, Failure> {
    let wanted = context.settings.grader.as_ref().map(|grader| grader.value);
    match (&context.settings.endpoint, wanted) {
        (Some(settings), _) => {
            Ok(Grader::Llm(Box::new(llm_grader(context, settings, store, patience, ready)?)))
        }
        (None, Some(GraderKind::Llm)) => Err(no_endpoint()),
        (None, _) => Ok(lexical(context)?),
    }
}

pub(super) fn lexical(context: &Context) -> Result<Grader, Failure> {
    Ok(Grader::Lexical { grader: LexicalGrader, rubric: Box::new(context.rubric()?) })
}

/// Whether the grader in use was chosen, by an endpoint or by name, and is not
/// the one that is always there.
pub(super) fn is_chosen(context: &Context) -> bool {
    context.settings.endpoint.is_some() || context.settings.grader.is_some()
}

/// What to do when an endpoint is needed and none is configured.
pub(super) fn no_endpoint() -> Failure {
    Failure::message(Kind::Config, ("no endpoint is configured", "没有配置端点"))
        .hint((
            "run `viva setup`, or give --endpoint NAME --model MODEL",
            "运行 `viva setup`，或给出 --endpoint 名称 --model 模型",
        ))
        .hint((
            "or set VIVA_BASE_URL and VIVA_MODEL (and VIVA_API_KEY where a key is needed)",
            "或设置 VIVA_BASE_URL 和 VIVA_MODEL（需要密钥时再加 VIVA_API_KEY）",
        ))
}

fn llm_grader(
    context: &Context,
    settings: &EndpointSettings,
    store: impl FnOnce() -> Option<Store>,
    patience: Duration,
    ready: impl FnOnce(Endpoint) -> Endpoint,
) -> Result<LlmGrader, Failure> {
    let fresh = random::<32>()?;
    let (nonce_key, capabilities): (Vec<u8>, Arc<dyn Capabilities>) = match store() {
        Some(mut store) => {
            let key = store.nonce_key(&fresh).unwrap_or_else(|_| fresh.to_vec());
            (key, Arc::new(StoredCapabilities(Mutex::new(store))))
        }
        // Grading needs no store; only a session does, and it says so itself.
        None => (fresh.to_vec(), Arc::new(InMemory::default())),
    };
    let endpoint = ready(endpoint(context, settings, patience, capabilities)?);
    Ok(LlmGrader::new(Arc::new(endpoint), context.prompts()?, context.rubric()?, nonce_key))
}

/// The endpoint of the settings, ready to be called.
pub(super) fn endpoint(
    context: &Context,
    settings: &EndpointSettings,
    patience: Duration,
    capabilities: Arc<dyn Capabilities>,
) -> Result<Endpoint, Failure> {
    let patience =
        context.settings.patience.as_ref().map_or(patience, |p| Duration::from_secs(p.value));
    let seed = u64::from_le_bytes(random::<8>()?);
    let clock = Arc::new(SystemClock::default());
    let options = llm::Options { patience, key: settings.key.clone(), seed, clock };
    if settings.profile.model.is_empty() {
        let name = &settings.profile.name;
        return Err(Failure::message(
            Kind::Config,
            (format!("endpoint {name} names no model"), format!("端点 {name} 没有指定模型")),
        )
        .hint((
            "give --model MODEL, set VIVA_MODEL, or write `model = \"…\"` into the config file",
            "给出 --model 模型，或设置 VIVA_MODEL，或在配置文件里写 `model = \"…\"`",
        )));
    }
    let key = key(&settings.key)?;
    Endpoint::new(settings.profile.clone(), key, capabilities, options).map_err(|error| {
        Failure::new(Kind::Config, error).hint((
            "`viva doctor` shows where each setting comes from",
            "`viva doctor` 会显示每项设置的来源",
        ))
    })
}

/// Fetches the key from where the settings say it is.
fn key(source: &KeySource) -> Result<Option<Secret>, Failure> {
    let raw = match source {
        KeySource::Env(name) => environment(name).unwrap_or_default(),
        KeySource::Command(command) => command_output(command)?,
        KeySource::Missing(_) | KeySource::OtherOrigin(_) => return Ok(None),
    };
    Secret::new(&raw).map(Some).map_err(|error| Failure::new(Kind::Config, error))
}

fn command_output(command: &[String]) -> Result<String, Failure> {
    let fail = |what: String| {
        Failure::message(Kind::Config, format!("api_key_cmd `{}` {what}", command.join(" ")))
    };
    let (program, arguments) = command.split_first().ok_or_else(|| fail("is empty".to_owned()))?;
    let output = std::process::Command::new(program)
        .args(arguments)
        .stdin(std::process::Stdio::null())
        .output()
        .map_err(|error| fail(format!("cannot be run: {error}")))?;
    if !output.status.success() {
        return Err(fail(format!("failed ({})", output.status)));
    }
    String::from_utf8(output.stdout)
        .map_err(|_| fail("printed something that is not text".to_owned()))
}

/// A question with the points that it needs, and whether a model has drafted them.
pub(super) async fn with_points(
    grader: &Grader,
    question: Question,
    lang: Lang,
    store: Option<&mut Store>,
) -> Result<(Question, bool), Failure> {
    if !grader.needs_draft(&question) {
        return Ok((question, false));
    }
    let drafted = match store {
        Some(store) => grader.with_points(&question, lang, &StoredDrafts(Mutex::new(store))).await,
        None => grader.with_points(&question, lang, &NoDrafts).await,
    };
    let drafted = drafted.map_err(|error| match error {
        DraftError::Call(call) => endpoint_failure(&call),
        unusable => Failure::new(Kind::Endpoint, unusable).hint((
            "try again, or write the points yourself in a bank file",
            "再试一次，或自己在题库文件里写出要点",
        )),
    })?;
    Ok((drafted, true))
}

/// Drafted points, kept in the store.
struct StoredDrafts<S>(Mutex<S>);

impl<S: BorrowMut<Store> + Send> Drafts for StoredDrafts<S> {
    fn load(&self, hash: &str) -> Result<Option<Vec<Point>>, DraftError> {
        let store = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        // Not read means that they are drafted again.
        let drafted = (*store).borrow().drafted(hash).unwrap_or_default();
        Ok(drafted.map(|question| question.points))
    }

    fn save(&self, hash: &str, drafted: &Question) -> Result<(), DraftError> {
        let mut store = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        // Not kept means that they are drafted again.
        let _ = (*store).borrow_mut().save_drafted(hash, drafted, &now());
        Ok(())
    }
}

/// Drafted points in the store, or nowhere without one.
pub(super) fn drafts(store: Option<Store>) -> Arc<dyn Drafts> {
    match store {
        Some(store) => Arc::new(StoredDrafts(Mutex::new(store))),
        None => Arc::new(NoDrafts),
    }
}

/// A failed call as the failure of a command.
pub(super) fn endpoint_failure(error: &CallError) -> Failure {
    let zh = format!("{}：{}", error.kind.in_chinese(), error.message);
    Failure::message(Kind::Endpoint, (error.to_string(), zh))
        .hint((error.advice.as_str(), error.advice_zh.as_str()))
}

/// A question as a result line shows it.
pub(super) fn summary(question: &Question, lang: Lang) -> QuestionSummary {
    let points = question.points.iter().map(|point| PointSummary {
        id: point.id.clone(),
        tier: point.tier,
        claim: Some(point.claim.get(lang).to_owned()),
    });
    QuestionSummary {
        id: question.id.to_string(),
        title: question.title.get(lang).to_owned(),
        points: points.collect(),
    }
}

/// The result line of a graded answer.
pub(super) fn result_line(
    id: String,
    prepared: &Prepared,
    answer: &Answer,
    assessment: Assessment,
) -> ResultLine {
    ResultLine {
        schema_version: SCHEMA_VERSION,
        id,
        candidate: None,
        question: Some(summary(&prepared.question, prepared.lang)),
        answer: Some(answer.as_str().to_owned()),
        assessment: Some(assessment),
        line: None,
        error: None,
        input: None,
    }
}

/// An address without what may be secret in it: user, password, query.
pub(super) fn shown(url: &str) -> String {
    let url = url.split(['?', '#']).next().unwrap_or_default();
    let (scheme, rest) = url.split_once("://").unwrap_or(("", url));
    let (host, path) = rest.split_once('/').unwrap_or((rest, ""));
    let host = host.rsplit('@').next().unwrap_or_default();
    let scheme = if scheme.is_empty() { String::new() } else { format!("{scheme}://") };
    let slash = if path.is_empty() { "" } else { "/" };
    format!("{scheme}{host}{slash}{path}")
}

/// One line for the start of a session: which grader it is.
pub(super) fn introduction(context: &Context) -> String {
    match &context.settings.endpoint {
        Some(endpoint) => {
            let profile = &endpoint.profile;
            let said = context.terminal.say("grader: ", "评分：");
            format!("{said}{} @ {} ({})", profile.model, profile.name, shown(&profile.base_url))
        }
        None => context
            .terminal
            .say(
                "grader: lexical estimate, offline (`viva setup` connects a model)",
                "评分：词面估分，离线（用 `viva setup` 可接入模型）",
            )
            .to_owned(),
    }
}
