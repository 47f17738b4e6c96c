//! What an interview at a terminal says, and where: its own words on the
//! screen, results on stdout when stdout is not that screen.

use std::path::PathBuf;
use std::process::Stdio;

use super::judge::{Judged, error_line, graded_line, print_line};
use super::keep::Unsaved;
use crate::commands::Context;
use crate::commands::context::environment;
use crate::domain::{Answer, Lang, Question};
use crate::failure::Failure;
use crate::report::{View, feedback, headline};
use crate::session::editor::EditError;
use crate::session::screens::{self, Look};
use crate::session::summary::{Outcome, summary};
use crate::store::{SessionRecord, StoreError};
use crate::term::{Paint, Screen, Terminal, Wait, columns, rows, safe, safe_line, width, wrap};

/// Rows that the screen keeps for the prompt and what stands around it.
const ROWS_KEPT: usize = 4;

/// The screen of an interview and where its results go.
pub(super) struct Show<'a> {
    context: &'a Context,
    screen: Screen,
    /// The terminal, as wide as it was at the last question.
    terminal: Terminal,
}

impl<'a> Show<'a> {
    pub(super) fn new(context: &'a Context, screen: Screen) -> Self {
        Self { context, screen, terminal: context.terminal.clone() }
    }

    /// Looks at the terminal's width again, unless the environment sets it.
    pub(super) fn measure(&mut self) {
        if let (None, Some(columns)) = (environment("COLUMNS"), columns()) {
            self.terminal.columns = columns.clamp(20, 500);
        }
    }

    pub(super) fn ui(&self) -> Lang {
        self.terminal.ui
    }

    fn say<'t>(&self, en: &'t str, zh: &'t str) -> &'t str {
        self.terminal.say(en, zh)
    }

    /// Prints one of the session's screens.
    pub(super) fn print(&self, lang: Lang, text: impl FnOnce(Look<'_>) -> String) {
        self.screen.print(&text(self.look(lang)));
    }

    fn look(&self, lang: Lang) -> Look<'_> {
        Look { terminal: &self.terminal, lang, painted: true }
    }

    /// Prints text as it is.
    pub(super) fn line(&self, text: &str) {
        self.screen.print(text);
    }

    /// Our own text, wrapped and painted.
    fn message(&self, paint: Paint, text: &str) -> String {
        let terminal = &self.terminal;
        let lines = wrap(text, terminal.text_columns());
        lines.iter().map(|line| terminal.paint(paint, line, true)).collect::<Vec<_>>().join("\n")
    }

    fn tell(&self, paint: Paint, text: &str) {
        self.screen.print(&self.message(paint, text));
    }

    /// A prompt, plain and styled.
    pub(super) fn prompt(&self, text: &str) -> (String, String) {
        (text.to_owned(), self.terminal.paint(Paint::Cyan, text, true))
    }

    pub(super) fn wait(&self) -> Wait {
        let before = self.say("grading…", "评分中…");
        self.screen.wait(before, self.say(" · Ctrl-C leaves it pending", " · Ctrl-C 留待以后"))
    }

    pub(super) fn streams(&self) -> std::io::Result<[Stdio; 3]> {
        self.screen.streams()
    }

    /// Where the external editor's file of a question is.
    pub(super) fn draft_file(&self, session: Option<i64>, position: usize) -> PathBuf {
        draft_file(self.context, session.unwrap_or(0), position)
    }

    pub(super) fn outgrows_screen(&self, text: &str) -> bool {
        let columns = self.terminal.columns;
        let taken: usize = text.split('\n').map(|line| 1 + width(line) / columns).sum();
        (rows().saturating_sub(ROWS_KEPT)..rows()).contains(&taken)
    }

    pub(super) fn long_draft(&self) -> String {
        self.message(
            Paint::Dim,
            self.say(
                "The answer outgrows the screen: Ctrl-X Ctrl-E goes on in your editor.",
                "回答快超出屏幕了：按 Ctrl-X Ctrl-E 可在编辑器里继续写。",
            ),
        )
    }

    /// Storing has begun to fail, or works again.
    pub(super) fn storing(&self, error: Option<&StoreError>) -> String {
        let Some(error) = error else {
            return self.message(Paint::Green, self.say("Storing works again.", "又可以保存了。"));
        };
        let after = self.say(
            "Going on in memory; what is not stored is printed at the end.",
            "先记在内存里；没能保存的内容会在结束时打印出来。",
        );
        let before = self.say("Not stored: ", "没能保存：");
        self.message(Paint::Red, &format!("{before}{}. {after}", safe_line(&error.to_string())))
    }

