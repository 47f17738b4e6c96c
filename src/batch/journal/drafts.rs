//! Points drafted in a run, so that every answer to a reference meets the same ones.
//!
//! A line a reference, only ever appended: in the journal's folder for the next
//! command, or in a file without a name for a run that keeps nothing. A
//! reference that got no points stands there with the reason, so that it is not
//! tried again by the same command; the next one does. Invariant: the first
//! draft of a reference stands.

use std::fs::File;
use std::io::{self, BufRead, BufReader};
use std::os::unix::fs::FileExt;
use std::path::Path;
use std::sync::{Mutex, MutexGuard, PoisonError};

use serde::{Deserialize, Serialize};

use super::index::Index;
use super::table::{Home, Value};
use crate::batch::resolve::Key;
use crate::batch::seen::key_of;
use crate::domain::Point;

/// The drafts of a run.
#[derive(Debug)]
pub(in crate::batch) struct DraftFile(Mutex<Inner>);

#[derive(Debug)]
struct Inner {
    home: Home,
    /// None until the first draft.
    file: Option<File>,
    places: Index<Place>,
    end: u64,
    is_synced: bool,
}

/// What came of a reference: points, or the reason why there are none.
pub(in crate::batch) type Draft = Result<Vec<Point>, String>;

#[derive(Serialize, Deserialize)]
struct Line {
    /// Hash of the reference.
    reference: String,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    points: Vec<Point>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    error: Option<String>,
}

/// Where a line stands.
#[derive(Debug, Clone, Copy)]
struct Place {
    offset: u64,
    length: u32,
}

impl DraftFile {
    /// Those of the journal in `folder`; a torn last line is cut off.
    pub(super) fn open(folder: &Path) -> io::Result<Self> {
        let path = folder.join("drafts.jsonl");
        let file = match File::options().read(true).write(true).open(&path) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => None,
            file => Some(file?),
        };
        let drafts = Self::new(Home::Named(path), file, folder)?;
        let inner = drafts.inner();
        inner.file.as_ref().map_or(Ok(()), |file| file.set_len(inner.end))?;
        drop(inner);
        Ok(drafts)
    }

    /// The same to look at.
    pub(super) fn look(folder: &Path, scratch: &Path) -> io::Result<Self> {
        let file = match File::open(folder.join("drafts.jsonl")) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => None,
            file => Some(file?),
        };
        Self::new(Home::Nameless(scratch.to_owned()), file, scratch)
    }

    /// None yet, in a file without a name, made in `scratch` for the first.
    pub(in crate::batch) fn nameless(scratch: &Path) -> Self {
        let (home, places) = (Home::Nameless(scratch.to_owned()), Index::new(scratch));
        Self(Mutex::new(Inner { home, file: None, places, end: 0, is_synced: true }))
    }

    fn new(home: Home, file: Option<File>, scratch: &Path) -> io::Result<Self> {
        let mut places = Index::new(scratch);
        let end = file.as_ref().map_or(Ok(0), |file| read(file, &mut places))?;
        Ok(Self(Mutex::new(Inner { home, file, places, end, is_synced: true })))
    }

    fn inner(&self) -> MutexGuard<'_, Inner> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// What came of a reference, by its hash; none when it is not known, or damaged.
    pub(in crate::batch) fn get(&self, reference: &str) -> io::Result<Option<Draft>> {
        self.inner().get(reference)
    }

    /// Notes what came of a reference, unless that is known.
    pub(in crate::batch) fn put(&self, reference: &str, draft: &Draft) -> io::Result<()> {
        let (points, error) = match draft {
            Ok(points) => (points.clone(), None),
            Err(why) => (Vec::new(), Some(why.clone())),
        };
        let mut line =
            serde_json::to_vec(&Line { reference: reference.to_owned(), points, error })?;
        line.push(b'\n');
        let length = u32::try_from(line.len()).map_err(io::Error::other)?;
        let mut inner = self.inner();
        if inner.get(reference)?.is_some() {
            return Ok(());
        }
        let offset = inner.end;
        inner.file()?.write_all_at(&line, offset)?;
        inner.places.set(key_of(reference), Place { offset, length })?;
        inner.end += u64::from(length);
        inner.is_synced = false;
        Ok(())
    }

    /// Syncs what was noted since.
    pub(super) fn sync(&self) -> io::Result<()> {
        let mut inner = self.inner();
        if let (false, Some(file)) = (inner.is_synced, &inner.file) {
            file.sync_data()?;
            inner.is_synced = true;
        }
        Ok(())
    }
}

#[cfg(test)]
impl DraftFile {
    pub(super) fn is_synced(&self) -> bool {
        self.inner().is_synced
    }
}

