//! `viva setup`: asks for endpoint, model, key source and language, tries them,
//! and writes the config file. It never asks for a key itself.

use std::io::{BufRead, Write};
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use anyhow::Context as _;
use toml::{Table, Value};

use super::Context;
use super::context::{environment, runtime};
use super::grading;
use crate::config::{Flags, Settings};
use crate::failure::{Failure, INTERRUPT, Kind, Status};
use crate::llm::{InMemory, Layer, Profile, preset_names};
use crate::term::safe_line;

/// How long the trial waits for a busy server.
const PATIENCE: Duration = Duration::from_secs(20);

#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    /// Write the file even if the endpoint cannot be reached
    #[arg(long)]
    no_probe: bool,
}

pub(super) fn run(args: &Args, context: &Context) -> Result<Status, Failure> {
    let mut asker = Asker { context, lines: std::io::stdin().lock() };
    let file = &context.settings.file;
    if file.exists() {
        asker.tell(&format!(
            "{} {}",
            context.terminal.say(
                "values of the config file are kept unless you change them:",
                "不修改的配置会保留："
            ),
            file.display()
        ))?;
    }
    let mut config = read(file)?;
    let name = ask_endpoint(&mut asker, &config)?;
    if name.is_empty() {
        config.remove("endpoint");
        config.remove("model");
    } else {
        ask_connection(&mut asker, &mut config, &name)?;
    }
    ask_language(&mut asker, &mut config)?;
    let text = toml::to_string_pretty(&config).map_err(anyhow::Error::from)?;
    if !name.is_empty() && !args.no_probe {
        try_it(context, &text)?;
    }
    write(file, &text)?;
    asker.tell(&format!("{}{}", context.terminal.say("written: ", "已写入："), file.display()))?;
    asker.tell(context.terminal.say("next: viva interview", "下一步：viva interview"))?;
    Ok(Status::Done)
}

/// Asks on the terminal, one line an answer.
struct Asker<'a, R> {
    context: &'a Context,
    lines: R,
}

impl<R: BufRead> Asker<'_, R> {
    fn tell(&self, text: &str) -> Result<(), Failure> {
        Ok(self.context.terminal.result(text)?)
    }

    /// An answer; an empty line takes the default, the end of input stops.
    fn ask(&mut self, en: &str, zh: &str, default: &str) -> Result<String, Failure> {
        let question = self.context.terminal.say(en, zh);
        let mut out = std::io::stdout().lock();
        let shown = if default.is_empty() { String::new() } else { format!(" [{default}]") };
        write!(out, "{question}{}: ", safe_line(&shown))?;
        out.flush()?;
        let mut line = String::new();
        if self.lines.read_line(&mut line)? == 0 {
            return Err(Failure::message(
                Kind::Signal(INTERRUPT),
                ("setup was left; nothing was written", "已退出设置，什么都没有写入"),
            ));
        }
        let line = line.trim();
        Ok(if line.is_empty() { default.to_owned() } else { line.to_owned() })
    }
}

fn read(file: &Path) -> Result<Table, Failure> {
    match std::fs::read_to_string(file) {
        Ok(text) => toml::from_str(&text)
            .with_context(|| format!("cannot read {}", file.display()))
            .map_err(|error| Failure::new(Kind::Config, error)),
        Err(_) => Ok(Table::new()),
    }
}

fn text<'a>(table: &'a Table, key: &str) -> &'a str {
    table.get(key).and_then(Value::as_str).unwrap_or_default()
}

fn ask_endpoint<R: BufRead>(asker: &mut Asker<'_, R>, config: &Table) -> Result<String, Failure> {
    let presets = preset_names();
    asker.tell(&format!("{}\n", presets.join("  ")))?;
    loop {
        let name = asker.ask(
            "Endpoint (one of these, an address such as http://localhost:8000/v1, or none)",
            "端点（以上之一，或 http://localhost:8000/v1 这样的地址，或 none）",
            if text(config, "endpoint").is_empty() { "none" } else { text(config, "endpoint") },
        )?;
        let own = config.get("endpoints").and_then(Value::as_table);
        let known = presets.contains(&name) || own.is_some_and(|own| own.contains_key(&name));
        if name == "none" {
            return Ok(String::new());
        }
        if known || name.starts_with("http://") || name.starts_with("https://") {
            return Ok(name);
        }
        asker.tell(asker.context.terminal.say(
            "not a known name, and no address (http://… or https://…)",
            "不是已知名称，也不是地址（http://… 或 https://…）",
        ))?;
    }
}

fn ask_connection<R: BufRead>(
    asker: &mut Asker<'_, R>,
    config: &mut Table,
    name: &str,
) -> Result<(), Failure> {
    let is_address = name.contains("://");
    let key = if is_address { "custom" } else { name };
    let mut own = config
        .get("endpoints")
        .and_then(|all| all.get(key))
        .and_then(Value::as_table)
        .cloned()
        .unwrap_or_default();
    if is_address {
        own.insert("base_url".to_owned(), Value::from(name));
    }
    let layers = [Layer { origin: "config file".to_owned(), fields: own.clone() }];
    let known =
        Profile::resolve(key, &layers).map_err(|error| Failure::new(Kind::Config, error))?;
    let model = ask_model(asker, config, key, &known)?;
    ask_key(asker, &mut own, &known)?;
    config.insert("endpoint".to_owned(), Value::from(key));
    config.insert("model".to_owned(), Value::from(model));
    if !own.is_empty() {
        let all = config.entry("endpoints").or_insert_with(|| Value::Table(Table::new()));
        if let Value::Table(all) = all {
            all.insert(key.to_owned(), Value::Table(own));
        }
    }
    Ok(())
}