    pub(super) fn unreadable(&self, reason: &str) {
        let before = self.say("The terminal cannot be read: ", "无法读取终端：");
        self.tell(Paint::Red, &format!("{before}{}", safe_line(reason)));
    }

    pub(super) fn not_edited(&self, error: &EditError) {
        let after = match error {
            EditError::Failed { kept: Some(path), .. } | EditError::NotUtf8(path) => {
                match self.ui() {
                    Lang::En => {
                        format!("The draft is as it was; what was saved is in {}", path.display())
                    }
                    Lang::Zh => format!("草稿没有变；编辑器保存的内容在 {}", path.display()),
                }
            }
            EditError::Start { .. } => self
                .say(
                    "The draft is as it was. Set EDITOR to your editor.",
                    "草稿没有变。请把 EDITOR 设为你的编辑器。",
                )
                .to_owned(),
            _ => self.say("The draft is as it was.", "草稿没有变。").to_owned(),
        };
        self.tell(Paint::Yellow, &format!("{}. {after}", safe_line(&error.to_string())));
    }

    /// A session that was left, which is not asked about.
    pub(super) fn unfinished(&self, record: &SessionRecord) {
        let text = match self.ui() {
            Lang::En => {
                format!("An unfinished session is kept: viva interview --resume {}", record.id)
            }
            Lang::Zh => format!("有一场未完成的面试：viva interview --resume {}", record.id),
        };
        self.tell(Paint::Dim, &text);
    }

    /// Offers a session that was left.
    pub(super) fn resume_offer(&self, record: &SessionRecord) {
        let (next, of) = (record.position + 1, record.questions.len());
        let at = local_time(&record.started_at);
        let characters = record.draft.chars().count();
        let draft = match (self.ui(), characters) {
            (_, 0) => String::new(),
            (Lang::En, n) => format!(", draft of {n} characters"),
            (Lang::Zh, n) => format!("，草稿 {n} 字"),
        };
        let said = match self.ui() {
            Lang::En => format!("Unfinished session of {at}: question {next}/{of}{draft}"),
            Lang::Zh => format!("有一场未完成的面试（{at}）：第 {next}/{of} 题{draft}"),
        };
        self.tell(Paint::Yellow, &said);
        self.tell(
            Paint::Dim,
            self.say(
                "[Enter] resume · n new one, this one stays · x end this one",
                "[回车] 继续 · n 另开一场（这场保留） · x 结束这场",
            ),
        );
    }

    /// Offers to grade what is waiting.
    pub(super) fn pending_offer(&self, count: usize) {
        let said = match self.ui() {
            Lang::En if count == 1 => "1 answer is waiting to be graded".to_owned(),
            Lang::En => format!("{count} answers are waiting to be graded"),
            Lang::Zh => format!("有 {count} 个回答待评"),
        };
        self.tell(Paint::Yellow, &said);
        self.tell(
            Paint::Dim,
            self.say("[Enter] grade now · n later", "[回车] 现在评分 · n 以后再说"),
        );
    }

    pub(super) fn pending_interrupted(&self) {
        self.tell(
            Paint::Yellow,
            self.say(
                "Stopped; what is not graded yet goes on waiting.",
                "已停下；还没评的以后再评。",
            ),
        );
    }

    /// What Ctrl-D asks.
    pub(super) fn choice(&self) {
        self.tell(
            Paint::Yellow,
            self.say(
                "[Enter] go on · q leave, to be resumed · e end with the summary",
                "[回车] 继续 · q 离开，以后再继续 · e 结束并看总结",
            ),
        );
    }

    pub(super) fn feedback(&self, judged: &Judged, lang: Lang) {
        let view = self.view(lang);
        let text = feedback(&view, &judged.prepared.question, &judged.assessment);
        self.screen.print(&text);
    }

    /// After "I don't know": the points instead of what was missed.
    pub(super) fn gave_up(&self, judged: &Judged, lang: Lang) {
        let head = headline(&self.view(lang), &judged.assessment);
        let look = self.look(lang);
        let points = screens::points(&look, &judged.prepared.question);
        self.screen.print(&format!("{head}\n{points}"));
    }

