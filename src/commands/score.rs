//! `viva score`: one answer against a question of the bank, or against a reference.

use std::fs::File;
use std::io::{Write, stdin};
use std::path::{Path, PathBuf};
use std::process::Command as Process;
use std::sync::Arc;
use std::time::Duration;

use anyhow::Context as _;

use super::Context;
use super::asked::{self, AskedArgs};
use super::context::{environment, private_file, random, runtime};
use super::grading;
use crate::domain::{Answer, Assessment, Flag, Lang, Question};
use crate::failure::{Failure, INTERRUPT, Kind, Status};
use crate::grader::{Grader, Prepared};
use crate::report::{View, explain, feedback};
use crate::term::safe;

/// How long a single answer waits for a busy server.
const PATIENCE: Duration = Duration::from_secs(30);

/// In the editor, what stands below this line is not part of the answer.
const SCISSORS: &str = "<!-- write above this line; the question: -->";

#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    /// File with the answer, `-` for standard input; the editor opens when there is none
    answer: Option<PathBuf>,
    #[command(flatten)]
    asked: AskedArgs,
    /// Encoding of the answer, such as gb18030 (default: detected)
    #[arg(long, value_name = "NAME")]
    encoding: Option<String>,
    /// Print the arithmetic of the score
    #[arg(long)]
    explain: bool,
    /// Print the request that would be sent, without sending it
    #[arg(long)]
    show_request: bool,
}

pub(super) fn run(args: &Args, context: &Context) -> Result<Status, Failure> {
    let question = args.asked.question(context)?.ok_or_else(asked::no_question)?;
    let grader = grading::grader(context, PATIENCE)?;
    let answer = answer(args, context, &question)?;
    let lang = language(context, &question, &answer);
    let runtime = runtime()?;
    let (prepared, drafted) = runtime.block_on(prepare(context, &grader, question, lang))?;
    let feedback_lang = feedback_language(context, &answer);
    if args.show_request {
        return show_request(context, &grader, &prepared, &answer, feedback_lang);
    }
    context.terminal.message(&grading::introduction(context));
    if drafted && !context.json {
        context.terminal.message(&drafted_points(context, &prepared));
    }
    let mut assessment =
        runtime.block_on(grader.assess(&prepared, &answer, feedback_lang)).map_err(|error| {
            grading::endpoint_failure(&error).hint((
                "the answer was not graded; nothing was changed",
                "这份回答没有评分，什么都没有改动",
            ))
        })?;
    if drafted {
        assessment.flags.push(Flag::DraftedPoints);
    }
    print(args, context, &grader, &prepared, &answer, assessment)
}

fn answer(args: &Args, context: &Context, question: &Question) -> Result<Answer, Failure> {
    let encoding = args.encoding.as_deref();
    let name = ["the answer", "这份回答"];
    match args.answer.as_deref() {
        Some(path) if path == Path::new("-") => asked::text(Box::new(stdin()), encoding, name),
        Some(path) => File::open(path)
            .map_err(|error| asked::unread(path, error, "cannot read the answer", "无法读取回答"))
            .and_then(|file| asked::text(Box::new(file), encoding, name)),
        None if !context.terminal.stdin_is_terminal => {
            asked::text(Box::new(stdin()), encoding, name)
        }
        None => from_editor(question.title.get(context.lang())),
    }
}

/// Opens the editor on a file that shows the question; the answer is what stands
/// above the line that says so.
fn from_editor(title: &str) -> Result<Answer, Failure> {
    let editor = environment("VISUAL").or_else(|| environment("EDITOR")).ok_or_else(|| {
        Failure::message(Kind::Usage, ("no answer was given", "没有给出回答")).hint((
            "name a file, pipe the answer in, or set EDITOR",
            "给出文件名，或用管道输入，或设置 EDITOR",
        ))
    })?;
    let unguessable = u64::from_le_bytes(random::<8>()?);
    let path = std::env::temp_dir().join(format!("viva-answer-{unguessable:016x}.md"));
    let draft = format!("\n\n{SCISSORS}\n{}\n", title.replace('\n', " "));
    private_file(&path)
        .and_then(|mut file| file.write_all(draft.as_bytes()))
        .context("cannot write the draft")?;
    let mut words = editor.split_whitespace();
    let program = words.next().unwrap_or("vi");
    let status = Process::new(program).args(words).arg(&path).status();
    let text = std::fs::read_to_string(&path);
    let succeeded = status.with_context(|| format!("cannot run the editor {editor}"))?.success();
    let text = text.context("cannot read the draft")?;
    if !succeeded {
        let path = path.display();
        let said = ("the editor ended with an error", "编辑器异常退出");
        return Err(Failure::message(Kind::Signal(INTERRUPT), said)
            .hint((format!("the draft is kept in {path}"), format!("草稿保存在 {path}"))));
    }
    // The draft has been read; a copy in the temporary folder would only linger.
    let _ = std::fs::remove_file(&path);
    let answer = text.split(SCISSORS).next().unwrap_or_default();
    Answer::new(answer.trim()).map_err(|error| asked::unfit(&error, ["the answer", "这份回答"]))
}

