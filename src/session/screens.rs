//! What the candidate sees: the question, hints, reference, samples and help.
//!
//! Text in, text out; nothing here writes to a stream. Text of the bank and of
//! the candidate is made safe before it is laid out, and every line fits the
//! terminal.

use crate::domain::Lang;
use crate::domain::{
    Level, Localised, MisconceptionFound, PointAssessment, Question, Sample, Scoring, Source,
    score::score,
};
use crate::report::tier_name;
use crate::term::{Paint, Terminal, clip, pad, safe, safe_line, wrap, wrap_indented};

use super::machine::Place;

/// What is being shown, and how.
#[derive(Debug, Clone, Copy)]
pub struct Look<'a> {
    /// Language of messages, colours, columns.
    pub terminal: &'a Terminal,
    /// Language of the question.
    pub lang: Lang,
    /// Whether a terminal shows it.
    pub painted: bool,
}

impl<'a> Look<'a> {
    pub(super) fn say(&self, en: &'a str, zh: &'a str) -> &'a str {
        self.terminal.say(en, zh)
    }

    pub(super) fn paint(&self, paint: Paint, text: &str) -> String {
        self.terminal.paint(paint, text, self.painted)
    }

    pub(super) fn columns(&self) -> usize {
        self.terminal.text_columns()
    }

    /// Our own text, wrapped and painted line by line.
    pub(super) fn text(&self, paint: Option<Paint>, text: &str) -> String {
        let lines = wrap(text, self.columns());
        let lines = lines.into_iter().map(|line| match paint {
            Some(paint) => self.paint(paint, &line),
            None => line,
        });
        lines.collect::<Vec<_>>().join("\n")
    }
}

/// The question with its place in the interview and what can be done.
pub fn question(look: &Look<'_>, question: &Question, position: usize, of: usize) -> String {
    let difficulty = look.say("difficulty", "难度");
    let head = format!(
        "Q{}/{of} · {} · {difficulty} {}/5",
        position + 1,
        question.id,
        question.difficulty
    );
    let title = safe(question.title.get(look.lang));
    let other = question.title.exact(look.lang.other()).map(|_| look.lang.other());
    format!(
        "\n{}\n{}\n{}",
        look.paint(Paint::Cyan, &clip(&head, look.columns())),
        look.text(Some(Paint::Bold), &title),
        look.paint(Paint::Dim, commands(look, other))
    )
}

/// The line of commands below a question, with the language it can also be seen in.
fn commands<'a>(look: &Look<'a>, other: Option<Lang>) -> &'a str {
    match other {
        None => look.say(
            "Enter twice sends · /hint /skip /idk /edit · /help",
            "连按两次回车提交 · /hint 提示 /skip 跳过 /idk 不会 /edit 编辑器 · /help",
        ),
        Some(Lang::En) => look.say(
            "Enter twice sends · /hint /skip /idk /edit /en · /help",
            "连按两次回车提交 · /hint 提示 /skip 跳过 /idk 不会 /edit 编辑器 /en · /help",
        ),
        Some(Lang::Zh) => look.say(
            "Enter twice sends · /hint /skip /idk /edit /zh · /help",
            "连按两次回车提交 · /hint 提示 /skip 跳过 /idk 不会 /edit 编辑器 /zh · /help",
        ),
    }
}

/// The line of commands below an assessment.
pub fn review(look: &Look<'_>, last: bool) -> String {
    let text = if last {
        look.say(
            "[Enter] summary · /ref reference · /sample sample answers · /help",
            "[回车] 看总结 · /ref 参考答案 · /sample 示范回答 · /help",
        )
    } else {
        look.say(
            "[Enter] next question · /ref reference · /sample sample answers · /help",
            "[回车] 下一题 · /ref 参考答案 · /sample 示范回答 · /help",
        )
    };
    look.paint(Paint::Dim, text)
}

/// The hint of a point, with the number of hints taken.
pub fn hint(look: &Look<'_>, question: &Question, point: &str, number: usize) -> String {
    let hint = question.point(point).and_then(|point| point.hint.as_ref());
    let text = safe(hint.map_or("", |hint| hint.get(look.lang)));
    let label = match look.terminal.ui {
        Lang::En => format!("Hint {number}: "),
        Lang::Zh => format!("提示 {number}："),
    };
    look.text(Some(Paint::Yellow), &format!("{label}{text}"))
}

/// The draft once more.
pub fn draft(look: &Look<'_>, text: &str) -> String {
    if text.trim().is_empty() {
        return look.say("The draft is empty.", "草稿是空的。").to_owned();
    }
    let label = look.say("Your draft:", "你的草稿：");
    format!("{}\n{}", look.paint(Paint::Dim, label), indented(look, &safe(text)))
}

