//! Markdown: a heading is a question, what stands below it is its reference.
//!
//! Headings above the questions' level are topics; those below it belong to the
//! reference. Headings inside code fences are none.

use super::row::Row;
use super::{Item, Problem, problem};

/// A heading and the text up to the next one.
#[derive(Debug)]
struct Section {
    line: usize,
    level: usize,
    heading: String,
    body: String,
}

pub(super) fn read(text: &str, level: Option<usize>) -> Vec<Result<Item, Problem>> {
    let sections = sections(text);
    let Some(level) = level.or_else(|| question_level(&sections)) else {
        return vec![Err(problem(
            1,
            "no heading in it: a question is a line such as `## Question`",
        ))];
    };
    let mut items = Vec::new();
    for (index, section) in sections.iter().enumerate().filter(|(_, s)| s.level == level) {
        let below = sections[index + 1..].iter().take_while(|below| below.level > level);
        let reference = below.fold(section.body.clone(), |text, below| {
            format!("{text}{} {}\n{}", "#".repeat(below.level), below.heading, below.body)
        });
        let mut row = Row::of(&title(&section.heading), &reference);
        let above = sections[..index].iter().rev().find(|above| above.level < level);
        row.topic = above.filter(|above| is_topic(&sections, above)).map(|a| a.heading.clone());
        items.push(Ok(Item::Row { line: section.line, row: Box::new(row) }));
    }
    if items.is_empty() {
        let message = format!("no heading of level {level}: `{} …`", "#".repeat(level));
        return vec![Err(problem(1, message))];
    }
    items
}

/// The only heading of its level is the document's title.
fn is_topic(sections: &[Section], heading: &Section) -> bool {
    sections.iter().filter(|section| section.level == heading.level).count() > 1
}

/// The first level whose headings mostly have text right below them; a single
/// heading with others below it is the document's title.
fn question_level(sections: &[Section]) -> Option<usize> {
    let deepest = sections.iter().map(|section| section.level).max()?;
    (1..=deepest).find(|level| {
        let own = || sections.iter().filter(|section| section.level == *level);
        let with_text = own().filter(|section| !section.body.trim().is_empty()).count();
        let title = own().count() == 1 && *level < deepest;
        !title && with_text > 0 && 2 * with_text >= own().count()
    })
}

fn sections(text: &str) -> Vec<Section> {
    let mut sections: Vec<Section> = Vec::new();
    let mut fence: Option<String> = None;
    for (line, content) in (1..).zip(text.lines()) {
        let mark: String =
            content.trim_start().chars().take_while(|c| matches!(c, '`' | '~')).collect();
        if mark.len() >= 3 {
            fence = match fence {
                None => Some(mark),
                Some(open) if mark.starts_with(&open) => None,
                open => open,
            };
        }
        let heading = if fence.is_none() { heading(content) } else { None };
        if let Some((level, heading)) = heading {
            sections.push(Section {
                line,
                level,
                heading: heading.to_owned(),
                body: String::new(),
            });
        } else if let Some(section) = sections.last_mut() {
            section.body.push_str(content);
            section.body.push('\n');
        }
    }
    sections
}

fn heading(line: &str) -> Option<(usize, &str)> {
    let level = line.bytes().take_while(|b| *b == b'#').count();
    let text = &line[level..];
    let good = (1..=6).contains(&level) && (text.is_empty() || text.starts_with([' ', '\t']));
    good.then(|| (level, text.trim().trim_end_matches('#').trim()))
}

/// A heading without its number and emphasis.
fn title(heading: &str) -> String {
    let plain = heading.replace("**", "").replace("__", "");
    let plain = plain.trim();
    let digits = plain.trim_start_matches(['Q', 'q', '第']);
    let mark = digits.trim_start_matches(|c: char| c.is_ascii_digit() || c == '.');
    let text = mark.trim_start_matches(['题', ':', '：', '、', ')', '）']).trim_start();
    // `3D parallelism` begins with a number of its own: nothing stands between.
    let apart = text.len() < mark.len() || digits[..digits.len() - mark.len()].ends_with('.');
    let numbered = mark.len() < digits.len() && apart && !text.is_empty();
    if numbered { text.to_owned() } else { plain.to_owned() }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_before_a_title_go_and_numbers_of_a_title_stay() {
        assert_eq!(title("1. What is X?"), "What is X?");
        assert_eq!(title("Q12: What is X?"), "What is X?");
        assert_eq!(title("3、什么是 X？"), "什么是 X？");
        assert_eq!(title("2.3 **Why?**"), "Why?");
        assert_eq!(title("3D parallelism"), "3D parallelism");
        assert_eq!(title("Quantization"), "Quantization");
        assert_eq!(title("2024"), "2024");
    }

    #[test]
    fn the_level_of_questions_is_found() {
        let level = |text: &str| question_level(&sections(text));
        assert_eq!(level("# Q1\na\n# Q2\nb"), Some(1));
        assert_eq!(level("# Title\nintro\n## Q1\na\n## Q2\nb\n### part\nc"), Some(2));
        assert_eq!(level("# T\n## topic\n### Q1\na\n### Q2\nb\n## other\n### Q3\nc"), Some(3));
        assert_eq!(level("no heading"), None);
    }
}
