//! `viva report`: a run or a session in the format that its reader needs.
//!
//! It makes no call: corrections and another rubric act on stored verdicts. The run
//! is read twice, once for the figures and once for the answers, so that memory
//! does not grow with it.

mod past;
mod source;
mod target;

use std::io;
use std::path::{Path, PathBuf};

use clap::ValueEnum;

use super::{Context, place};
use crate::config::Origin;
use crate::domain::Lang;
use crate::failure::{Failure, Kind, Status};
use crate::grader::scoring_hash;
use crate::report::revise::{OtherRubric, Overrides, Revision, Rule};
use crate::report::rows::{Item, Row};
use crate::report::run::{Digest, Run, Ungraded};
use crate::report::{self, Fault, PAGE, Place, Setting, View};
pub(super) use source::Source;
use target::Target;

#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    /// File of result lines, `-` for standard input, or the number of a session;
    /// the history of sessions when there is none
    run: Option<String>,
    /// Format; by the name of the output file when not given, else for the terminal
    #[arg(long, value_name = "FORMAT")]
    format: Option<Format>,
    /// File to write to instead of standard output
    #[arg(long, short, value_name = "FILE")]
    output: Option<PathBuf>,
    /// Score below which an answer fails, and a mean below which the exit code is 6
    #[arg(long, value_name = "SCORE", value_parser = score)]
    fail_under: Option<f64>,
    /// Corrections of verdicts: JSONL of id, point, verdict, reason
    #[arg(long, value_name = "FILE")]
    overrides: Option<PathBuf>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Format {
    #[value(aliases = ["txt", "text"])]
    Terminal,
    #[value(alias = "md")]
    Markdown,
    Html,
    Csv,
    #[value(alias = "xml")]
    Junit,
}

/// A score on the command line, 0 to 100.
pub(super) fn score(text: &str) -> Result<f64, String> {
    let score: f64 = text.parse().map_err(|_| "it must be a number from 0 to 100".to_owned())?;
    if (0.0..=100.0).contains(&score) {
        Ok(score)
    } else {
        Err("it must be a number from 0 to 100".to_owned())
    }
}

pub(super) fn run(args: &Args, context: &Context) -> Result<Status, Failure> {
    let Some(name) = &args.run else { return past::history(context) };
    let format = format(args, context)?;
    let source = Source::open(name, context)?;
    let mut revision = revision(args.overrides.as_deref(), context)?;
    let digest = digest(&source, &mut revision)?;
    write(args, format, context, &source, &revision, &digest)?;
    Ok(end(args, context, &revision, &digest))
}

/// The format that is asked for, by flag or by the name of an output that may be written.
fn format(args: &Args, context: &Context) -> Result<Format, Failure> {
    let Some(out) = &args.output else { return Ok(args.format.unwrap_or(Format::Terminal)) };
    let run = args.run.as_deref().map(Path::new);
    place::check(out, args.overrides.as_deref().into_iter().chain(run).chain(context.files()))?;
    target::check(out, 1)?;
    args.format.map_or_else(|| by_name(out), Ok)
}

/// What is to be changed in the stored rows.
fn revision(overrides: Option<&Path>, context: &Context) -> Result<Revision, Failure> {
    let overrides = match overrides {
        None => Overrides::default(),
        Some(path) => {
            let text = std::fs::read(path).map_err(|error| {
                let path = path.display();
                let said = (
                    format!("cannot read the overrides {path}"),
                    format!("无法读取更正文件 {path}"),
                );
                Failure::io(Kind::Usage, error, said)
            })?;
            Overrides::read(text.as_slice()).map_err(|fault| faulty(path, &fault))?
        }
    };
    Ok(Revision { rule: rule(context)?, overrides })
}

/// What is wrong with a file that people have written.
pub(super) fn faulty(path: &Path, fault: &Fault) -> Failure {
    let (path, Fault { en, zh }) = (path.display(), fault);
    Failure::message(Kind::Usage, (format!("{path}: {en}"), format!("{path}：{zh}")))
}

/// The scoring in use; only a rubric named on the command line scores anew what
/// another one has scored.
pub(super) fn rule(context: &Context) -> Result<Rule, Failure> {
    let scoring = context.rubric()?.scoring;
    let named = context.settings.rubric.as_ref();
    let rescore = named.is_some_and(|rubric| matches!(rubric.origin, Origin::Flag(_)));
    Ok(Rule { hash: scoring_hash(&scoring), scoring, rescore })
}