/// The points that a good answer holds, whole.
pub fn points(look: &Look<'_>, question: &Question) -> String {
    let mut lines =
        vec![look.paint(Paint::Bold, look.say("A good answer says:", "好的回答会说到："))];
    for point in &question.points {
        let first = format!("  {}", pad(tier_name(look.terminal.ui, point.tier), 7));
        let claim = safe_line(point.claim.get(look.lang));
        lines.extend(wrap_indented(&claim, look.columns(), &first, &" ".repeat(9)));
    }
    lines.join("\n")
}

/// The reference, its alternatives and its sources.
pub fn reference(look: &Look<'_>, question: &Question) -> String {
    let mut blocks = vec![titled(look, look.say("Reference", "参考答案"), &question.reference)];
    for other in &question.alternatives {
        blocks.push(titled(look, look.say("Also accepted", "同样可以"), other));
    }
    if !question.sources.is_empty() {
        let title = look.paint(Paint::Bold, look.say("Sources", "来源"));
        let sources = question.sources.iter().map(|source| source_lines(look, source));
        blocks.push(format!("{title}\n{}", sources.collect::<Vec<_>>().join("\n")));
    }
    blocks.join("\n")
}

fn titled(look: &Look<'_>, title: &str, text: &Localised) -> String {
    let text = safe(text.get(look.lang));
    format!("{}\n{}", look.paint(Paint::Bold, title), indented(look, &text))
}

fn indented(look: &Look<'_>, text: &str) -> String {
    wrap_indented(text, look.columns(), "  ", "  ").join("\n")
}

fn source_lines(look: &Look<'_>, source: &Source) -> String {
    let year = source.year.map_or(String::new(), |year| format!(" ({year})"));
    let title = format!("{}{year}", safe_line(&source.title));
    let mut lines = wrap_indented(&title, look.columns(), "  ", "    ");
    // An address is never broken, so that it can be copied.
    lines.extend(source.url.as_ref().map(|url| format!("    {}", safe_line(url))));
    lines.join("\n")
}

/// Each written answer with what it would score.
pub fn samples(look: &Look<'_>, question: &Question, scoring: &Scoring) -> String {
    let mut samples: Vec<&Sample> = question.samples.iter().collect();
    // The best one last, where it is read without scrolling back.
    samples.sort_by_key(|sample| sample.level);
    if samples.is_empty() {
        return look
            .say("This question has no written samples.", "这道题没有示范回答。")
            .to_owned();
    }
    let blocks = samples.iter().map(|sample| {
        let title = sample_title(look, sample.level, sample_score(question, sample, scoring));
        titled(look, &title, &sample.answer)
    });
    blocks.collect::<Vec<_>>().join("\n")
}

fn sample_title(look: &Look<'_>, level: Level, score: f64) -> String {
    match (look.terminal.ui, level) {
        (Lang::En, Level::Strong) => format!("What a strong answer sounds like ({score:.0}/100)"),
        (Lang::En, Level::Middling) => {
            format!("What a middling answer sounds like ({score:.0}/100)")
        }
        (Lang::En, Level::Wrong) => format!("What a wrong answer sounds like ({score:.0}/100)"),
        (Lang::Zh, Level::Strong) => format!("优秀的回答是这样的（{score:.0}/100）"),
        (Lang::Zh, Level::Middling) => format!("一般的回答是这样的（{score:.0}/100）"),
        (Lang::Zh, Level::Wrong) => format!("错误的回答是这样的（{score:.0}/100）"),
    }
}

/// The score of the verdicts that a careful grader would give.
fn sample_score(question: &Question, sample: &Sample, scoring: &Scoring) -> f64 {
    let points: Vec<PointAssessment> = question
        .points
        .iter()
        .map(|point| PointAssessment::of(point, sample.expected(&point.id)))
        .collect();
    let wrong: Vec<MisconceptionFound> = sample
        .misconceptions
        .iter()
        .map(|id| MisconceptionFound {
            id: id.clone(),
            correction: String::new(),
            evidence: Vec::new(),
        })
        .collect();
    score(scoring, &points, &wrong).low.score
}

/// What can be done here.
pub fn help(look: &Look<'_>, place: Place) -> String {
    look.text(
        None,
        match place {
            Place::Typing => look.say(HELP_TYPING_EN, HELP_TYPING_ZH),
            Place::Review => look.say(HELP_REVIEW_EN, HELP_REVIEW_ZH),
        },
    )
}

