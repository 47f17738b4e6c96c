//! What every command works with: settings, terminal, and what is opened only
//! when it is needed (bank, store, runtime).

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use anyhow::Context as _;
use etcetera::{AppStrategy, AppStrategyArgs, choose_app_strategy};

use super::Global;
use crate::bank::{self, Bank, Fault, Layer};
use crate::config::Settings;
use crate::domain::{Lang, QuestionId, Rubric};
use crate::failure::{Failure, Kind};
use crate::grader::Prompts;
use crate::store::{Store, StoreError};
use crate::term::{Terminal, Wishes, safe};

/// The rubric that is part of the program.
const RUBRIC: &str = include_str!("../../prompts/rubric.toml");

/// The context of one command.
pub(crate) struct Context {
    pub(crate) settings: Settings,
    pub(crate) terminal: Terminal,
    pub(crate) json: bool,
    bank_only: bool,
    lenient: bool,
    data_folder: PathBuf,
}

/// An environment variable; an empty one counts as not set.
pub(crate) fn environment(name: &str) -> Option<String> {
    std::env::var(name).ok().filter(|value| !value.is_empty())
}

/// The present time as RFC 3339 text, in whole seconds.
pub(crate) fn now() -> String {
    jiff::Timestamp::now()
        .round(jiff::Unit::Second)
        .unwrap_or_else(|_| jiff::Timestamp::now())
        .to_string()
}

/// Random bytes of the operating system.
pub(crate) fn random<const N: usize>() -> Result<[u8; N], Failure> {
    use std::io::Read;
    let mut bytes = [0; N];
    std::fs::File::open("/dev/urandom")
        .and_then(|mut file| file.read_exact(&mut bytes))
        .context("cannot read random bytes from /dev/urandom")?;
    Ok(bytes)
}

/// A new file that only its owner can read, for what stands in a shared folder for a moment.
pub(crate) fn private_file(path: &Path) -> std::io::Result<std::fs::File> {
    let mut options = std::fs::File::options();
    options.read(true).write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    options.open(path)
}

impl Context {
    pub(crate) fn new(global: &Global, may_be_new: bool) -> Result<Self, Failure> {
        let folders = choose_app_strategy(AppStrategyArgs {
            top_level_domain: String::new(),
            author: String::new(),
            app_name: "viva".to_owned(),
        })
        .map_err(|error| {
            Failure::new(Kind::Config, error)
                .hint(("set HOME to your home folder", "请把 HOME 设为你的主目录"))
        })?;
        let file =
            global.config.clone().unwrap_or_else(|| folders.config_dir().join("config.toml"));
        let text = read_config(&file, global.config.is_some() && !may_be_new)?;
        let settings = Settings::resolve(file, &text, &environment, &global.flags())
            .map_err(|error| Failure::new(Kind::Config, error))?;
        let wishes = Wishes {
            no_colour: global.no_color || environment("NO_COLOR").is_some(),
            dumb: environment("TERM").is_some_and(|term| term == "dumb"),
            quiet: global.quiet,
            columns: environment("COLUMNS").and_then(|columns| columns.parse().ok()),
        };
        Ok(Self {
            terminal: Terminal::detect(settings.ui.value, wishes),
            settings,
            json: global.json,
            bank_only: global.bank_only,
            lenient: global.lenient,
            data_folder: environment("VIVA_DATA_DIR")
                .map_or_else(|| folders.data_dir(), PathBuf::from),
        })
    }

    /// Files and folders that commands read beside their arguments.
    pub(crate) fn files(&self) -> impl Iterator<Item = &Path> {
        let Settings { rubric, bank, file, .. } = &self.settings;
        let chosen = rubric.iter().chain(bank).map(|path| path.value.as_path());
        chosen.chain([file.as_path()])
    }

    /// Language of questions.
    pub(crate) fn lang(&self) -> Lang {
        self.settings.lang.value
    }

    /// The folder of the store.
    pub(crate) fn data_folder(&self) -> &Path {
        &self.data_folder
    }

    /// Opens the store.
    pub(crate) fn store(&self) -> Result<Store, StoreError> {
        Store::open(&self.data_folder)
    }

    /// Opens the store if there is one, and makes none.
    pub(crate) fn store_if_there(&self) -> Option<Store> {
        Store::is_in(&self.data_folder).then(|| self.store().ok())?
    }

    /// The layers of the bank, the lowest first, with all their faults.
    pub(crate) fn layers(&self) -> Result<Vec<Layer>, Failure> {
        if self.bank_only && self.settings.bank.is_none() {
            return Err(Failure::message(
                Kind::Usage,
                ("--bank-only needs --bank PATH", "--bank-only 需要 --bank 路径"),
            ));
        }
        let mut layers = Vec::new();
        if !self.bank_only {
            layers.push(bank::embedded());
        }
        if let Some(path) = &self.settings.bank {
            let layer = bank::read_layer(&path.value)
                .map_err(|fault| Failure::message(Kind::Config, fault.to_string()))?;
            layers.push(layer);
        }
        Ok(layers)
    }

