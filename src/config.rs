//! Settings in layers: defaults, the config file, the environment, flags.
//!
//! Every value keeps its origin, so that `viva doctor` can say where it comes
//! from. The environment comes in as a function; nothing here reads it, runs a
//! command or holds a key.

use std::collections::BTreeMap;
use std::path::PathBuf;

use serde::Deserialize;
use toml::{Table, Value};

use crate::domain::{GraderKind, Lang};
use crate::llm::{KeySource, Layer, Profile, preset_names};

/// Name of the endpoint that is given by address alone.
const UNNAMED_ENDPOINT: &str = "custom";

/// Where a value comes from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Origin {
    /// Built in.
    Default,
    /// The config file.
    File,
    /// An environment variable.
    Env(&'static str),
    /// A flag.
    Flag(&'static str),
}

impl std::fmt::Display for Origin {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Default => f.write_str("default"),
            Self::File => f.write_str("config file"),
            Self::Env(name) => write!(f, "${name}"),
            Self::Flag(name) => f.write_str(name),
        }
    }
}

/// A value and where it comes from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Sourced<T> {
    /// The value.
    pub value: T,
    /// Its origin.
    pub origin: Origin,
}

/// What the command line says.
#[derive(Debug, Clone, Default)]
pub struct Flags {
    /// `--endpoint`.
    pub endpoint: Option<String>,
    /// `--model`.
    pub model: Option<String>,
    /// `--grader`.
    pub grader: Option<GraderKind>,
    /// `--bank`.
    pub bank: Option<PathBuf>,
    /// `--lang`.
    pub lang: Option<Lang>,
    /// `--feedback-lang`.
    pub feedback_lang: Option<Lang>,
    /// `--rubric`.
    pub rubric: Option<PathBuf>,
    /// `--patience`, in seconds.
    pub patience: Option<u64>,
}

/// The endpoint in use.
#[derive(Debug, Clone)]
pub struct EndpointSettings {
    /// How to talk to it.
    pub profile: Profile,
    /// What chose it.
    pub origin: Origin,
    /// What gave its address.
    pub base_url_origin: Origin,
    /// What gave its model.
    pub model_origin: Origin,
    /// Where its key is.
    pub key: KeySource,
}

/// Everything that is configured.
#[derive(Debug, Clone)]
pub struct Settings {
    /// The endpoint, when one is configured.
    pub endpoint: Option<EndpointSettings>,
    /// The grader that was asked for, when one was.
    pub grader: Option<Sourced<GraderKind>>,
    /// Language of questions.
    pub lang: Sourced<Lang>,
    /// Language of messages.
    pub ui: Sourced<Lang>,
    /// Language of feedback; the answer's own when none is set.
    pub feedback_lang: Option<Sourced<Lang>>,
    /// A bank on top of the embedded one.
    pub bank: Option<Sourced<PathBuf>>,
    /// A rubric instead of the embedded one.
    pub rubric: Option<Sourced<PathBuf>>,
    /// Longest wait that a server may ask for, in seconds, when set.
    pub patience: Option<Sourced<u64>>,
    /// The config file, whether it exists or not.
    pub file: PathBuf,
}

/// What is wrong with the configuration.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{message}")]
pub struct ConfigError {
    /// File, line and field, and what would be right.
    pub message: String,
}

fn wrong(message: impl Into<String>) -> ConfigError {
    ConfigError { message: message.into() }
}

#[derive(Debug, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
struct File {
    endpoint: Option<String>,
    model: Option<String>,
    grader: Option<GraderKind>,
    lang: Option<Lang>,
    ui_lang: Option<Lang>,
    feedback_lang: Option<Lang>,
    bank: Option<PathBuf>,
    rubric: Option<PathBuf>,
    patience: Option<u64>,
    endpoints: BTreeMap<String, Table>,
}

/// Reads an environment variable; an empty one counts as not set.
pub type Env<'a> = &'a dyn Fn(&str) -> Option<String>;

