//! The word for a question with its number, as a heading begins: `Question 2`, `Q2`, 问题 2,
//! 第二题. What follows is for the reader of headings to judge.

/// What may follow a number at once.
const AFTER: &str = ":.,;)-–—、。·|?`'\"‘“「【[({#";

/// How a line begins.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Label<'a> {
    pub(super) number: Option<usize>,
    pub(super) rest: &'a str,
    /// Whether the label ends there: no letter goes on, nor a word after a mere space.
    pub(super) ends: bool,
    /// Whether the word is a mere letter (`Q`, 题), as many other things are called.
    pub(super) short: bool,
}

/// Reads a line that begins with the word for a question.
pub(super) fn read(text: &str) -> Option<Label<'_>> {
    let counted = text.strip_prefix('第').and_then(|rest| {
        let (number, after) = number(rest.trim_start());
        let after = any(after.trim_start(), &["题", "个问题", "道题", "问"])?;
        labelled(Some(number?), after, false)
    });
    counted.or_else(|| {
        let long = word(text, "question").or_else(|| any(text, &["问题", "题目"]));
        let short = || word(text, "q").or_else(|| text.strip_prefix('题'));
        let rest = long.or_else(short)?;
        let (number, after) = number(rest.trim_start_matches([' ', '.', '#']));
        if number.is_some() {
            return labelled(number, after, long.is_none());
        }
        (long.is_some() && rest.trim_start().starts_with(':'))
            .then(|| labelled(None, rest, false))?
    })
}

/// A label, unless its number goes on: `Question 2b`, `Q4_0`, `Q4/Q8`, `Q2.5` are none.
fn labelled(number: Option<usize>, rest: &str, short: bool) -> Option<Label<'_>> {
    let mut follows = rest.chars();
    let first = follows.next();
    let letter = |c: char| c.is_alphabetic() && !c.is_ascii() && !short;
    let ends = |c: char| c.is_whitespace() || AFTER.contains(c) || letter(c);
    let goes_on = |c: char| if short { c.is_alphanumeric() } else { c.is_ascii_digit() };
    let dotted = matches!(first, Some('.' | '-')) && follows.next().is_some_and(goes_on);
    if dotted || !first.is_none_or(ends) {
        return None;
    }
    let follows = rest.trim_start().chars().next();
    let ends = follows.is_none_or(|c| !c.is_alphabetic());
    Some(Label { number, rest, ends, short })
}

fn word<'a>(text: &'a str, word: &str) -> Option<&'a str> {
    let (head, rest) = text.split_at_checked(word.len())?;
    head.eq_ignore_ascii_case(word).then_some(rest)
}

fn any<'a>(text: &'a str, words: &[&str]) -> Option<&'a str> {
    words.iter().find_map(|word| text.strip_prefix(word))
}

/// A number in digits or Chinese numerals (below a hundred), and what follows it.
fn number(text: &str) -> (Option<usize>, &str) {
    let digits = text.len() - text.trim_start_matches(|c: char| c.is_ascii_digit()).len();
    if digits > 0 {
        return (text[..digits].parse().ok(), &text[digits..]);
    }
    let rest = text.trim_start_matches(|c| numeral(c).is_some());
    (chinese(&text[..text.len() - rest.len()]), rest)
}

fn numeral(c: char) -> Option<usize> {
    "零一二三四五六七八九十".chars().position(|other| other == c)
}

fn chinese(text: &str) -> Option<usize> {
    let digits: Vec<usize> = text.chars().filter_map(numeral).collect();
    match digits[..] {
        [digit] => Some(digit),
        [10, ones] => Some(10 + ones),
        [tens, 10] => Some(10 * tens),
        [tens, 10, ones] => Some(10 * tens + ones),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn questions_are_counted_in_two_languages() {
        for (text, number, rest) in [
            ("Question 2: x", Some(2), ": x"),
            ("question #12", Some(12), ""),
            ("Q3. x", Some(3), ". x"),
            ("Question: x", None, ": x"),
            ("问题 2", Some(2), ""),
            ("问题二:x", Some(2), ":x"),
            ("第十二题", Some(12), ""),
            ("第 2 题 x", Some(2), " x"),
            ("第二个问题", Some(2), ""),
            ("题 2", Some(2), ""),
            ("题目二十", Some(20), ""),
            ("题目:x", None, ":x"),
        ] {
            let label = read(text).unwrap_or_else(|| panic!("{text}"));
            assert_eq!((label.number, label.rest), (number, rest), "{text}");
        }
        for text in [
            "Questions: a/b",
            "Question",
            "Question 2b",
            "Queue 2",
            "Q",
            "第二",
            "题外话",
            "Q4_0",
            "Q4/Q8",
            "Q4_K_M/Q5_K_M",
            "Q2.5-x",
            "Q4-K",
            "Q8+",
            "Q2的",
            "Question 2/3",
            "Question 2.1",
        ] {
            assert_eq!(read(text), None, "{text}");
        }
        assert!(!read("Question 2 is easy").unwrap().ends);
        assert!(!read("问题二的回答").unwrap().ends);
        assert!(read("Question 2 - x").unwrap().ends);
    }
}