impl Inner {
    fn get(&self, reference: &str) -> io::Result<Option<Draft>> {
        let place = self.places.get(key_of(reference))?;
        let (Some(Place { offset, length }), Some(file)) = (place, &self.file) else {
            return Ok(None);
        };
        let mut line = vec![0; usize::try_from(length).unwrap_or(0)];
        file.read_exact_at(&mut line, offset)?;
        let line = serde_json::from_slice::<Line>(&line).ok();
        let line = line.filter(|line| line.reference == reference);
        Ok(line.map(|line| line.error.map_or(Ok(line.points), Err)))
    }

    fn file(&mut self) -> io::Result<&File> {
        let file = match self.file.take() {
            Some(file) => file,
            None => self.home.file()?,
        };
        Ok(self.file.insert(file))
    }
}

/// Notes where the drafts stand; returns where the last whole line ends.
fn read(file: &File, places: &mut Index<Place>) -> io::Result<u64> {
    let mut lines = BufReader::with_capacity(1 << 16, file);
    let (mut end, mut line) = (0, Vec::new());
    while lines.read_until(b'\n', &mut line)? > 0 && line.ends_with(b"\n") {
        let length = u32::try_from(line.len()).map_err(io::Error::other)?;
        if let Some(key) = drafted(&line) {
            places.set(key, Place { offset: end, length })?;
        }
        end += u64::from(length);
        line.clear();
    }
    Ok(end)
}

/// The key of a reference that has points, by the beginning of its line.
fn drafted(line: &[u8]) -> Option<Key> {
    let rest = line.strip_prefix(b"{\"reference\":\"")?;
    let end = rest.iter().position(|byte| *byte == b'"')?;
    let whole = rest[end..].starts_with(b"\",\"points\":[") && line.ends_with(b"}\n");
    whole.then(|| std::str::from_utf8(&rest[..end]).ok().map(key_of))?
}

impl Value for Place {
    fn to_numbers(self) -> (u64, u32) {
        (self.offset, self.length)
    }

    fn of_numbers((offset, length): (u64, u32)) -> Self {
        Self { offset, length }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::{Lang, Localised, Tier};

    fn points(n: usize) -> Vec<Point> {
        let claim = Localised::single(Lang::En, format!("It depends on {n}."));
        let id = "drafted-1".to_owned();
        vec![Point { id, tier: Tier::Must, claim, terms: Vec::new(), hint: None }]
    }

    #[test]
    fn the_first_draft_of_a_reference_stands_unless_it_is_damaged() {
        let folder = tempfile::tempdir().unwrap();
        let drafts = DraftFile::open(folder.path()).unwrap();
        drafts.put("a", &Ok(points(1))).unwrap();
        drafts.put("a", &Ok(points(2))).unwrap();
        drafts.put("a", &Err("no points".to_owned())).unwrap();
        assert_eq!(drafts.get("a").unwrap(), Some(Ok(points(1))));
        drop(drafts);
        let path = folder.path().join("drafts.jsonl");
        let damaged = std::fs::read_to_string(&path).unwrap().replace("\"claim\"", "\"clame\"");
        std::fs::write(&path, damaged).unwrap();
        let drafts = DraftFile::open(folder.path()).unwrap();
        assert_eq!(drafts.get("a").unwrap(), None);
        drafts.put("a", &Ok(points(3))).unwrap();
        assert_eq!(drafts.get("a").unwrap(), Some(Ok(points(3))));
        drop(drafts);
        let drafts = DraftFile::open(folder.path()).unwrap();
        assert_eq!(drafts.get("a").unwrap(), Some(Ok(points(3))));
    }

    #[test]
    fn drafts_are_there_after_a_kill_at_any_byte_and_failures_are_forgotten() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("drafts.jsonl");
        let drafts = DraftFile::open(folder.path()).unwrap();
        assert!(!path.exists());
        let hash = |n: usize| format!("{n:016x}");
        for n in 0..6 {
            let draft = if n == 2 { Err("no points".to_owned()) } else { Ok(points(n)) };
            drafts.put(&hash(n), &draft).unwrap();
            assert_eq!(drafts.get(&hash(n)).unwrap(), Some(draft));
        }
        let whole = std::fs::read(&path).unwrap();
        for cut in 0..=whole.len() {
            std::fs::write(&path, &whole[..cut]).unwrap();
            let lines = whole[..cut].iter().filter(|byte| **byte == b'\n').count();
            let drafts = DraftFile::open(folder.path()).unwrap();
            for n in 0..6 {
                let expected = (n < lines && n != 2).then(|| Ok(points(n)));
                assert_eq!(drafts.get(&hash(n)).unwrap(), expected, "cut at {cut}, {n}");
            }
            drafts.put(&hash(7), &Ok(points(7))).unwrap();
            let again = DraftFile::open(folder.path()).unwrap();
            assert_eq!(again.get(&hash(7)).unwrap(), Some(Ok(points(7))), "cut at {cut}");
        }
    }
}