impl Settings {
    /// Puts the layers together; `text` is the config file's, empty when there is none.
    ///
    /// # Errors
    /// [`ConfigError`] names file, line and field, or the variable or flag, and
    /// says what would be right.
    pub fn resolve(
        file: PathBuf,
        text: &str,
        env: Env<'_>,
        flags: &Flags,
    ) -> Result<Self, ConfigError> {
        let config = parse(&file, text)?;
        let ui = pick(None, config.ui_lang, || locale(env));
        let lang = pick(flags.lang.map(|l| (l, "--lang")), config.lang, || Sourced {
            value: ui.value,
            origin: ui.origin.clone(),
        });
        let grader = optional(flags.grader, "--grader", config.grader);
        let endpoint = match &grader {
            Some(Sourced { value: GraderKind::Lexical, .. }) => None,
            _ => endpoint(&file, &config, env, flags)?,
        };
        Ok(Self {
            endpoint,
            grader,
            lang,
            ui,
            feedback_lang: optional(flags.feedback_lang, "--feedback-lang", config.feedback_lang),
            bank: optional(flags.bank.clone(), "--bank", config.bank),
            rubric: optional(flags.rubric.clone(), "--rubric", config.rubric),
            patience: optional(flags.patience, "--patience", config.patience),
            file,
        })
    }
}

fn parse(file: &std::path::Path, text: &str) -> Result<File, ConfigError> {
    toml::from_str(text).map_err(|error| {
        let offset = error.span().map_or(0, |span| span.start);
        let line = 1 + text.bytes().take(offset).filter(|b| *b == b'\n').count();
        let message = error.message().replace('\n', "; ");
        wrong(format!("{}:{line}: {message}", file.display()))
    })
}

