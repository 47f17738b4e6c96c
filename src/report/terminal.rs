//! A run on a terminal: the figures, the extremes and what needs a look.
//!
//! Single answers are shown when there are few, as in a session; every list is
//! short and says what it leaves out.

use std::io;

use super::feedback::{View, mark};
use super::rows::{Row, State};
use super::run::{Digest, Found, Listed, Mean, PointPlace, Ungraded, mean_text};
use super::setting::Setting;
use super::words::{self, thousands};
use crate::metrics::float64;
use crate::term::{Paint, clip, pad, safe_line, width, wrap_indented};

/// Rows of a list.
const SHOWN: usize = 10;
/// Candidates shown.
const CANDIDATES: usize = 20;
/// Answers up to which each is shown.
const ANSWERS: u64 = 20;
/// Graded answers from which on their distribution is worth a look.
const DISTRIBUTED: u64 = 5;
/// Columns of the longest bar.
const BAR: f64 = 30.0;

/// The report as text.
///
/// # Errors
/// When a row cannot be read.
pub fn terminal(
    view: &View<'_>,
    setting: &Setting<'_>,
    digest: &Digest,
    rows: &mut dyn Iterator<Item = io::Result<Row>>,
) -> io::Result<String> {
    let page = Page { view, setting, digest };
    let mut lines = page.head();
    page.distribution(&mut lines);
    page.candidates(&mut lines);
    page.questions(&mut lines);
    page.hardest(&mut lines);
    page.misconceptions(&mut lines);
    page.ungraded(page.say("Without a score", "没有得分"), &digest.without_score, &mut lines);
    page.ungraded(page.say("Unreadable lines", "无法读取的行"), &digest.unreadable, &mut lines);
    page.flagged(&mut lines);
    if digest.answers <= ANSWERS {
        page.heading(page.say("Answers", "回答"), &mut lines);
        for row in rows {
            page.answer(&row?, &mut lines);
        }
    }
    page.sources(&mut lines);
    Ok(lines.join("\n"))
}

struct Page<'a> {
    view: &'a View<'a>,
    setting: &'a Setting<'a>,
    digest: &'a Digest,
}