/// Language in which the question counts as asked: the flag's, else the
/// answer's own where the question exists in it.
fn language(context: &Context, question: &Question, answer: &Answer) -> Lang {
    use crate::config::Origin;
    let own = Lang::of(answer.as_str());
    let chosen = matches!(context.settings.lang.origin, Origin::Flag(_));
    if chosen || question.title.exact(own).is_none() { context.lang() } else { own }
}

pub(super) fn feedback_language(context: &Context, answer: &Answer) -> Lang {
    let set = context.settings.feedback_lang.as_ref().map(|lang| lang.value);
    set.unwrap_or_else(|| Lang::of(answer.as_str()))
}

async fn prepare(
    context: &Context,
    grader: &Grader,
    question: Question,
    lang: Lang,
) -> Result<(Prepared, bool), Failure> {
    let bare = question.points.is_empty();
    let mut store = if bare { context.store().ok() } else { None };
    let (question, drafted) = grading::with_points(grader, question, lang, store.as_mut()).await?;
    Ok((grader.prepare(Arc::new(question), lang), drafted))
}

fn drafted_points(context: &Context, prepared: &Prepared) -> String {
    let said = context.terminal.say(
        "points drafted from the reference, reviewed by nobody:",
        "由模型从参考答案草拟、未经审阅的要点：",
    );
    let points =
        prepared.question.points.iter().map(|point| {
            format!("\n  [{:?}] {}", point.tier, safe(point.claim.get(prepared.lang)))
        });
    format!("{said}{}", points.collect::<String>())
}

fn show_request(
    context: &Context,
    grader: &Grader,
    prepared: &Prepared,
    answer: &Answer,
    feedback_lang: Lang,
) -> Result<Status, Failure> {
    let Grader::Llm(llm) = grader else {
        return Err(grading::no_endpoint()
            .hint(("the lexical estimate sends no request", "词面估分不发送请求")));
    };
    let request = llm.first_request(prepared, answer, feedback_lang);
    let (url, body) = llm.endpoint().request_body(&request);
    let shown = serde_json::json!({ "method": "POST", "url": url, "body": body });
    let text = serde_json::to_string_pretty(&shown).map_err(anyhow::Error::from)?;
    context.terminal.result(&text)?;
    Ok(Status::Done)
}

fn print(
    args: &Args,
    context: &Context,
    grader: &Grader,
    prepared: &Prepared,
    answer: &Answer,
    assessment: Assessment,
) -> Result<Status, Failure> {
    let incomplete = assessment.is_ungraded();
    let terminal = &context.terminal;
    let view = View { terminal, painted: terminal.stdout_is_terminal, lang: prepared.lang };
    let arithmetic = args.explain.then(|| explain(&view, &assessment, &grader.rubric().scoring));
    if context.json {
        // An answer that stands alone is known by its verdict key.
        let id = assessment.provenance.verdict_key.clone();
        let line = grading::result_line(id, prepared, answer, assessment);
        terminal.result(&serde_json::to_string(&line).map_err(anyhow::Error::from)?)?;
        if let Some(text) = arithmetic {
            terminal.message(&text);
        }
    } else {
        terminal.result(&feedback(&view, &prepared.question, &assessment))?;
        if let Some(text) = arithmetic {
            terminal.result(&format!("\n{text}"))?;
        }
    }
    Ok(if incomplete { Status::Incomplete } else { Status::Done })
}
