//! A run in Markdown: the figures, and each answer while there are not too many.
//!
//! Foreign text with anything that Markdown or HTML could read stands in code
//! spans and fences longer than any run of backticks inside, so that it means
//! nothing but itself.

use std::io::{self, Write};

use super::Setting;
use super::rows::{Correction, Row, State};
use super::run::{Digest, Found, Question, mean_text};
use super::words::{self, cut, thousands};
use crate::domain::{Assessment, PointAssessment};
use crate::term::{safe, safe_line};

/// Answers shown whole; a run with more is shown in figures alone.
const ANSWERS: u64 = 200;
/// Candidates, and questions, in a table.
const TABLE: usize = 200;
/// Characters shown of one answer.
const ANSWER: usize = 20_000;

/// Writes the report.
///
/// # Errors
/// When a row cannot be read or the output cannot be written.
pub fn markdown(
    out: &mut dyn Write,
    setting: &Setting<'_>,
    digest: &Digest,
    rows: &mut dyn Iterator<Item = io::Result<Row>>,
) -> io::Result<()> {
    let page = Page { setting, digest };
    writeln!(out, "# {}\n", inline(setting.title))?;
    page.figures(out)?;
    page.candidates(out)?;
    page.questions(out)?;
    page.hardest(out)?;
    page.misconceptions(out)?;
    page.lists(out)?;
    page.sources(out)?;
    let answers = digest.answers;
    if answers > ANSWERS {
        let said = page
            .say("answers: too many to be shown one by one; use", "个回答，太多，不逐一列出；请用");
        return writeln!(out, "\n{} {said} `--format html`", thousands(answers));
    }
    writeln!(out, "\n## {}", page.say("Answers", "回答"))?;
    for row in rows {
        page.answer(out, &row?)?;
    }
    Ok(())
}

struct Page<'a> {
    setting: &'a Setting<'a>,
    digest: &'a Digest,
}