const HELP_TYPING_EN: &str = "\
Type your answer; Enter starts a new line, and Enter on an empty last line
sends it. A pasted text is never sent by itself. Commands stand alone:
  /hint        a nudge towards the most important point (counted)
  /skip        on to the next question without an answer
  /idk         \"I don't know\": scores 0 and shows what was asked for
  /edit        write in your editor ($VISUAL or $EDITOR), also Ctrl-X Ctrl-E
  /en  /zh     the question in English or Chinese; answer in either
  /draft       show the draft again
  /quit        leave; the draft is kept, `viva interview --resume` goes on
With a text already typed, Alt-/ opens a command line and keeps the text.
Alt-Enter or Ctrl-J: new line   Ctrl-C: keep the draft   //: a literal slash
Ctrl-_: undo   Ctrl-W: delete a word   Tab: complete a command";

const HELP_TYPING_ZH: &str = "\
直接输入回答；回车换行，在末尾的空行上再按回车就提交。
粘贴的文字不会自动提交。命令要单独成行，全角 ／ 也可以：
  /hint        提示最重要的一个要点（会计数）
  /skip        跳过这道题
  /idk         不会：记 0 分，并显示考察的要点
  /edit        用编辑器写（$VISUAL 或 $EDITOR），也可按 Ctrl-X Ctrl-E
  /en  /zh     看英文或中文题目；用哪种语言回答都行
  /draft       再显示一次草稿
  /quit        离开；草稿会保留，用 `viva interview --resume` 继续
已经写了一部分时，按 Alt-/ 可输入命令，已写的内容会保留。
Alt-Enter 或 Ctrl-J：换行   Ctrl-C：保留草稿   //：输入一个斜杠
Ctrl-_：撤销   Ctrl-W：删词   Tab：补全命令";

const HELP_REVIEW_EN: &str = "\
  Enter        on to the next question
  /ref         the reference answer and its sources
  /sample      written answers: what strong, middling and wrong sound like
  /en  /zh     the assessment with its points in English or Chinese
  /quit        leave; `viva interview --resume` goes on with the next question";

const HELP_REVIEW_ZH: &str = "\
  回车         下一题
  /ref         参考答案和来源
  /sample      示范回答：优秀、一般、错误的回答各是什么样
  /en  /zh     用英文或中文显示要点
  /quit        离开；用 `viva interview --resume` 从下一题继续";

#[cfg(test)]
mod tests {
    use super::*;
    use crate::bank::{Bank, embedded};
    use crate::domain::Rubric;
    use crate::term::{Wishes, width};

    fn terminal(ui: Lang) -> Terminal {
        Terminal::detect(ui, Wishes { no_colour: true, columns: Some(80), ..Wishes::default() })
    }

    fn assert_fits(text: &str) {
        for line in text.lines().filter(|line| !line.contains("http")) {
            assert!(width(line) <= 80, "{} columns: {line}", width(line));
        }
    }

    #[test]
    fn every_screen_of_every_question_fits_eighty_columns() {
        let mut bank = Bank::default();
        bank.add(embedded());
        let scoring = Rubric::parse(include_str!("../../prompts/rubric.toml")).unwrap().scoring;
        for ui in Lang::ALL {
            let terminal = terminal(ui);
            for lang in Lang::ALL {
                let look = Look { terminal: &terminal, lang, painted: true };
                for asked in bank.iter() {
                    assert_fits(&question(&look, asked, 9, 10));
                    assert_fits(&points(&look, asked));
                    assert_fits(&reference(&look, asked));
                    assert_fits(&samples(&look, asked, &scoring));
                    for point in &asked.points {
                        assert_fits(&hint(&look, asked, &point.id, 10));
                    }
                }
                for place in [Place::Typing, Place::Review] {
                    assert_fits(&help(&look, place));
                    let raw = help(&look, place);
                    assert!(raw.lines().count() <= 16, "the help stays on one screen");
                }
                assert_fits(&review(&look, true));
                assert_fits(&review(&look, false));
            }
        }
    }

    #[test]
    fn a_strong_sample_is_worth_more_than_a_wrong_one() {
        let mut bank = Bank::default();
        bank.add(embedded());
        let scoring = Rubric::parse(include_str!("../../prompts/rubric.toml")).unwrap().scoring;
        for question in bank.iter() {
            let of = |level| {
                question.sample(level).map(|sample| sample_score(question, sample, &scoring))
            };
            if let (Some(strong), Some(wrong)) = (of(Level::Strong), of(Level::Wrong)) {
                assert!(strong > wrong, "{}", question.id);
            }
        }
    }

    #[test]
    fn escapes_of_a_bank_never_reach_the_screen() {
        let terminal = terminal(Lang::En);
        let look = Look { terminal: &terminal, lang: Lang::En, painted: true };
        assert!(!draft(&look, "a\x1b]52;c;x\x07b\x1b[2J").contains('\x1b'));
    }
}
