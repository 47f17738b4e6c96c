//! A folder of answers: `CANDIDATE/<topic>/<slug>.md` or `.txt`, and answer
//! sheets that lie beside the candidates' folders.
//!
//! With one question for the whole input, the files of the folder itself are
//! the answers, each named after its candidate. Ordered by name. Follows no
//! symbolic link and opens nothing but plain files, since submissions are not
//! to be trusted; passes over what begins with a dot and what file managers
//! and Word leave behind. Holds the names of one folder on each level, no contents.

use std::ffi::OsString;
use std::fs::{self, File};
use std::io::{self, Read};
use std::path::{Path, PathBuf};
use std::vec;

use encoding_rs::Encoding;

use super::decode::{self, Decoded, Found};
use super::reach::Reach;
use super::sheet::{Sheet, Wordings};
use super::source;
use super::window::Window;
use super::{Ask, BadRow, InputError, Item, Options, Row, row};
use crate::domain::MAX_ANSWER_BYTES;

/// Levels below the folder: candidate, topic, answer.
const DEPTH: usize = 3;

pub(super) struct Folder {
    root: PathBuf,
    /// Names that are still to be visited, on each level.
    levels: Vec<vec::IntoIter<OsString>>,
    /// Names of the folders below the root that are being visited.
    place: Vec<String>,
    whole: bool,
    encoding: Option<&'static Encoding>,
    wordings: Wordings,
    /// The sheet that is being read, with its place.
    sheet: Option<(Sheet, String)>,
    count: u64,
    /// The entries of the folder itself that are done.
    reach: Reach,
}

impl Folder {
    pub(super) fn open(root: PathBuf, options: &Options) -> Result<Self, InputError> {
        if options.wide.is_some() {
            return Err(InputError::Conflict(
                "only CSV has one column a question",
                "只有 CSV 才会每题一列",
            ));
        }
        let encoding = options.encoding.as_deref().map(decode::named).transpose()?;
        let names =
            names(&root).map_err(|source| InputError::Open { path: root.clone(), source })?;
        let whole = options.whole_question;
        let wordings = options.wordings.clone();
        let reach = Reach::of(names.len() as u64);
        let (levels, place) = (vec![names], Vec::new());
        Ok(Self { root, levels, place, whole, encoding, wordings, sheet: None, count: 0, reach })
    }

    pub(super) fn reach(&self) -> Reach {
        self.reach.clone()
    }

    pub(super) fn next_item(&mut self) -> Option<Item> {
        loop {
            let item = match self.sheet.take() {
                Some((sheet, place)) => self.in_sheet(sheet, place),
                None => self.visit()?,
            };
            if let Some(item) = item {
                return Some(self.numbered(item));
            }
        }
    }

    fn numbered(&mut self, item: Item) -> Item {
        self.count += 1;
        let line = self.count;
        match item {
            Item::Row(row) => Item::Row(Row { line, ..row }),
            Item::Bad(bad) => Item::Bad(BadRow { line, ..bad }),
        }
    }

    /// Goes to the next name; the outer `None` is the end.
    #[expect(clippy::option_option, reason = "end of the walk, and a step without an item")]
    fn visit(&mut self) -> Option<Option<Item>> {
        let outermost = self.levels.len() == 1;
        let level = self.levels.last_mut()?;
        if outermost {
            self.reach.leaves(level.len() as u64);
        }
        let Some(name) = level.next() else {
            self.levels.pop();
            self.place.pop();
            return Some(None);
        };
        let Some(text) = name.to_str().map(str::to_owned) else {
            return Some(Some(self.bad(&name.to_string_lossy(), "the name is not UTF-8")));
        };
        if passed_over(&text) {
            return Some(None);
        }
        let path = self.path(&name);
        Some(match fs::symlink_metadata(&path) {
            Err(error) => Some(self.bad(&text, &error.to_string())),
            Ok(kind) if kind.is_symlink() => {
                Some(self.bad(&text, "a symbolic link is not followed: put the file itself there"))
            }
            Ok(kind) if kind.is_dir() => self.enter(text, &path),
            Ok(kind) if kind.is_file() => self.file(&text, &path),
            Ok(_) => Some(self.bad(&text, "neither a file nor a folder")),
        })
    }

    fn path(&self, name: &OsString) -> PathBuf {
        let mut path = self.root.clone();
        path.extend(&self.place);
        path.join(name)
    }

    /// The place below the root, as messages and ids show it.
    fn shown(&self, name: &str) -> String {
        let mut parts = self.place.clone();
        parts.push(name.to_owned());
        parts.join("/")
    }

    fn bad(&self, name: &str, reason: &str) -> Item {
        let file = Some(self.shown(name));
        let candidate = self.place.first().and_then(|name| row::sound_name(name));
        Item::Bad(BadRow { candidate, file, ..BadRow::new(0, None, reason) })
    }