/// First reading: the figures.
fn digest(source: &Source, revision: &mut Revision) -> Result<Digest, Failure> {
    let mut run = Run::default();
    let mut rows = 0_u64;
    for item in source.items()? {
        match item.map_err(|error| source.torn(error))? {
            Item::Unreadable(bad) => run.add_unreadable(&bad),
            Item::Row(mut row) => {
                revision.apply(&mut row).map_err(|error| {
                    let OtherRubric { number, found, known } = &error;
                    let zh = format!(
                        "第 {number} 行由评分标准 {found} 评出，不是正在用的 {known}：\
                         更正会让一份报告里有两种分数"
                    );
                    Failure::new(Kind::Usage, error).in_chinese(zh).hint((
                        "give the rubric to score the whole run by with --rubric FILE",
                        "用 --rubric 文件 给出评分标准，给整个结果重新算分",
                    ))
                })?;
                run.add(&row);
                rows += 1;
            }
        }
    }
    let digest = run.finish();
    if rows == 0 {
        let first = digest.unreadable.items.first();
        let first = first.map(|one| [Lang::En, Lang::Zh].map(|ui| unread(one, ui)));
        return Err(nothing(source, first));
    }
    Ok(digest)
}

/// What is wrong with a line that cannot be read.
fn unread(one: &Ungraded, ui: Lang) -> String {
    let (line, why) = (one.line.unwrap_or_default(), one.why(ui));
    match ui {
        Lang::En => format!("line {line}: {why}"),
        Lang::Zh => format!("第 {line} 行：{why}"),
    }
}

/// A source without a result line, and what is wrong with its first line.
pub(super) fn nothing(source: &Source, first: Option<[String; 2]>) -> Failure {
    let name = source.title();
    let said = (format!("{name} holds no result line"), format!("{name} 里没有结果行"));
    let failure = Failure::message(Kind::Usage, said);
    match first {
        Some([en, zh]) => failure.hint((en, zh)).hint((
            "result lines are what `viva grade -o OUT.jsonl` writes",
            "结果行由 `viva grade -o OUT.jsonl` 写出",
        )),
        None => failure,
    }
}

/// Second reading: the answers in the order of the file, as revised.
fn rows<'a>(
    source: &'a Source,
    revision: &Revision,
) -> io::Result<impl Iterator<Item = io::Result<Row>> + 'a> {
    let mut revision = revision.clone();
    let revised = move |item: io::Result<Item>| match item {
        Err(error) => Some(Err(error)),
        Ok(Item::Unreadable(_)) => None,
        Ok(Item::Row(mut row)) => Some(match revision.apply(&mut row) {
            Ok(()) => Ok(*row),
            Err(error) => Err(io::Error::other(error)),
        }),
    };
    Ok(source.items()?.filter_map(revised))
}

fn write(
    args: &Args,
    format: Format,
    context: &Context,
    source: &Source,
    revision: &Revision,
    digest: &Digest,
) -> Result<(), Failure> {
    let at = super::context::now();
    let title = source.title();
    let setting = Setting {
        title: &title,
        ui: context.terminal.ui,
        fail_under: args.fail_under,
        at: at.trim_end_matches('Z'),
    };
    if context.json && args.format.is_none() && args.output.is_none() {
        let text = serde_json::to_string(digest).map_err(anyhow::Error::from)?;
        return Ok(context.terminal.result(&text)?);
    }
    match format {
        Format::Terminal => {
            let painted = args.output.is_none() && context.terminal.stdout_is_terminal;
            let view = View { terminal: &context.terminal, painted, lang: context.lang() };
            let mut rows = rows(source, revision)?;
            let text = report::terminal(&view, &setting, digest, &mut rows)?;
            Target::new(args.output.as_deref()).write(|out| writeln!(out, "{text}"))
        }
        Format::Html => write_html(args, context, source, revision, &setting, digest),
        format => Target::new(args.output.as_deref()).write(|out| {
            let mut rows = rows(source, revision)?;
            match format {
                Format::Markdown => report::markdown(out, &setting, digest, &mut rows),
                Format::Csv => report::csv(out, &setting, digest, &mut rows),
                _ => report::junit(out, &setting, &mut rows),
            }
        }),
    }
}

/// The format that a file's name asks for; a name without an ending is text.
fn by_name(out: &Path) -> Result<Format, Failure> {
    let ending = out.extension().map(|ending| ending.to_string_lossy().to_ascii_lowercase());
    let ending = ending.unwrap_or_default();
    let hint = match ending.as_str() {
        "md" | "markdown" => return Ok(Format::Markdown),
        "html" | "htm" => return Ok(Format::Html),
        "csv" => return Ok(Format::Csv),
        "xml" => return Ok(Format::Junit),
        "" | "txt" | "text" => return Ok(Format::Terminal),
        "tsv" | "xlsx" | "xls" | "ods" => {
            ("name it .csv: spreadsheets open it", "请用 .csv：电子表格可以直接打开")
        }
        "pdf" => {
            ("name it .html: a browser prints it to PDF", "请用 .html：可以在浏览器里打印成 PDF")
        }
        "json" => (
            "`viva report RUN --json > FILE` writes the figures",
            "`viva report RUN --json > FILE` 写出各项数字",
        ),
        _ => (
            "name it .html, .md, .csv, .xml or .txt, or say which with --format",
            "请用 .html、.md、.csv、.xml 或 .txt，或用 --format 指定",
        ),
    };
    let said =
        (format!("a report cannot be written as .{ending}"), format!("报告不能写成 .{ending}"));
    Err(Failure::message(Kind::Usage, said).hint(hint))
}

