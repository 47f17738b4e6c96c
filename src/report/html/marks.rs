//! The answer cut into pieces at the ends of its evidence spans.
//!
//! Spans may overlap or reach beyond the text; every character of the answer
//! comes out exactly once and in order.

use serde::Serialize;

use crate::domain::{Assessment, Evidence, Verdict};

/// A piece of the answer under one and the same set of quotes.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub(super) struct Piece {
    /// The answer's own text.
    pub(super) text: String,
    /// Class of the strongest verdict that rests on it; empty for plain text.
    pub(super) class: &'static str,
    /// Ids of what rests on it.
    pub(super) rests: String,
    /// Labels of the quotes that end here.
    pub(super) ends: String,
}

/// A span to be marked.
#[derive(Debug, Clone)]
struct Mark {
    start: usize,
    end: usize,
    class: &'static str,
    id: String,
    label: String,
}

/// Classes, the strongest last: a wrong statement shows through everything else.
const CLASSES: [&str; 4] = ["missing", "partial", "met", "wrong"];

/// The class of a verdict.
pub(super) fn class(verdict: Verdict) -> &'static str {
    match verdict {
        Verdict::Met => "met",
        Verdict::Partial => "partial",
        Verdict::Missing => "missing",
        Verdict::Contradicted => "wrong",
        Verdict::Ungraded => "ungraded",
    }
}

/// The first `characters` of the answer with everything that quotes it marked.
/// Points are labelled 1, 2, …, misconceptions a, b, ….
pub(super) fn pieces(answer: &str, characters: usize, assessment: &Assessment) -> Vec<Piece> {
    let characters: Vec<char> = answer.chars().take(characters).collect();
    let marks = marks(assessment, characters.len());
    let mut cuts: Vec<usize> = marks.iter().flat_map(|mark| [mark.start, mark.end]).collect();
    cuts.extend([0, characters.len()]);
    cuts.sort_unstable();
    cuts.dedup();
    let pairs = cuts.windows(2);
    pairs.map(|ends| piece(&characters, ends[0], ends[1], &marks)).collect()
}

fn marks(assessment: &Assessment, length: usize) -> Vec<Mark> {
    let points = (1..).zip(&assessment.points).flat_map(|(number, point)| {
        let mark = move |evidence| (evidence, class(point.verdict), &point.id, number.to_string());
        point.evidence.iter().map(mark)
    });
    let wrong = ('a'..='z').cycle().zip(&assessment.misconceptions).flat_map(|(letter, found)| {
        found.evidence.iter().map(move |quote| (quote, "wrong", &found.id, letter.to_string()))
    });
    points
        .chain(wrong)
        .filter_map(|(evidence, class, id, label): (&Evidence, _, &String, _)| {
            let end = evidence.end.min(length);
            let mark = Mark { start: evidence.start, end, class, id: id.clone(), label };
            (mark.start < mark.end).then_some(mark)
        })
        .collect()
}

fn piece(characters: &[char], start: usize, end: usize, marks: &[Mark]) -> Piece {
    let over: Vec<&Mark> = marks.iter().filter(|m| m.start < end && m.end > start).collect();
    let rank = |class: &str| CLASSES.iter().position(|known| *known == class);
    let strongest = over.iter().max_by_key(|mark| rank(mark.class));
    let join = |texts: Vec<&str>| texts.join(", ");
    Piece {
        text: characters[start..end].iter().collect(),
        class: strongest.map_or("", |mark| mark.class),
        rests: join(over.iter().map(|mark| mark.id.as_str()).collect()),
        ends: join(over.iter().filter(|m| m.end == end).map(|m| m.label.as_str()).collect()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::samples;

    #[test]
    fn overlapping_spans_are_cut_and_no_character_is_lost() {
        let mut line = samples::misled("a", "Ada");
        let answer = line.answer.take().unwrap();
        let mut assessment = line.assessment.take().unwrap();
        // A span that overlaps two others and one beyond the end.
        assessment.points[1].evidence.push(Evidence { quote: String::new(), start: 4, end: 20 });
        assessment.points[1].evidence.push(Evidence { quote: String::new(), start: 40, end: 900 });
        let pieces = pieces(&answer, 10_000, &assessment);
        let whole: String = pieces.iter().map(|piece| piece.text.as_str()).collect();
        assert_eq!(whole, answer);
        let first = &pieces[0];
        assert_eq!((first.text.as_str(), first.class), ("All ", "wrong"));
        let second = &pieces[1];
        assert_eq!((second.text.as_str(), second.class), ("query heads", "wrong"));
        assert_eq!((second.rests.as_str(), second.ends.as_str()), ("p2, many-kv", "a"));
    }

    #[test]
    fn an_answer_cut_short_keeps_its_marks_inside() {
        let line = samples::graded("a", "Ada", 1.0);
        let pieces = pieces(line.answer.as_deref().unwrap(), 24, line.assessment.as_ref().unwrap());
        let last = pieces.last().unwrap();
        assert_eq!((last.text.as_str(), last.class, last.ends.as_str()), ("share o", "met", "1"));
    }
}