impl Page<'_> {
    fn say<'t>(&self, en: &'t str, zh: &'t str) -> &'t str {
        words::say(self.setting.ui, en, zh)
    }

    fn figures(&self, out: &mut dyn Write) -> io::Result<()> {
        for line in self.setting.headlines(self.digest) {
            writeln!(out, "- {}", inline(&line))?;
        }
        writeln!(
            out,
            "\n| {} | {} |\n|---|---:|",
            self.say("score", "得分"),
            self.say("answers", "回答")
        )?;
        for bin in self.digest.distribution.iter().filter(|bin| bin.count > 0) {
            writeln!(out, "| {:.0}–{:.0} | {} |", bin.from, bin.to, bin.count)?;
        }
        Ok(())
    }

    fn candidates(&self, out: &mut dyn Write) -> io::Result<()> {
        let list = &self.digest.candidates;
        if list.items.is_empty() {
            return Ok(());
        }
        writeln!(out, "\n## {}\n", self.say("Candidates", "考生"))?;
        let (name, mean) = (self.say("candidate", "考生"), self.say("mean", "平均"));
        writeln!(
            out,
            "| {name} | {mean} | {} | {} |",
            self.say("answers", "回答"),
            self.say("graded", "已评")
        )?;
        writeln!(out, "|---|---:|---:|---:|")?;
        for one in list.items.iter().take(TABLE) {
            let mean = mean_text(one.mean);
            writeln!(out, "| {} | {mean} | {} | {} |", table(&one.name), one.answers, one.graded)?;
        }
        self.more(out, list.total(), TABLE)
    }

    fn more(&self, out: &mut dyn Write, total: u64, shown: usize) -> io::Result<()> {
        match total.saturating_sub(shown as u64) {
            0 => Ok(()),
            more => {
                writeln!(out, "\n{} {}", thousands(more), self.say("more are left out", "项未列出"))
            }
        }
    }

    fn questions(&self, out: &mut dyn Write) -> io::Result<()> {
        writeln!(out, "\n## {}", self.say("Questions", "题目"))?;
        for question in self.digest.questions.items.iter().take(TABLE) {
            self.question(out, question)?;
        }
        self.more(out, self.digest.questions.items.len() as u64, TABLE)
    }

    fn question(&self, out: &mut dyn Write, question: &Question) -> io::Result<()> {
        writeln!(out, "\n### {}\n\n{}\n", inline(&question.id), inline(&question.title))?;
        let (count, mean) = (question.answers, mean_text(question.mean));
        writeln!(
            out,
            "{} {mean} · {count} {}\n",
            self.say("mean", "平均"),
            self.say("answers", "个回答")
        )?;
        writeln!(
            out,
            "| {} | {} | {} | {} | {} |\n|---|---|---:|---:|---:|",
            self.say("point", "要点"),
            self.say("tier", "级别"),
            self.say("met", "答到"),
            self.say("mean credit", "平均得分率"),
            self.say("discrimination", "区分度")
        )?;
        for point in &question.points {
            writeln!(
                out,
                "| {} | {} | {} | {} | {} |",
                table(point.claim.as_deref().unwrap_or(&point.id)),
                words::tier(self.setting.ui, point.tier),
                percent(point.hit_rate),
                percent(point.mean_credit),
                correlation(point.discrimination)
            )?;
        }
        Ok(())
    }

    fn hardest(&self, out: &mut dyn Write) -> io::Result<()> {
        if self.digest.hardest.is_empty() {
            return Ok(());
        }
        writeln!(out, "\n## {}\n", self.say("Hardest points", "最难的要点"))?;
        for place in &self.digest.hardest {
            let point = &place.point;
            let claim = inline(point.claim.as_deref().unwrap_or(&point.id));
            let credit = percent(point.mean_credit);
            writeln!(
                out,
                "- {credit} · {} · {} · {claim}",
                words::tier(self.setting.ui, point.tier),
                inline(&place.question)
            )?;
        }
        Ok(())
    }

    fn misconceptions(&self, out: &mut dyn Write) -> io::Result<()> {
        let list = &self.digest.misconceptions;
        if list.items.is_empty() {
            return Ok(());
        }
        writeln!(out, "\n## {}\n", self.say("Misconceptions", "误区"))?;
        for found in &list.items {
            Self::misconception(out, found)?;
        }
        self.more(out, list.total(), list.items.len())
    }

    fn misconception(out: &mut dyn Write, found: &Found) -> io::Result<()> {
        let (id, question) = (inline(&found.id), inline(&found.question));
        writeln!(out, "- {}× {id} ({question}) → {}", found.count, inline(&found.correction))?;
        for example in &found.examples {
            let who = example.candidate.as_deref().unwrap_or(&example.id);
            writeln!(out, "  - {} — {}", code(&safe_line(&example.quote)), inline(who))?;
        }
        Ok(())
    }

    fn lists(&self, out: &mut dyn Write) -> io::Result<()> {
        let lists = [
            (self.say("Without a score", "没有得分"), &self.digest.without_score),
            (self.say("Unreadable lines", "无法读取的行"), &self.digest.unreadable),
        ];
        for (title, list) in lists {
            if list.total() > 0 {
                writeln!(out, "\n## {title} ({})\n", list.total())?;
                for one in &list.items {
                    let parts = self.setting.unscored(one);
                    let parts: Vec<String> = parts.iter().map(|part| inline(part)).collect();
                    writeln!(out, "- {}", parts.join(" · "))?;
                }
                self.more(out, list.total(), list.items.len())?;
            }
        }
        let flagged = &self.digest.flagged;
        if flagged.total() > 0 {
            writeln!(out, "\n## {} ({})\n", self.say("Flagged", "有标记"), flagged.total())?;
            for one in &flagged.items {
                let flags: Vec<_> =
                    one.flags.iter().map(|f| words::flag(self.setting.ui, *f)).collect();
                let who = words::who(one.candidate.as_deref(), &one.id);
                writeln!(out, "- {} · {}", inline(&who), flags.join(", "))?;
            }
            self.more(out, flagged.total(), flagged.items.len())?;
        }
        Ok(())
    }

    fn sources(&self, out: &mut dyn Write) -> io::Result<()> {
        writeln!(out, "\n## {}\n", self.say("Where the figures come from", "数据来源"))?;
        for (name, value) in self.setting.sources(self.digest) {
            writeln!(out, "- {name}: {}", inline(&value))?;
        }
        Ok(())
    }

    fn answer(&self, out: &mut dyn Write, row: &Row) -> io::Result<()> {
        let line = &row.line;
        let who = words::who(line.candidate.as_deref(), &line.id);
        let question = row.question().unwrap_or("–");
        let number = match row.state() {
            State::Graded(score) => format!("{score:.1}"),
            State::Ungraded { low, high } => format!("{low:.1}–{high:.1}"),
            State::Failed => self.say("not graded", "未评").to_owned(),
        };
        writeln!(out, "\n### {} · {} · {number}\n", inline(&who), inline(question))?;
        if let Some(answer) = &line.answer {
            writeln!(out, "{}\n", fence(&cut(&safe(answer), ANSWER)))?;
        }
        if let Some(error) = &line.error {
            writeln!(out, "{}", inline(error))?;
        }
        match &line.assessment {
            Some(assessment) => self.judged(out, row, assessment),
            None => Ok(()),
        }
    }

    fn judged(&self, out: &mut dyn Write, row: &Row, assessment: &Assessment) -> io::Result<()> {
        for point in &assessment.points {
            let corrected = row.corrections.iter().find(|one| one.point == point.id);
            self.point(out, row, point, corrected)?;
        }
        for found in &assessment.misconceptions {
            let quote = found.evidence.first().map_or("", |evidence| evidence.quote.as_str());
            writeln!(out, "- ≠ {} → {}", code(&safe_line(quote)), inline(&found.correction))?;
        }
        for line in &assessment.feedback {
            writeln!(out, "- {}", inline(&line.text))?;
        }
        Ok(())
    }

    fn point(
        &self,
        out: &mut dyn Write,
        row: &Row,
        point: &PointAssessment,
        corrected: Option<&Correction>,
    ) -> io::Result<()> {
        let ui = self.setting.ui;
        let claim = row.claim(&point.id).unwrap_or(&point.id);
        let verdict = words::verdict(ui, point.verdict);
        let (mark, tier) = (words::mark(point.verdict), words::tier(self.setting.ui, point.tier));
        write!(out, "- {mark} {tier} · {} · {verdict}", inline(claim))?;
        if let Some(evidence) = point.evidence.first() {
            write!(out, " · {}", code(&safe_line(&evidence.quote)))?;
        }
        if let Some(one) = corrected {
            let before = words::verdict(ui, one.before);
            write!(
                out,
                " · {} {before}: {}",
                self.say("corrected from", "由审阅者更正，原为"),
                inline(&one.reason)
            )?;
        }
        writeln!(out)
    }
}