/// One page, or as many files as a large run needs; standard output holds one.
fn write_html(
    args: &Args,
    context: &Context,
    source: &Source,
    revision: &Revision,
    setting: &Setting<'_>,
    digest: &Digest,
) -> Result<(), Failure> {
    let answers = digest.answers;
    let mut rows = rows(source, revision)?;
    let Some(path) = &args.output else {
        if context.terminal.stdout_is_terminal {
            let said = ("HTML is for a file", "HTML 要写到文件里");
            return Err(Failure::message(Kind::Usage, said).hint((
                "name it with -o report.html, or send standard output somewhere",
                "用 -o report.html 指定文件，或重定向标准输出",
            )));
        }
        let place = Place { page: 1, files: &[] };
        Target::new(None).write(|out| report::html(out, setting, digest, place, &mut rows))?;
        tell_only_first(context, answers);
        return Ok(());
    };
    let paths = target::pages(path, report::pages(answers))?;
    let files: Vec<String> = paths
        .iter()
        .map(|path| path.file_name().unwrap_or_default().to_string_lossy().into_owned())
        .collect();
    for (page, path) in (1..).zip(&paths) {
        let place = Place { page, files: &files };
        Target::new(Some(path))
            .write(|out| report::html(out, setting, digest, place, &mut rows))?;
    }
    if place::is_stream(path) {
        tell_only_first(context, answers);
        return Ok(());
    }
    target::remove_further(path, paths.len() as u64)?;
    if paths.len() > 1 {
        let list: Vec<String> = paths.iter().map(|path| path.display().to_string()).collect();
        let said = context.terminal.say("pages: ", "分页：");
        context.terminal.message(&format!("{said}{}", list.join(", ")));
    }
    Ok(())
}

fn tell_only_first(context: &Context, answers: u64) {
    if answers > PAGE {
        let said = context.terminal.say(
            "answers; a pipe takes the first page alone, -o FILE.html writes them all",
            "个回答；管道只得到第一页，用 -o FILE.html 写出全部",
        );
        context.terminal.message(&format!("{answers} {said}"));
    }
}

/// What is worth a word at the end, and the exit code.
fn end(args: &Args, context: &Context, revision: &Revision, digest: &Digest) -> Status {
    let terminal = &context.terminal;
    let unused = revision.overrides.unused();
    for (line, id, point) in unused.iter().take(20) {
        let said = match terminal.ui {
            Lang::En => format!("overrides line {line} fits no answer and point: {id}, {point}"),
            Lang::Zh => format!("更正文件第 {line} 行与任何回答和要点都不符：{id}、{point}"),
        };
        terminal.error(&crate::term::safe_line(&said));
    }
    if unused.len() > 20 {
        terminal.error(&format!("… {}", unused.len() - 20));
    }
    if !digest.unreadable.items.is_empty() {
        let (total, first) = (digest.unreadable.total(), &digest.unreadable.items[0]);
        let first = unread(first, terminal.ui);
        let text = match terminal.ui {
            Lang::En => format!("unreadable lines: {total}; the first is {first}"),
            Lang::Zh => format!("有 {total} 行无法读取；第一处：{first}"),
        };
        terminal.error(&crate::term::safe_line(&text));
    }
    if args.fail_under.is_some_and(|limit| is_below(limit, context, digest)) {
        return Status::BelowLimit;
    }
    let clean = unused.is_empty() && digest.unreadable.items.is_empty();
    if clean { Status::Done } else { Status::Incomplete }
}

/// Whether a mean is below the limit, which is said: the mean of all, or of one fingerprint
/// where there are several.
fn is_below(limit: f64, context: &Context, digest: &Digest) -> bool {
    let terminal = &context.terminal;
    let mut is_below = false;
    for (fingerprint, low) in digest.floors().into_iter().filter(|(_, low)| *low < limit) {
        let of = fingerprint.map(crate::term::safe_line).unwrap_or_default();
        let said = match (terminal.ui, fingerprint) {
            (Lang::En, None) => "the mean, ungraded answers at their worst, is".to_owned(),
            (Lang::En, Some(_)) => {
                format!("the mean of fingerprint {of}, ungraded answers at their worst, is")
            }
            (Lang::Zh, None) => "平均分（未评按最坏计）为".to_owned(),
            (Lang::Zh, Some(_)) => format!("指纹 {of} 的平均分（未评按最坏计）为"),
        };
        let below = terminal.say(", below", "，低于");
        terminal.error(&format!("{said} {low:.1}{below} {limit}"));
        is_below = true;
    }
    let further = digest.sources.fingerprints.left_out;
    if further > 0 {
        terminal.error(&match terminal.ui {
            Lang::En => format!("{further} answers have yet other fingerprints: none can pass"),
            Lang::Zh => format!("另有 {further} 个回答属于更多指纹，不能算通过"),
        });
    }
    is_below || further > 0
}
