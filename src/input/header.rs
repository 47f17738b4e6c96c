//! The header of a CSV file: its delimiter, and what each column means.
//!
//! Names are compared without regard to case and spacing, as people and form
//! tools vary in both. A column that is needed and missing, or there twice, is
//! an error before any row is read.

use std::collections::{HashMap, HashSet};

use super::field::{Field, Names};
use super::{InputError, shown};

/// Delimiters that are tried, the most common first.
const DELIMITERS: [u8; 4] = *b",;\t|";

/// Most columns that a file may have.
pub(super) const MAX_COLUMNS: usize = 10_000;

/// What a column is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Role {
    Field(Field),
    /// Passed through.
    Rest,
}

/// The columns of a file.
#[derive(Debug)]
pub(super) struct Header {
    /// Names as written.
    pub(super) names: Vec<String>,
    /// Names by which columns are passed through, each once.
    pub(super) keys: Vec<String>,
    pub(super) roles: Vec<Role>,
}

impl Header {
    pub(super) fn new(names: Vec<String>, fields: &Names) -> Result<Self, InputError> {
        if names.len() > MAX_COLUMNS {
            let count = names.len();
            let reason = format!("it has {count} columns; at most {MAX_COLUMNS} are read");
            return Err(InputError::BadHeader(reason));
        }
        let mut header =
            Self { keys: distinct(&names), roles: vec![Role::Rest; names.len()], names };
        let (mapped, own): (Vec<_>, Vec<_>) = fields.iter().partition(|(_, _, mapped)| *mapped);
        for (field, name, _) in mapped {
            let column = header.column(name)?;
            if header.roles[column] != Role::Rest {
                return Err(InputError::MappedTwice(name.to_owned()));
            }
            header.roles[column] = Role::Field(field);
        }
        for (field, name, _) in own {
            match header.column(name) {
                Ok(column) if header.roles[column] == Role::Rest => {
                    header.roles[column] = Role::Field(field);
                }
                Ok(_) | Err(InputError::NoColumn { .. }) => {}
                Err(error) => return Err(error),
            }
        }
        Ok(header)
    }

    /// The one column of this name.
    pub(super) fn column(&self, name: &str) -> Result<usize, InputError> {
        let exact = self.find(|column| column == name);
        let wanted = folded(name);
        let found = if exact.is_empty() { self.find(|c| folded(c) == wanted) } else { exact };
        match found[..] {
            [column] => Ok(column),
            [] => Err(InputError::NoColumn { column: name.to_owned(), header: self.list() }),
            _ => Err(InputError::AmbiguousColumn(name.to_owned())),
        }
    }

    fn find(&self, wanted: impl Fn(&str) -> bool) -> Vec<usize> {
        (0..self.names.len()).filter(|index| wanted(&self.names[*index])).collect()
    }

    pub(super) fn has(&self, field: Field) -> bool {
        self.roles.contains(&Role::Field(field))
    }

    /// All names, for a message.
    pub(super) fn list(&self) -> String {
        let names: Vec<_> =
            self.names.iter().map(|name| format!("{:?}", shown(name, 60))).collect();
        shown(&names.join(", "), 600)
    }
}

/// A name without regard to case and spacing.
fn folded(name: &str) -> String {
    let words: Vec<&str> = name.split_whitespace().collect();
    words.join(" ").to_lowercase()
}

/// Names of which none occurs twice: the second `x` is `x (2)`.
fn distinct(names: &[String]) -> Vec<String> {
    let mut taken: HashSet<String> = HashSet::new();
    let mut counts: HashMap<&str, usize> = HashMap::new();
    let mut keys = Vec::new();
    for name in names {
        let count = counts.entry(name).or_default();
        *count += 1;
        let mut key = if *count == 1 { name.clone() } else { format!("{name} ({count})") };
        while !taken.insert(key.clone()) {
            *count += 1;
            key = format!("{name} ({count})");
        }
        keys.push(key);
    }
    keys
}

/// The delimiter that a first line names itself, as Excel writes it: `sep=;`.
pub(super) fn declared(line: &[u8]) -> Option<u8> {
    match line.trim_ascii().strip_prefix(b"sep=") {
        Some([delimiter]) => Some(*delimiter),
        // Trimming takes a tab away.
        Some([]) => Some(b'\t'),
        _ => None,
    }
}

/// The delimiter of a header line: the one that yields the most of the names
/// that are looked for, among those the one that yields the most columns.
pub fn sniff(line: &[u8], wanted: &[&str]) -> u8 {
    let text = String::from_utf8_lossy(line);
    let wanted: HashSet<String> = wanted.iter().map(|name| folded(name)).collect();
    let score = |delimiter: u8| {
        let cells = cells(&text, delimiter);
        let known = cells.iter().filter(|cell| wanted.contains(&folded(cell))).count();
        (known, cells.len())
    };
    let best = DELIMITERS.into_iter().rev().max_by_key(|delimiter| score(*delimiter));
    best.unwrap_or(b',')
}

/// The cells of a header line, roughly: quotes keep a delimiter in.
fn cells(line: &str, delimiter: u8) -> Vec<String> {
    let mut cells = vec![String::new()];
    let mut quoted = false;
    for c in line.chars() {
        if c == '"' {
            quoted = !quoted;
        } else if c == char::from(delimiter) && !quoted {
            cells.push(String::new());
        } else if let Some(cell) = cells.last_mut() {
            cell.push(c);
        }
    }
    cells
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_delimiter_is_the_one_that_yields_known_names() {
        let sniff = |line: &str| sniff(line.as_bytes(), &["id", "answer"]);
        assert_eq!(sniff("id,answer"), b',');
        assert_eq!(sniff("id;answer;a,b,c,d,e"), b';');
        assert_eq!(sniff("id\tanswer"), b'\t');
        assert_eq!(sniff("ID|Answer"), b'|');
        assert_eq!(sniff("\"id\";\"answer\""), b';');
        assert_eq!(sniff("answer"), b',');
    }

    #[test]
    fn a_declared_delimiter_is_read() {
        assert_eq!(declared(b"sep=;\r"), Some(b';'));
        assert_eq!(declared(b"sep=\t"), Some(b'\t'));
        assert_eq!(declared(b"separate"), None);
    }

    #[test]
    fn columns_of_one_name_keep_their_own_keys() {
        let names = ["x", "x", "x (2)"].map(str::to_owned);
        assert_eq!(distinct(&names), ["x", "x (2)", "x (2) (2)"]);
    }
}