    fn enter(&mut self, name: String, path: &Path) -> Option<Item> {
        if self.whole || self.levels.len() == DEPTH {
            let wanted = self.wanted();
            return Some(self.bad(&name, &format!("a folder where a file is expected; {wanted}")));
        }
        match names(path) {
            Err(error) => Some(self.bad(&name, &error.to_string())),
            Ok(names) => {
                self.levels.push(names);
                self.place.push(name);
                None
            }
        }
    }

    fn wanted(&self) -> &'static str {
        if self.whole {
            "answers to one question are CANDIDATE.md or .txt"
        } else {
            "answers are CANDIDATE/<topic>/<slug>.md or .txt"
        }
    }

    fn file(&mut self, name: &str, path: &Path) -> Option<Item> {
        let (stem, ending) = name.rsplit_once('.').unwrap_or((name, ""));
        if !matches!(ending, "md" | "txt" | "markdown") {
            return Some(self.bad(name, &format!("neither .md nor .txt; {}", self.wanted())));
        }
        let file = match File::open(path) {
            Ok(file) => file,
            Err(error) => return Some(self.bad(name, &error.to_string())),
        };
        let decoded = match source::no_office_file(Box::new(file)) {
            Ok(stream) => Decoded::new(stream, self.encoding),
            Err(InputError::Office(kind, _)) => {
                return Some(self.bad(name, &format!("it is {kind}: save it as text")));
            }
            Err(error) => return Some(self.bad(name, &error.to_string())),
        };
        match (&self.place[..], self.whole) {
            ([], true) => Some(self.answer(name, stem, stem, Ask::Whole, decoded)),
            ([candidate, topic], false) => {
                let question = format!("{topic}/{stem}");
                let candidate = candidate.clone();
                Some(self.answer(name, stem, &candidate, Ask::Question(question), decoded))
            }
            ([], false) if ending != "txt" => {
                let found = decoded.found();
                let window = Window::new(Box::new(decoded));
                let sheet = Sheet::new(window, stem.to_owned(), found, self.wordings.clone());
                self.sheet = Some((sheet, self.shown(name)));
                None
            }
            _ => Some(self.bad(name, &format!("not at its place; {}", self.wanted()))),
        }
    }

    fn answer(&self, name: &str, stem: &str, candidate: &str, ask: Ask, file: Decoded) -> Item {
        let found = file.found();
        let id = self.shown(stem);
        let text = match read(file, &found) {
            Ok(text) => text,
            Err(reason) => {
                let Item::Bad(bad) = self.bad(name, &reason) else { unreachable!("bad makes one") };
                let candidate = row::sound_name(candidate);
                return Item::Bad(BadRow { id: Some(id), candidate, ..bad });
            }
        };
        let row = row::placed(0, id, candidate.to_owned(), ask, text);
        in_file(row.map_or_else(Item::Bad, Item::Row), self.shown(name))
    }

    fn in_sheet(&mut self, mut sheet: Sheet, place: String) -> Option<Item> {
        let item = match sheet.next_item() {
            Ok(item) => item?,
            Err(error) => {
                return Some(in_file(Item::Bad(BadRow::new(0, None, error.to_string())), place));
            }
        };
        let (Item::Row(Row { line, .. }) | Item::Bad(BadRow { line, .. })) = item;
        let file = format!("{place}, line {line}");
        self.sheet = Some((sheet, place));
        Some(in_file(item, file))
    }
}

fn in_file(item: Item, file: String) -> Item {
    let file = Some(file);
    match item {
        Item::Row(row) => Item::Row(Row { file, ..row }),
        Item::Bad(bad) => Item::Bad(BadRow { file, ..bad }),
    }
}

/// The text of a file, no longer than an answer may be.
fn read(file: Decoded, found: &Found) -> Result<String, String> {
    let mut bytes = Vec::new();
    let limit = MAX_ANSWER_BYTES as u64 + 1;
    file.take(limit).read_to_end(&mut bytes).map_err(|error| error.to_string())?;
    if bytes.len() > MAX_ANSWER_BYTES {
        return Err(format!("longer than {MAX_ANSWER_BYTES} bytes, the most that is graded"));
    }
    String::from_utf8(bytes)
        .map_err(|error| row::not_text("the answer", error.as_bytes(), found.name()))
}

/// The names in a folder, ordered.
fn names(folder: &Path) -> io::Result<vec::IntoIter<OsString>> {
    let names = fs::read_dir(folder)?.map(|entry| entry.map(|entry| entry.file_name()));
    let mut names: Vec<OsString> = names.collect::<Result<_, _>>()?;
    names.sort_unstable();
    Ok(names.into_iter())
}

fn passed_over(name: &str) -> bool {
    name.starts_with('.')
        || name.starts_with("~$")
        || matches!(name, "__MACOSX" | "Thumbs.db" | "desktop.ini")
}