    fn view(&self, lang: Lang) -> View<'_> {
        View { terminal: &self.terminal, painted: true, lang }
    }

    /// Why an answer is pending when Ctrl-C left it so.
    pub(super) fn interrupted(&self) -> String {
        self.say("stopped by Ctrl-C", "被 Ctrl-C 中断").to_owned()
    }

    pub(super) fn pending(&self, reason: &str, stored: bool) {
        let before = self.say("Not graded: ", "没有评分：");
        let after = if stored {
            self.say(
                "The answer is kept; `viva interview --pending` grades it later.",
                "回答已保存；以后用 `viva interview --pending` 评分。",
            )
        } else {
            self.say("The answer is printed at the end.", "回答会在结束时打印出来。")
        };
        let reason = safe_line(reason);
        let stop = if reason.ends_with(['.', '。']) { "" } else { self.say(".", "。") };
        self.tell(Paint::Yellow, &format!("{before}{reason}{stop} {after}"));
    }

    pub(super) fn summary(&self, outcomes: &[Outcome], of: usize, lang: Lang) {
        if !outcomes.is_empty() {
            let look = self.look(lang);
            self.screen.print(&format!("\n{}", summary(&look, outcomes, of, true)));
        }
    }

    pub(super) fn how_to_resume(&self, session: i64, position: usize, of: usize) {
        let next = position + 1;
        let text = match self.ui() {
            Lang::En => format!(
                "Kept at question {next}/{of}. Go on with: viva interview --resume {session}"
            ),
            Lang::Zh => {
                format!("已保存在第 {next}/{of} 题。继续：viva interview --resume {session}")
            }
        };
        self.tell(Paint::Yellow, &text);
    }

    /// Prints what could not be stored, so that nothing typed is lost.
    pub(super) fn unsaved(&self, attempts: &[Unsaved], draft: Option<&str>) {
        if attempts.is_empty() && draft.is_none() {
            return;
        }
        self.tell(
            Paint::Red,
            self.say(
                "This could not be stored. Copy what you want to keep:",
                "以下内容没能保存，请自行复制：",
            ),
        );
        for attempt in attempts.iter().filter(|attempt| !attempt.answer.is_empty()) {
            self.screen.print(&format!("--- {} ---\n{}", attempt.question, safe(&attempt.answer)));
        }
        if let Some(draft) = draft {
            let label = self.say("draft", "草稿");
            self.screen.print(&format!("--- {label} ---\n{}", safe(draft)));
        }
    }

    /// Writes the result to stdout, when stdout is not the screen.
    pub(super) fn emit(
        &self,
        number: usize,
        question: &Question,
        lang: Lang,
        answer: &Answer,
        judged: &Result<Judged, String>,
    ) -> Result<(), Failure> {
        let terminal = &self.terminal;
        match judged {
            Ok(judged) if self.context.json => {
                print_line(self.context, &graded_line(number, judged, answer))
            }
            Err(reason) if self.context.json => {
                let line = error_line(number, question, lang, Some(answer), reason);
                print_line(self.context, &line)
            }
            Ok(judged) if !terminal.stdout_is_terminal => {
                let view = View { terminal, painted: false, lang };
                let text = feedback(&view, &judged.prepared.question, &judged.assessment);
                let title = safe_line(question.title.get(lang));
                Ok(terminal.result(&format!("Q{number} · {}\n{title}\n{text}\n", question.id))?)
            }
            _ => Ok(()),
        }
    }

    /// The result line of a skipped question.
    pub(super) fn skipped(
        &self,
        number: usize,
        question: &Question,
        lang: Lang,
    ) -> Result<(), Failure> {
        if self.context.json {
            print_line(self.context, &error_line(number, question, lang, None, "skipped"))?;
        }
        Ok(())
    }
}

/// A stored time as a clock on the wall shows it, to the minute.
fn local_time(stored: &str) -> String {
    stored.parse::<jiff::Timestamp>().map_or_else(
        |_| safe_line(stored),
        |at| {
            at.to_zoned_datetime(jiff::tz::TimeZone::system())
                .strftime("%Y-%m-%d %H:%M")
                .to_string()
        },
    )
}

/// Where the external editor's file of a question is.
pub(super) fn draft_file(context: &Context, session: i64, position: usize) -> PathBuf {
    context.data_folder().join(format!("draft-{session}-{}.md", position + 1))
}