fn percent(share: Option<f64>) -> String {
    share.map_or("–".to_owned(), |share| format!("{:.0} %", 100.0 * share))
}

fn correlation(value: Option<f64>) -> String {
    value.map_or("–".to_owned(), |value| format!("{value:.2}"))
}

/// Foreign text inside a paragraph: as it is when it is plain, else in a code span.
fn inline(text: &str) -> String {
    let text = safe_line(text);
    let special = |c: char| "\\`*_{}[]<>#|~&@$".contains(c);
    let at_start = |text: &str| {
        let digits = text.trim_start_matches(|c: char| c.is_ascii_digit());
        text.starts_with(['-', '+', '='])
            || (digits.len() < text.len() && [". ", ") "].iter().any(|end| digits.starts_with(end)))
    };
    let link = text.contains("://") || text.to_ascii_lowercase().contains("www.");
    if text.contains(special) || link || at_start(&text) { code(&text) } else { text }
}

/// Foreign text in a table's cell, where even code needs its bars escaped.
fn table(text: &str) -> String {
    inline(text).replace('|', "\\|")
}

fn longest_run(text: &str) -> usize {
    text.split(|c| c != '`').map(str::len).max().unwrap_or(0)
}

fn code(text: &str) -> String {
    if text.is_empty() {
        return String::new();
    }
    let ticks = "`".repeat(longest_run(text) + 1);
    let space = if text.starts_with('`') || text.ends_with('`') { " " } else { "" };
    format!("{ticks}{space}{text}{space}{ticks}")
}

fn fence(text: &str) -> String {
    let ticks = "`".repeat(longest_run(text).max(2) + 1);
    format!("{ticks}text\n{}\n{ticks}", text.trim_end())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn foreign_text_means_nothing_but_itself() {
        assert_eq!(inline("plain words, 中文, O(n²)"), "plain words, 中文, O(n²)");
        assert_eq!(inline("<script>"), "`<script>`");
        assert_eq!(inline("see https://x.y"), "`see https://x.y`");
        assert_eq!(inline("a `b` c"), "``a `b` c``");
        assert_eq!(inline("```"), "```` ``` ````");
        assert_eq!(inline("- item"), "`- item`");
        assert_eq!(inline("1. item"), "`1. item`");
        assert_eq!(inline("a\n# b"), "`a # b`");
        assert_eq!(table("a|b"), "`a\\|b`");
        assert_eq!(fence("```\n</pre>"), "````text\n```\n</pre>\n````");
    }
}