impl Page<'_> {
    fn say<'t>(&self, en: &'t str, zh: &'t str) -> &'t str {
        self.view.say(en, zh)
    }

    fn heading(&self, text: &str, lines: &mut Vec<String>) {
        lines.push(String::new());
        lines.push(self.view.paint(Paint::Bold, text));
    }

    fn dim(&self, text: &str) -> String {
        self.view.paint(Paint::Dim, text)
    }

    fn head(&self) -> Vec<String> {
        let mut lines = vec![self.view.paint(Paint::Bold, &safe_line(self.setting.title))];
        for line in self.setting.headlines(self.digest) {
            lines.extend(wrap_indented(&line, self.view.columns(), "", "  "));
        }
        lines
    }

    fn distribution(&self, lines: &mut Vec<String>) {
        let bins = &self.digest.distribution;
        let rows: Vec<u64> =
            bins.chunks(2).map(|pair| pair.iter().map(|bin| bin.count).sum()).collect();
        let most = rows.iter().copied().max().unwrap_or(0);
        if rows.iter().sum::<u64>() < DISTRIBUTED {
            return;
        }
        self.heading(self.say("Scores", "得分分布"), lines);
        for (pair, count) in bins.chunks(2).zip(rows) {
            let (from, to) = (pair[0].from, pair[pair.len() - 1].to);
            let bar = bar(BAR * float64(count) / float64(most), count > 0);
            lines.push(
                format!("  {from:>3.0}–{to:<3.0} {bar} {}", thousands(count)).trim_end().to_owned(),
            );
        }
    }

    fn candidates(&self, lines: &mut Vec<String>) {
        let list = &self.digest.candidates;
        if list.total() < 2 {
            return;
        }
        self.heading(self.say("Candidates", "考生"), lines);
        for one in list.items.iter().take(CANDIDATES) {
            lines.push(self.named_mean(&one.name, one.mean, one.answers, one.graded));
        }
        self.more(list.total(), CANDIDATES, lines);
    }

    fn questions(&self, lines: &mut Vec<String>) {
        let list = &self.digest.questions;
        if list.items.is_empty() {
            return;
        }
        let title = if self.digest.comparable {
            self.say("Questions, the hardest first", "题目（由难到易）")
        } else {
            self.say("Questions", "题目")
        };
        self.heading(title, lines);
        let mut items: Vec<_> = list.items.iter().collect();
        let low = |mean: Option<Mean>| mean.map_or(0.0, |mean| mean.low);
        items.sort_by(|a, b| low(a.mean).total_cmp(&low(b.mean)));
        for question in items.iter().take(SHOWN) {
            lines.push(self.named_mean(
                &question.id,
                question.mean,
                question.answers,
                question.graded,
            ));
        }
        self.more(list.items.len() as u64 + list.left_out.min(1), SHOWN, lines);
    }

    /// A name, its mean, how many answers and how many of them are open.
    fn named_mean(&self, name: &str, mean: Option<Mean>, answers: u64, graded: u64) -> String {
        let room = self.view.columns().saturating_sub(36).clamp(16, 48);
        let open = answers - graded;
        let mut text = format!(
            "  {} {:>11}  n = {}",
            pad(&clip(&safe_line(name), room), room),
            mean_text(mean),
            thousands(answers)
        );
        if open > 0 {
            text.push_str(&format!("{}{open} {}", self.say(", ", "，"), self.say("open", "未评")));
        }
        text
    }

    fn more(&self, total: u64, shown: usize, lines: &mut Vec<String>) {
        let more = total.saturating_sub(shown as u64);
        if more > 0 {
            let said = self.say("more", "项未列出");
            lines.push(self.dim(&format!("  … {} {said}", thousands(more))));
        }
    }

    fn hardest(&self, lines: &mut Vec<String>) {
        if self.digest.hardest.is_empty() {
            return;
        }
        self.heading(self.say("Hardest points", "最难的要点"), lines);
        for place in self.digest.hardest.iter().take(SHOWN) {
            self.point(place, lines);
        }
    }

    fn point(&self, place: &PointPlace, lines: &mut Vec<String>) {
        let point = &place.point;
        let credit = point.mean_credit.map_or("–".to_owned(), |c| format!("{:.0} %", 100.0 * c));
        let tier = pad(words::tier(self.setting.ui, point.tier), 7);
        let claim = safe_line(point.claim.as_deref().unwrap_or(&point.id));
        let room = self.view.columns().saturating_sub(17);
        lines.push(format!("  {credit:>5}  {tier} {}", clip(&claim, room)));
        let mut detail = format!(
            "{} · {} {}",
            safe_line(&place.question),
            self.say("missing", "缺失"),
            point.missing + point.contradicted
        );
        if let Some(value) = point.discrimination {
            detail.push_str(&format!(" · {} {value:.2}", self.say("discrimination", "区分度")));
        }
        lines.push(format!("{}{}", " ".repeat(17), self.dim(&clip(&detail, room))));
    }

    fn misconceptions(&self, lines: &mut Vec<String>) {
        let list = &self.digest.misconceptions;
        if list.items.is_empty() {
            return;
        }
        self.heading(self.say("Misconceptions", "误区"), lines);
        for found in list.items.iter().take(SHOWN) {
            self.misconception(found, lines);
        }
        self.more(list.total(), SHOWN, lines);
    }

    fn misconception(&self, found: &Found, lines: &mut Vec<String>) {
        let columns = self.view.columns();
        let place = safe_line(&format!("{} ({})", found.id, found.question));
        lines.push(format!("  {}× {}", found.count, clip(&place, columns.saturating_sub(8))));
        let correction = safe_line(&found.correction);
        lines.extend(wrap_indented(&correction, columns, "     → ", "       "));
        for example in &found.examples {
            let who = safe_line(example.candidate.as_deref().unwrap_or(&example.id));
            let who = clip(&who, 20);
            let room = columns.saturating_sub(11 + width(&who));
            let quote = clip(&safe_line(&example.quote), room);
            lines.push(format!(
                "     {} {}",
                self.view.paint(Paint::Cyan, &format!("“{quote}”")),
                self.dim(&who)
            ));
        }
    }

    fn ungraded(&self, title: &str, list: &Listed<Ungraded>, lines: &mut Vec<String>) {
        if list.total() == 0 {
            return;
        }
        self.heading(&format!("{title} ({})", thousands(list.total())), lines);
        for one in list.items.iter().take(SHOWN) {
            let text = safe_line(&self.setting.unscored(one).join(" · "));
            lines.push(format!("  {}", clip(&text, self.view.columns().saturating_sub(2))));
        }
        self.more(list.total(), SHOWN, lines);
    }

    fn flagged(&self, lines: &mut Vec<String>) {
        if self.digest.flags.is_empty() {
            return;
        }
        self.heading(self.say("Flags", "标记"), lines);
        for (flag, count) in &self.digest.flags {
            lines.push(format!(
                "  {} {}",
                pad(words::flag(self.setting.ui, *flag), 32),
                thousands(*count)
            ));
        }
    }

    /// Score and question, then each point with its verdict and the answer's own words.
    fn answer(&self, row: &Row, lines: &mut Vec<String>) {
        let score = match row.state() {
            State::Graded(score) => format!("{score:.0}"),
            State::Ungraded { low, high } => format!("{low:.0}–{high:.0}"),
            State::Failed => "–".to_owned(),
        };
        let columns = self.view.columns();
        let title = row.line.question.as_ref().map_or("", |question| question.title.as_str());
        let who = words::who(row.line.candidate.as_deref(), &row.line.id);
        let text = [who.as_str(), title].join(if title.is_empty() { "" } else { " · " });
        let title = words::cut(&safe_line(&text), columns);
        lines.push(format!("  {score:>6}  {}", clip(&title, columns.saturating_sub(10))));
        let points = row.line.assessment.iter().flat_map(|assessment| &assessment.points);
        for point in points {
            let (mark, paint) = mark(point.verdict);
            let what = self.named_point(row, &point.id, columns.saturating_sub(19));
            let tier = self.dim(&pad(words::tier(self.setting.ui, point.tier), 6));
            lines.push(format!("          {} {tier} {what}", self.view.paint(paint, mark)));
            if let Some(evidence) = point.evidence.first() {
                let quote = safe_line(&words::cut(&evidence.quote, columns));
                let quote = format!("“{}”", clip(&quote, columns.saturating_sub(21)));
                lines.push(format!("{}{}", " ".repeat(19), self.view.paint(Paint::Cyan, &quote)));
            }
        }
    }

    /// A point's claim, and its id, by which it can be corrected.
    fn named_point(&self, row: &Row, id: &str, room: usize) -> String {
        let claim = row.claim(id);
        let id = clip(&safe_line(&words::cut(id, room)), room / 2);
        let Some(claim) = claim else { return id };
        let claim = safe_line(&words::cut(claim, room));
        let claim = clip(&claim, room.saturating_sub(width(&id) + 3));
        format!("{claim} {}", self.dim(&format!("({id})")))
    }

    fn sources(&self, lines: &mut Vec<String>) {
        lines.push(String::new());
        for (name, value) in self.setting.sources(self.digest) {
            let text = format!("{name}{}{}", self.say(": ", "："), safe_line(&value));
            let wrapped = wrap_indented(&text, self.view.columns(), "", "  ");
            lines.extend(wrapped.iter().map(|line| self.dim(line)));
        }
    }
}

/// A bar of about so many columns, in eighths.
fn bar(columns: f64, at_least_a_hair: bool) -> String {
    const EIGHTHS: [&str; 8] = ["", "▏", "▎", "▍", "▌", "▋", "▊", "▉"];
    let eighths = crate::metrics::index((columns * 8.0).round());
    let eighths = if at_least_a_hair { eighths.max(1) } else { eighths };
    format!("{}{}", "█".repeat(eighths / 8), EIGHTHS[eighths % 8])
}
