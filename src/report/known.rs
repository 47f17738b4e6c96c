//! What an earlier report is known by, so that nothing else is ever written over.
//!
//! Each format begins with something of its own; no other file of a user is likely to
//! begin so. It looks at the first bytes alone: what somebody has added to a report does
//! not make it another file (docs/reports.md says so).

/// Bytes of a file in which it shows whether it is a report.
pub const HEAD: usize = 2 << 10;

/// Which page of a report begins with these bytes; none when it is no report.
pub fn page_in(head: &[u8]) -> Option<u64> {
    let head = String::from_utf8_lossy(head);
    let is_page = |begin: &str| head.starts_with(begin);
    if is_page("<!DOCTYPE html>") {
        let (_, rest) = head.split_once("<meta name=\"generator\" content=\"viva, page ")?;
        return rest.split_once('"')?.0.parse().ok();
    }
    let is_whole = is_page("\u{feff}\"row\",\"id\",\"candidate\",\"question\",\"score\"")
        || (is_page("<?xml") && head.contains("<testsuite id=\"0\" package=\"viva\""))
        || head.lines().take(3).skip(1).any(counts_answers);
    is_whole.then_some(1)
}

/// Whether a line begins with the counts that text and Markdown have below the title.
fn counts_answers(line: &str) -> bool {
    let line = line.strip_prefix("- ").unwrap_or(line);
    let rest = line.trim_start_matches(|c: char| c.is_ascii_digit() || c == ',');
    let named = [" answers · ", " answer · ", " 个回答 · "];
    rest.len() < line.len() && named.iter().any(|name| rest.starts_with(name))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_a_report_is_known_as_one() {
        for report in
            ["run.html", "run.zh.html", "run.md", "run.csv", "run.xml", "run.txt", "run.zh.txt"]
        {
            let path = format!("{}/tests/fixtures/report/{report}", env!("CARGO_MANIFEST_DIR"));
            let text = std::fs::read(path).unwrap();
            assert_eq!(page_in(&text[..text.len().min(HEAD)]), Some(1), "{report}");
        }
        let others = [
            "",
            "# Thesis\n\n- 12 answers to life\n",
            "<!DOCTYPE html>\n<meta name=\"generator\" content=\"other\">",
            "<?xml version=\"1.0\"?>\n<testsuites/>",
            "\u{feff}\"id\",\"candidate\",\"question\",\"score\"",
            include_str!("../../tests/fixtures/report/run.jsonl"),
        ];
        for other in others {
            assert_eq!(page_in(other.as_bytes()), None, "{other}");
        }
    }
}