/// The model: the file's for the same endpoint, else the endpoint's own, is kept
/// on an empty line; without either it is asked for again.
fn ask_model<R: BufRead>(
    asker: &mut Asker<'_, R>,
    config: &Table,
    key: &str,
    known: &Profile,
) -> Result<String, Failure> {
    let same = text(config, "endpoint") == key && !text(config, "model").is_empty();
    let default = if same { text(config, "model") } else { known.model.as_str() }.to_owned();
    loop {
        let model = asker.ask("Model, as the server names it", "模型（服务端的名称）", &default)?;
        if !model.is_empty() {
            return Ok(model);
        }
        asker.tell(asker.context.terminal.say("a model is needed", "需要填写模型"))?;
    }
}

/// Where the key is, by the name of a variable; a key itself is refused and not shown.
fn ask_key<R: BufRead>(
    asker: &mut Asker<'_, R>,
    own: &mut Table,
    known: &Profile,
) -> Result<(), Failure> {
    let default = if known.api_key_env.is_empty() { "none" } else { &known.api_key_env };
    let variable = loop {
        let variable = asker.ask(
            "Environment variable that holds the key (its name, never the key; none if no key is needed)",
            "存放密钥的环境变量名（只填名称，不填密钥；不需要密钥填 none）",
            default,
        )?;
        if is_variable_name(&variable) {
            break variable;
        }
        asker.tell(asker.context.terminal.say(
            "that is no name of a variable: letters, digits and underscores only",
            "这不是环境变量名：只能含字母、数字和下划线",
        ))?;
    };
    if variable == "none" {
        own.remove("api_key_env");
        if !known.api_key_env.is_empty() {
            own.insert("auth".to_owned(), Value::from("none"));
        }
        return Ok(());
    }
    if text(own, "auth") == "none" {
        own.remove("auth");
    }
    own.insert("api_key_env".to_owned(), Value::from(variable.as_str()));
    if environment(&variable).is_none() {
        let said = asker.context.terminal.say("not set in this shell: ", "当前环境未设置：");
        asker.tell(&format!("{said}${variable}"))?;
    }
    Ok(())
}

/// Whether a text can be the name of an environment variable, and so is no key.
fn is_variable_name(text: &str) -> bool {
    let first = text.chars().next();
    first.is_some_and(|c| c.is_ascii_alphabetic() || c == '_')
        && text.chars().all(|c| c.is_ascii_alphanumeric() || c == '_')
}

fn ask_language<R: BufRead>(asker: &mut Asker<'_, R>, config: &mut Table) -> Result<(), Failure> {
    let default = asker.context.settings.lang.value.code();
    let lang = loop {
        let lang =
            asker.ask("Language of questions (en or zh)", "题目语言（en 或 zh）", default)?;
        if lang == "en" || lang == "zh" {
            break lang;
        }
    };
    config.insert("lang".to_owned(), Value::from(lang));
    Ok(())
}

/// One tiny call through the new settings, before anything is written.
fn try_it(context: &Context, config: &str) -> Result<(), Failure> {
    let settings = Settings::resolve(
        context.settings.file.clone(),
        config,
        &|name| {
            environment(name).filter(|_| {
                name != "VIVA_ENDPOINT" && name != "VIVA_MODEL" && name != "VIVA_BASE_URL"
            })
        },
        &Flags::default(),
    )
    .map_err(|error| Failure::new(Kind::Config, error))?;
    let Some(settings) = settings.endpoint else { return Ok(()) };
    let capabilities = Arc::new(InMemory::default());
    let endpoint = grading::endpoint(context, &settings, PATIENCE, capabilities)?;
    context.terminal.message(context.terminal.say("trying it…", "正在试连……"));
    let request = crate::llm::ChatRequest {
        system: "Reply with one JSON object and nothing else.".to_owned(),
        user: "Reply with {\"ok\": true} as JSON.".to_owned(),
        schema: serde_json::json!({
            "type": "object",
            "properties": {"ok": {"type": "boolean"}},
            "required": ["ok"],
            "additionalProperties": false,
        }),
        max_output_tokens: 200,
    };
    let reply = runtime()?.block_on(endpoint.chat(&request)).map_err(|error| {
        grading::endpoint_failure(&error).hint((
            "nothing was written; run `viva setup` again, or with --no-probe to write all the same",
            "什么都没有写入；请再运行 `viva setup`，或加 --no-probe 直接写入",
        ))
    })?;
    let took = reply.latency.as_millis();
    let said = context.terminal.say("it answers: ", "连接正常：");
    context.terminal.message(&format!("{said}{} · {} ms", reply.rung, took));
    Ok(())
}

fn write(file: &Path, text: &str) -> Result<(), Failure> {
    let fail = |error: std::io::Error| {
        let file = file.display();
        let said = (format!("cannot write {file}"), format!("无法写入 {file}"));
        Failure::io(Kind::Config, error, said)
            .hint(("give another place with --config FILE", "用 --config 文件 换个位置"))
    };
    if let Some(folder) = file.parent() {
        std::fs::create_dir_all(folder).map_err(fail)?;
    }
    let part = file.with_extension("toml.part");
    std::fs::write(&part, text).and_then(|()| std::fs::rename(&part, file)).map_err(fail)
}