    /// All layers of the bank; stops with every fault when a layer has one, unless
    /// faults are to be passed over.
    pub(crate) fn bank(&self) -> Result<Bank, Failure> {
        let mut bank = Bank::default();
        let mut faults = Vec::new();
        for mut layer in self.layers()? {
            faults.append(&mut layer.faults);
            bank.add(layer);
        }
        if !faults.is_empty() {
            self.tell_faults(&faults)?;
        }
        self.tell_replaced(bank.replaced());
        Ok(bank)
    }

    fn tell_replaced(&self, ids: &[QuestionId]) {
        const SHOWN: usize = 4;
        if ids.is_empty() {
            return;
        }
        let said = self.terminal.say("replaced by --bank: ", "被 --bank 覆盖：");
        let shown: Vec<&str> = ids.iter().take(SHOWN).map(QuestionId::as_str).collect();
        let rest = ids.len().saturating_sub(SHOWN);
        let more = if rest > 0 { format!(" +{rest}") } else { String::new() };
        self.terminal.message(&format!("{said}{}{more}", shown.join(", ")));
    }

    fn tell_faults(&self, faults: &[Fault]) -> Result<(), Failure> {
        let list: Vec<String> = faults.iter().map(ToString::to_string).collect();
        let list = list.join("\n  ");
        if self.lenient {
            let said = self.terminal.say("left out of the bank:", "题库中已略过：");
            self.terminal.message(&safe(&format!("{said}\n  {list}")));
            return Ok(());
        }
        let count = faults.len();
        let said = (
            format!("the bank has {count} faults:\n  {list}"),
            format!("题库有 {count} 处错误：\n  {list}"),
        );
        Err(Failure::message(Kind::Config, said).hint((
            "--lenient leaves out what is broken and goes on with the rest",
            "--lenient 会略过有错的，用其余的继续",
        )))
    }

    /// The rubric in use.
    pub(crate) fn rubric(&self) -> Result<Rubric, Failure> {
        let Some(path) = &self.settings.rubric else {
            return Rubric::parse(RUBRIC).map_err(|e| Failure::message(Kind::Internal, e));
        };
        let text = std::fs::read_to_string(&path.value).map_err(|error| {
            let path = path.value.display();
            let said =
                (format!("cannot read the rubric {path}"), format!("无法读取评分标准 {path}"));
            Failure::io(Kind::Config, error, said)
        })?;
        Rubric::parse(&text).map_err(|error| {
            Failure::message(Kind::Config, format!("{}: {error}", path.value.display()))
        })
    }

    /// The prompt files in use: embedded, or replaced by files of the same name
    /// in `prompts/` beside the config file.
    pub(crate) fn prompts(&self) -> Result<Prompts, Failure> {
        let folder = self.settings.file.with_file_name("prompts");
        let mut overrides = BTreeMap::new();
        if let Ok(entries) = std::fs::read_dir(&folder) {
            for path in entries.filter_map(Result::ok).map(|entry| entry.path()) {
                let Some(name) = path.file_name().and_then(|name| name.to_str()) else { continue };
                if name.ends_with(".md.j2") {
                    let text = std::fs::read_to_string(&path).map_err(|error| {
                        let path = path.display();
                        let said = (format!("cannot read {path}"), format!("无法读取 {path}"));
                        Failure::io(Kind::Config, error, said)
                    })?;
                    overrides.insert(name.to_owned(), text);
                }
            }
        }
        Prompts::new(overrides).map_err(|error| {
            let folder = folder.display();
            Failure::new(Kind::Config, error)
                .hint((format!("the file is in {folder}"), format!("文件在 {folder}")))
        })
    }
}

fn read_config(file: &Path, named: bool) -> Result<String, Failure> {
    match std::fs::read_to_string(file) {
        Ok(text) => Ok(text),
        Err(error) if error.kind() == std::io::ErrorKind::NotFound && !named => Ok(String::new()),
        Err(error) => {
            let file = file.display();
            let said =
                (format!("cannot read the config file {file}"), format!("无法读取配置文件 {file}"));
            Err(Failure::io(Kind::Config, error, said))
        }
    }
}

/// A runtime for the commands that talk to an endpoint.
pub(crate) fn runtime() -> Result<tokio::runtime::Runtime, Failure> {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .context("cannot start the runtime")?;
    Ok(runtime)
}

/// A runtime for many calls at once, on two threads.
pub(crate) fn busy_runtime() -> Result<tokio::runtime::Runtime, Failure> {
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(2)
        .enable_all()
        .build()
        .context("cannot start the runtime")?;
    Ok(runtime)
}