fn pick<T>(
    flag: Option<(T, &'static str)>,
    file: Option<T>,
    default: impl FnOnce() -> Sourced<T>,
) -> Sourced<T> {
    match (flag, file) {
        (Some((value, name)), _) => Sourced { value, origin: Origin::Flag(name) },
        (None, Some(value)) => Sourced { value, origin: Origin::File },
        (None, None) => default(),
    }
}

fn optional<T>(flag: Option<T>, name: &'static str, file: Option<T>) -> Option<Sourced<T>> {
    flag.map(|value| Sourced { value, origin: Origin::Flag(name) })
        .or_else(|| file.map(|value| Sourced { value, origin: Origin::File }))
}

/// The language of the locale; English when it names another or none.
pub(crate) fn locale(env: Env<'_>) -> Sourced<Lang> {
    for name in ["LC_ALL", "LC_MESSAGES", "LANG"] {
        if let Some(value) = env(name) {
            let lang = if value.to_lowercase().starts_with("zh") { Lang::Zh } else { Lang::En };
            return Sourced { value: lang, origin: Origin::Env(name) };
        }
    }
    Sourced { value: Lang::En, origin: Origin::Default }
}

fn endpoint(
    file: &std::path::Path,
    config: &File,
    env: Env<'_>,
    flags: &Flags,
) -> Result<Option<EndpointSettings>, ConfigError> {
    let base_url = env("VIVA_BASE_URL");
    let Some((name, origin)) = choose(config, env, flags, base_url.as_deref()) else {
        return model_alone(flags);
    };
    let mut layers = file_layers(file, config, &name);
    let without_env = Profile::resolve(&name, &layers).map_err(|e| wrong(e.to_string()))?;
    let in_config = config.endpoints.contains_key(&name);
    // An address alone makes no name: whatever the name stood for would be left out.
    let named = name == UNNAMED_ENDPOINT || preset_names().contains(&name);
    let addressed = !without_env.base_url.is_empty() || named && base_url.is_some();
    if !in_config && !addressed {
        return Err(unknown_endpoint(&name, &origin, config, base_url.is_some()));
    }
    let base_url_origin = push(&mut layers, "base_url", base_url, Origin::Env("VIVA_BASE_URL"));
    let from_env = push(&mut layers, "model", env("VIVA_MODEL"), Origin::Env("VIVA_MODEL"));
    let from_flag = push(&mut layers, "model", flags.model.clone(), Origin::Flag("--model"));
    let profile = Profile::resolve(&name, &layers).map_err(|e| wrong(e.to_string()))?;
    let named = |origin: Option<Origin>, in_file: bool| {
        origin.unwrap_or(if in_file { Origin::File } else { Origin::Default })
    };
    let in_file = |field: &str| config.endpoints.get(&name).is_some_and(|t| t.contains_key(field));
    let bare = bare_preset(&name, &layers)?;
    let key = key_source(&profile, &bare, in_file("api_key_env"), env);
    Ok(Some(EndpointSettings {
        origin,
        base_url_origin: named(base_url_origin, in_file("base_url")),
        model_origin: named(from_flag.or(from_env), in_file("model") || config.model.is_some()),
        key,
        profile,
    }))
}

/// A model without an endpoint would silently be graded by nobody.
fn model_alone(flags: &Flags) -> Result<Option<EndpointSettings>, ConfigError> {
    match &flags.model {
        Some(model) => Err(wrong(format!(
            "--model {model} names a model but no endpoint; add --endpoint NAME or set VIVA_BASE_URL"
        ))),
        None => Ok(None),
    }
}

fn unknown_endpoint(name: &str, origin: &Origin, config: &File, at: bool) -> ConfigError {
    let own = config.endpoints.keys().cloned();
    let names: Vec<String> = own.chain(preset_names()).collect();
    let or = if at { "name none and use VIVA_BASE_URL alone" } else { "set VIVA_BASE_URL" };
    let names = names.join(", ");
    wrong(format!("unknown endpoint {name:?} (from {origin}); there are {names}; or {or}"))
}

fn choose(
    config: &File,
    env: Env<'_>,
    flags: &Flags,
    base_url: Option<&str>,
) -> Option<(String, Origin)> {
    let by_address = || {
        let url = base_url?;
        Some((
            preset_at(url).unwrap_or_else(|| UNNAMED_ENDPOINT.to_owned()),
            Origin::Env("VIVA_BASE_URL"),
        ))
    };
    let flag = flags.endpoint.clone().map(|name| (name, Origin::Flag("--endpoint")));
    flag.or_else(|| env("VIVA_ENDPOINT").map(|name| (name, Origin::Env("VIVA_ENDPOINT"))))
        .or_else(by_address)
        .or_else(|| config.endpoint.clone().map(|name| (name, Origin::File)))
}

/// The preset whose address this is.
fn preset_at(url: &str) -> Option<String> {
    let trimmed = |url: &str| url.trim_end_matches('/').to_owned();
    preset_names().into_iter().find(|name| {
        Profile::resolve(name, &[]).is_ok_and(|preset| trimmed(&preset.base_url) == trimmed(url))
    })
}

fn file_layers(file: &std::path::Path, config: &File, name: &str) -> Vec<Layer> {
    let mut layers = Vec::new();
    if let Some(fields) = config.endpoints.get(name) {
        let origin = format!("{}: endpoints.{name}", file.display());
        layers.push(Layer { origin, fields: fields.clone() });
    }
    // The top-level model belongs to the endpoint that the file itself chooses.
    if config.endpoint.as_deref() == Some(name) {
        push(&mut layers, "model", config.model.clone(), Origin::File);
    }
    layers
}

fn push(
    layers: &mut Vec<Layer>,
    field: &str,
    value: Option<String>,
    origin: Origin,
) -> Option<Origin> {
    let value = value?;
    let fields = Table::from_iter([(field.to_owned(), Value::String(value))]);
    layers.push(Layer { origin: origin.to_string(), fields });
    Some(origin)
}

/// The preset behind an endpoint, before anybody has changed its address.
fn bare_preset(name: &str, layers: &[Layer]) -> Result<Profile, ConfigError> {
    let chosen = layers.iter().rev().find_map(|layer| layer.fields.get("preset").cloned());
    let fields = chosen.map(|preset| Table::from_iter([("preset".to_owned(), preset)]));
    let layer = fields.map(|fields| Layer { origin: name.to_owned(), fields });
    Profile::resolve(name, layer.as_slice()).map_err(|error| wrong(error.to_string()))
}

/// A vendor's key goes to the vendor's address alone; another address needs a
/// variable that is named for it, `VIVA_API_KEY` or the endpoint's `api_key_env`.
/// A preset whose address is a pattern or empty is no vendor's address.
fn key_source(
    profile: &Profile,
    preset: &Profile,
    chosen_by_user: bool,
    env: Env<'_>,
) -> KeySource {
    if env("VIVA_API_KEY").is_some() {
        return KeySource::Env("VIVA_API_KEY".to_owned());
    }
    let variable = profile.api_key_env.as_str();
    let fixed = !preset.base_url.is_empty() && !preset.base_url.contains('{');
    let moved = fixed && origin_of(&profile.base_url) != origin_of(&preset.base_url);
    if !variable.is_empty() && env(variable).is_some() {
        return if moved && !chosen_by_user {
            KeySource::OtherOrigin(variable.to_owned())
        } else {
            KeySource::Env(variable.to_owned())
        };
    }
    if profile.api_key_cmd.is_empty() {
        KeySource::Missing((!variable.is_empty()).then(|| variable.to_owned()))
    } else {
        KeySource::Command(profile.api_key_cmd.clone())
    }
}

/// Scheme, host and port of a URL, as text.
fn origin_of(url: &str) -> &str {
    let after_scheme = url.find("://").map_or(0, |at| at + 3);
    let path = url[after_scheme..].find('/').map_or(url.len(), |at| after_scheme + at);
    &url[..path]
}

#[cfg(test)]
mod tests {
    use super::*;

    fn resolve(text: &str, env: &[(&str, &str)], flags: &Flags) -> Result<Settings, String> {
        let env: BTreeMap<_, _> = env.iter().copied().collect();
        let get = |name: &str| env.get(name).map(|value| (*value).to_owned());
        Settings::resolve("config.toml".into(), text, &get, flags).map_err(|e| e.message)
    }

    fn flags(endpoint: &str, model: &str) -> Flags {
        let some = |text: &str| (!text.is_empty()).then(|| text.to_owned());
        Flags { endpoint: some(endpoint), model: some(model), ..Flags::default() }
    }

    #[test]
    fn nothing_configured_means_no_endpoint_even_with_a_key_about() {
        let env = [("OPENAI_API_KEY", "sk-x"), ("VIVA_API_KEY", "y"), ("LANG", "zh_CN.UTF-8")];
        let settings = resolve("", &env, &Flags::default()).unwrap();
        assert!(settings.endpoint.is_none());
        assert_eq!(settings.ui, Sourced { value: Lang::Zh, origin: Origin::Env("LANG") });
        assert_eq!(settings.lang.value, Lang::Zh);
    }

    #[test]
    fn flags_beat_environment_beats_file() {
        let text = "endpoint = \"deepseek\"\nmodel = \"m-file\"\nlang = \"zh\"";
        let settings = resolve(text, &[], &Flags::default()).unwrap();
        let endpoint = settings.endpoint.unwrap();
        assert_eq!(
            (endpoint.profile.model.as_str(), &endpoint.model_origin),
            ("m-file", &Origin::File)
        );
        assert_eq!(settings.lang.origin, Origin::File);

        let env = [("VIVA_ENDPOINT", "ollama"), ("VIVA_MODEL", "m-env")];
        let endpoint = resolve(text, &env, &Flags::default()).unwrap().endpoint.unwrap();
        assert_eq!(
            (endpoint.profile.name.as_str(), endpoint.profile.model.as_str()),
            ("ollama", "m-env")
        );

        let endpoint = resolve(text, &env, &flags("vllm", "m-flag")).unwrap().endpoint.unwrap();
        assert_eq!(
            (endpoint.profile.name.as_str(), endpoint.profile.model.as_str()),
            ("vllm", "m-flag")
        );
        assert_eq!(endpoint.model_origin, Origin::Flag("--model"));
    }

    #[test]
    fn an_address_alone_is_an_endpoint_and_a_known_one_gets_its_preset() {
        let env = [("VIVA_BASE_URL", "http://localhost:9999/v1"), ("VIVA_MODEL", "m")];
        let endpoint = resolve("", &env, &Flags::default()).unwrap().endpoint.unwrap();
        assert_eq!(endpoint.profile.name, UNNAMED_ENDPOINT);
        let env = [("VIVA_BASE_URL", "https://api.deepseek.com/"), ("VIVA_MODEL", "m")];
        let endpoint = resolve("", &env, &Flags::default()).unwrap().endpoint.unwrap();
        assert_eq!(endpoint.profile.name, "deepseek");
    }

    #[test]
    fn a_vendor_key_never_follows_a_moved_address() {
        let env = [("OPENAI_API_KEY", "sk-x"), ("VIVA_BASE_URL", "https://elsewhere.example/v1")];
        let endpoint = resolve("", &env, &flags("openai", "m")).unwrap().endpoint.unwrap();
        assert_eq!(endpoint.key, KeySource::OtherOrigin("OPENAI_API_KEY".to_owned()));
        let endpoint = resolve("", &env[..1], &flags("openai", "m")).unwrap().endpoint.unwrap();
        assert_eq!(endpoint.key, KeySource::Env("OPENAI_API_KEY".to_owned()));
        let moved = "[endpoints.openai]\nbase_url = \"https://elsewhere.example/v1\"";
        let endpoint = resolve(moved, &env[..1], &flags("openai", "m")).unwrap().endpoint.unwrap();
        assert_eq!(endpoint.key, KeySource::OtherOrigin("OPENAI_API_KEY".to_owned()));
        let named = format!("{moved}\napi_key_env = \"OPENAI_API_KEY\"");
        let endpoint = resolve(&named, &env[..1], &flags("openai", "m")).unwrap().endpoint.unwrap();
        assert_eq!(endpoint.key, KeySource::Env("OPENAI_API_KEY".to_owned()));
    }

    #[test]
    fn an_address_does_not_make_an_unknown_name_known() {
        let env = [("VIVA_BASE_URL", "http://localhost:9999/v1")];
        let refused = resolve("", &env, &flags("nope", "m")).unwrap_err();
        assert!(refused.contains("unknown endpoint \"nope\" (from --endpoint)"), "{refused}");
        assert!(refused.contains("openai") && !refused.contains("set VIVA_BASE_URL"), "{refused}");
        let by_env = [env[0], ("VIVA_ENDPOINT", "nope")];
        assert!(resolve("", &by_env, &flags("", "m")).is_err());
        let own = "[endpoints.mine]\nmodel = \"m\"";
        for (text, name) in [("", "azure"), ("", "openai"), ("", UNNAMED_ENDPOINT), (own, "mine")] {
            let endpoint = resolve(text, &env, &flags(name, "m")).unwrap().endpoint.unwrap();
            let profile = endpoint.profile;
            assert_eq!((profile.name.as_str(), profile.base_url.as_str()), (name, env[0].1));
        }
        assert!(resolve("", &[], &flags(UNNAMED_ENDPOINT, "m")).is_err());
    }

    #[test]
    fn lexical_switches_the_endpoint_off() {
        let flags = Flags { grader: Some(GraderKind::Lexical), ..flags("ollama", "m") };
        assert!(resolve("", &[], &flags).unwrap().endpoint.is_none());
    }

    #[test]
    fn errors_name_file_line_and_what_would_be_right() {
        let error = resolve("lang = \"zh\"\nmodle = \"x\"", &[], &Flags::default()).unwrap_err();
        assert!(
            error.starts_with("config.toml:2: unknown field `modle`, expected one of"),
            "{error}"
        );
        let error = resolve("lang = \"fr\"", &[], &Flags::default()).unwrap_err();
        assert!(error.contains("config.toml:1") && error.contains("`en`"), "{error}");
        let text = "[endpoints.mine]\nbase_url = \"http://localhost:1/v1\"\ncolour = 1";
        let error = resolve(text, &[], &flags("mine", "m")).unwrap_err();
        assert!(error.contains("endpoints.mine") && error.contains("colour"), "{error}");
        let error = resolve("", &[], &flags("olama", "m")).unwrap_err();
        assert!(error.contains("olama") && error.contains("ollama, "), "{error}");
        let error = resolve("", &[], &flags("", "m")).unwrap_err();
        assert!(error.contains("--endpoint"), "{error}");
    }
}
