//! `viva questions show`: whole questions, as a candidate studies them afterwards.

use crate::bank::filter::kind_name;
use crate::bank::to_toml;
use crate::commands::Context;
use crate::commands::asked::unknown_question;
use crate::domain::{Lang, Level, Question, Tier};
use crate::failure::{Failure, Status};
use crate::term::{Paint, pad, safe, safe_line, wrap_indented};

#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    /// Ids of questions
    #[arg(required = true, value_name = "ID")]
    ids: Vec<String>,
    /// Show the samples too
    #[arg(long)]
    samples: bool,
    /// Show hints, terms and answered warnings too
    #[arg(long)]
    all: bool,
    /// Print the file's form, to put an own version into a bank
    #[arg(long, conflicts_with_all = ["samples", "all"])]
    toml: bool,
}

pub(super) fn run(args: &Args, context: &Context) -> Result<Status, Failure> {
    let bank = context.bank()?;
    let mut questions = Vec::new();
    for id in &args.ids {
        questions.push(bank.get(id).ok_or_else(|| unknown_question(&bank, id))?);
    }
    for (index, question) in questions.into_iter().enumerate() {
        let text = if args.toml {
            let place = format!("{}.toml", question.id);
            to_toml(question, &place).trim_end().to_owned()
        } else if context.json {
            serde_json::to_string(&**question).map_err(anyhow::Error::from)?
        } else {
            let gap = if index == 0 { "" } else { "\n" };
            format!("{gap}{}", Page::of(question, args, context))
        };
        context.terminal.result(&text)?;
    }
    Ok(Status::Done)
}

/// A question as lines of text.
struct Page<'a> {
    context: &'a Context,
    lang: Lang,
    columns: usize,
    lines: Vec<String>,
}

impl<'a> Page<'a> {
    fn of(question: &Question, args: &Args, context: &'a Context) -> String {
        let columns = context.terminal.text_columns();
        let mut page = Self { context, lang: context.lang(), columns, lines: Vec::new() };
        page.head(question);
        page.references(question);
        page.points(question, args.all);
        page.misconceptions(question);
        if args.samples || args.all {
            page.samples(question);
        }
        page.follow_ups(question);
        page.sources(question);
        if args.all {
            page.answered(question);
        }
        page.lines.join("\n")
    }

    fn say(&self, en: &'static str, zh: &'static str) -> &'static str {
        match self.context.terminal.ui {
            Lang::En => en,
            Lang::Zh => zh,
        }
    }

    fn paint(&self, paint: Paint, text: &str) -> String {
        let terminal = &self.context.terminal;
        terminal.paint(paint, text, terminal.stdout_is_terminal)
    }

    fn heading(&mut self, text: &str) {
        let painted = self.paint(Paint::Bold, text);
        self.lines.extend([String::new(), painted]);
    }

    /// A paragraph or list item; the text is foreign.
    fn item(&mut self, first: &str, text: &str) {
        let rest = " ".repeat(crate::term::width(first));
        self.lines.extend(wrap_indented(&safe(text), self.columns, first, &rest));
    }

    fn painted(&mut self, paint: Paint, lines: &[String]) {
        for line in lines {
            let line = self.paint(paint, line);
            self.lines.push(line);
        }
    }

    fn head(&mut self, question: &Question) {
        let title = wrap_indented(&safe_line(question.title.get(self.lang)), self.columns, "", "");
        self.painted(Paint::Bold, &title);
        let mut facts = vec![
            question.id.to_string(),
            format!("{} {}", self.say("difficulty", "难度"), question.difficulty),
            kind_name(question.kind).to_owned(),
        ];
        facts.extend(question.tags.iter().map(|tag| format!("#{tag}")));
        if !question.covers.is_empty() {
            facts.push(format!("{} {}", self.say("items", "条目"), question.covers.join(", ")));
        }
        let facts = wrap_indented(&safe_line(&facts.join(" · ")), self.columns, "", "");
        self.painted(Paint::Dim, &facts);
    }

    fn references(&mut self, question: &Question) {
        for (index, reference) in question.references().enumerate() {
            self.heading(match index {
                0 => self.say("Reference", "参考答案"),
                _ => self.say("Another reference", "另一份参考答案"),
            });
            self.item("", reference.get(self.lang));
        }
    }

    fn points(&mut self, question: &Question, all: bool) {
        if question.points.is_empty() {
            return;
        }
        self.heading(self.say("Points", "要点"));
        for point in &question.points {
            let tier = match point.tier {
                Tier::Must => "must",
                Tier::Should => "should",
                Tier::Bonus => "bonus",
            };
            self.item(&format!("  {} ", pad(tier, 6)), point.claim.get(self.lang));
            if !all {
                continue;
            }
            if let Some(hint) = &point.hint {
                self.item(
                    &format!("         {}", self.say("hint: ", "提示：")),
                    hint.get(self.lang),
                );
            }
            for group in &point.terms {
                self.item("         · ", &group.join(", "));
            }
        }
    }

    fn misconceptions(&mut self, question: &Question) {
        if question.misconceptions.is_empty() {
            return;
        }
        self.heading(self.say("Misconceptions", "常见误区"));
        for wrong in &question.misconceptions {
            self.item("  ≠ ", wrong.claim.get(self.lang));
            self.item("  → ", wrong.correction.get(self.lang));
        }
    }

    fn samples(&mut self, question: &Question) {
        for sample in &question.samples {
            self.heading(match sample.level {
                Level::Strong => self.say("Sample: strong", "范例：好"),
                Level::Middling => self.say("Sample: middling", "范例：中等"),
                Level::Wrong => self.say("Sample: wrong", "范例：错误"),
            });
            self.item("", sample.answer.get(self.lang));
        }
    }

    fn follow_ups(&mut self, question: &Question) {
        if question.follow_ups.is_empty() {
            return;
        }
        self.heading(self.say("Follow-ups", "追问"));
        for follow_up in &question.follow_ups {
            self.item("  · ", follow_up.ask.get(self.lang));
        }
    }

    fn sources(&mut self, question: &Question) {
        if question.sources.is_empty() {
            return;
        }
        self.heading(self.say("Sources", "来源"));
        for source in &question.sources {
            let year = source.year.map(|year| format!(" ({year})")).unwrap_or_default();
            let url = source.url.as_deref().unwrap_or_default();
            self.item("  · ", safe_line(&format!("{}{year} {url}", source.title)).trim_end());
        }
    }

    fn answered(&mut self, question: &Question) {
        if question.allow.is_empty() {
            return;
        }
        self.heading(self.say("Answered warnings", "已答复的提醒"));
        for allow in &question.allow {
            self.item("  · ", &format!("{}: {}", allow.rule, allow.reason));
        }
    }
}
