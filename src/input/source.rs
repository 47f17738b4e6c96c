//! From a path or standard input to a stream of text whose form is known.
//!
//! Unpacks gzip and zstd by the name's ending (without one, as on standard input, by
//! the first bytes), decodes, and tells the form by the ending, else by the first line.
//! Reads no further than that line.

use std::fs::File;
use std::io::{self, BufRead, BufReader, ErrorKind, Read};
use std::path::{Path, PathBuf};

use flate2::bufread::MultiGzDecoder;

use super::decode::{self, Decoded, Found};
use super::reach::{Counted, Reach};
use super::window::Window;
use super::zstd::Zstd;
use super::{InputError, MAX_ROW_BYTES, Options, sheet};

/// Where an input comes from.
pub enum Source {
    /// A file or a folder.
    Path(PathBuf),
    /// Standard input.
    Stdin,
    /// A stream with the name of the file that it would be.
    Stream(Box<dyn Read + Send>, PathBuf),
}

impl Source {
    /// A path as given on the command line; `-` is standard input.
    pub fn new(path: &Path) -> Self {
        if path == Path::new("-") { Self::Stdin } else { Self::Path(path.to_owned()) }
    }
}

/// The form of an input.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Format {
    /// One JSON object a line.
    Jsonl,
    /// Rows of columns under a header.
    Csv,
    /// `CANDIDATE/<topic>/<slug>.md` or `.txt`, and answer sheets.
    Folder,
    /// A filled Markdown answer sheet.
    Sheet,
}

pub(super) enum Opened {
    Folder(PathBuf),
    Text(Text),
}

/// A stream of UTF-8 whose form is known.
pub(super) struct Text {
    pub(super) window: Window,
    pub(super) format: Format,
    /// The file's name without its ending.
    pub(super) name: String,
    pub(super) found: Found,
    pub(super) reach: Reach,
}

/// Packed bytes read at a time: they may hold very many rows, and how far the input has been
/// read is to fit the rows that have come.
const PACKED_AHEAD: usize = 4 << 10;

enum Packing {
    None,
    Gzip,
    Zstd,
}

/// The text of a file in UTF-8, unpacked and decoded as an input is.
///
/// # Errors
/// When it cannot be opened, or not be read as far as its first bytes.
pub fn text(path: &Path) -> Result<impl BufRead + use<>, InputError> {
    let file = File::open(path);
    let file = file.map_err(|source| InputError::Open { path: path.to_owned(), source })?;
    text_of(file, Some(path))
}

/// The same of an open file; without a name it is unpacked by its first bytes.
///
/// # Errors
/// When it cannot be read as far as its first bytes.
pub fn text_of(file: File, name: Option<&Path>) -> Result<impl BufRead + use<>, InputError> {
    let (stream, _) = unpacked(Box::new(file), name.map(Path::to_owned))?;
    Ok(BufReader::new(Decoded::new(stream, None)))
}

/// The text of a stream in UTF-8, from the named encoding, else from the one that is detected.
///
/// # Errors
/// When there is no encoding of that name, or it is the file of an office program.
pub fn decoded(
    stream: Box<dyn Read + Send>,
    encoding: Option<&str>,
) -> Result<impl Read + use<>, InputError> {
    let named = encoding.map(decode::named).transpose()?;
    Ok(Decoded::new(no_office_file(stream)?, named))
}

pub(super) fn open(source: Source, options: &Options) -> Result<Opened, InputError> {
    let mut reach = Reach::default();
    let (stream, path): (Box<dyn Read + Send>, _) = match source {
        Source::Stdin => (Box::new(io::stdin()), None),
        Source::Stream(stream, path) => (stream, Some(path)),
        Source::Path(path) if path.is_dir() => {
            return match options.format {
                None | Some(Format::Folder | Format::Sheet) => Ok(Opened::Folder(path)),
                Some(_) => Err(InputError::IsAFolder),
            };
        }
        Source::Path(path) => {
            let file = File::open(&path);
            let file = file.map_err(|source| InputError::Open { path: path.clone(), source })?;
            let file = Counted::new(file);
            reach = file.reach();
            (Box::new(file), Some(path))
        }
    };
    let (stream, path) = unpacked(stream, path)?;
    let named = options.encoding.as_deref().map(decode::named).transpose()?;
    let decoded = Decoded::new(stream, named);
    let found = decoded.found();
    let mut window = Window::new(Box::new(decoded));
    let format = match options.format.or_else(|| by_ending(path.as_deref())) {
        Some(format) => format,
        None => by_first_line(&mut window)?,
    };
    Ok(Opened::Text(Text { window, format, name: stem(path.as_deref()), found, reach }))
}

/// A stream of plain bytes, and the path without the ending of its packing.
fn unpacked(
    stream: Box<dyn Read + Send>,
    path: Option<PathBuf>,
) -> Result<(Box<dyn Read + Send>, Option<PathBuf>), InputError> {
    let (stream, packing) = match ending(path.as_deref()).as_deref() {
        Some("gz" | "gzip") => (stream, Packing::Gzip),
        Some("zst" | "zstd") => (stream, Packing::Zstd),
        Some(_) => (stream, Packing::None),
        None => by_first_bytes(stream)?,
    };
    let inner = path.map(|path| match packing {
        Packing::None => path,
        _ => path.with_extension(""),
    });
    let stream: Box<dyn Read + Send> = match packing {
        Packing::None => stream,
        Packing::Gzip => {
            let ahead = BufReader::with_capacity(PACKED_AHEAD, stream);
            Box::new(Gzip(MultiGzDecoder::new(ahead)))
        }
        Packing::Zstd => Box::new(Zstd::new(stream)),
    };
    Ok((no_office_file(stream)?, inner))
}

/// The stream, unless it begins as no text does but the files of office programs.
pub(super) fn no_office_file(
    stream: Box<dyn Read + Send>,
) -> Result<Box<dyn Read + Send>, InputError> {
    let (first, stream) = peeked(stream)?;
    let [en, zh] = if first.starts_with(b"PK\x03\x04") {
        [
            "a workbook (.xlsx, .ods), a Word file (.docx) or another ZIP archive",
            "工作簿（.xlsx、.ods）、Word 文件（.docx）或其他 ZIP 压缩包",
        ]
    } else if first.starts_with(&[0xd0, 0xcf, 0x11, 0xe0]) {
        ["an old workbook (.xls) or Word file (.doc)", "旧式工作簿（.xls）或 Word 文件（.doc）"]
    } else if first.starts_with(b"%PDF-") {
        ["a PDF file", "PDF 文件"]
    } else if first.starts_with(b"{\\rtf") {
        ["an RTF file", "RTF 文件"]
    } else {
        return Ok(stream);
    };
    Err(InputError::Office(en, zh))
}

/// The first bytes of a stream, and the stream with them.
fn peeked(mut stream: Box<dyn Read + Send>) -> io::Result<(Vec<u8>, Box<dyn Read + Send>)> {
    let mut first = Vec::new();
    stream.by_ref().take(5).read_to_end(&mut first)?;
    Ok((first.clone(), Box::new(io::Cursor::new(first).chain(stream))))
}

/// A decoder of gzip whose faults are said in words.
struct Gzip<R>(R);

impl<R: Read> Read for Gzip<R> {
    fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
        self.0.read(into).map_err(|error| match error.kind() {
            ErrorKind::UnexpectedEof => cut_off("gzip"),
            ErrorKind::InvalidData | ErrorKind::InvalidInput => {
                io::Error::new(error.kind(), format!("the gzip file is damaged: {error}"))
            }
            _ => error,
        })
    }
}

/// The fault of a packed file that ends too early.
pub(super) fn cut_off(packing: &str) -> io::Error {
    let words = format!("the {packing} file is cut off: copy or download it again");
    io::Error::new(ErrorKind::UnexpectedEof, words)
}

fn by_first_bytes(
    stream: Box<dyn Read + Send>,
) -> Result<(Box<dyn Read + Send>, Packing), InputError> {
    let (first, stream) = peeked(stream)?;
    let packing = match first[..] {
        [0x1f, 0x8b, ..] => Packing::Gzip,
        [0x28, 0xb5, 0x2f, 0xfd, ..] => Packing::Zstd,
        _ => Packing::None,
    };
    Ok((stream, packing))
}

fn ending(path: Option<&Path>) -> Option<String> {
    Some(path?.extension()?.to_str()?.to_ascii_lowercase())
}

fn stem(path: Option<&Path>) -> String {
    path.and_then(Path::file_stem)
        .map_or_else(|| "sheet".to_owned(), |stem| stem.to_string_lossy().into_owned())
}

fn by_ending(path: Option<&Path>) -> Option<Format> {
    match ending(path)?.as_str() {
        "jsonl" | "ndjson" => Some(Format::Jsonl),
        "csv" | "tsv" | "tab" => Some(Format::Csv),
        "md" | "markdown" => Some(Format::Sheet),
        _ => None,
    }
}

/// An object is JSONL, a heading is a sheet, a line with a delimiter is CSV.
fn by_first_line(window: &mut Window) -> Result<Format, InputError> {
    let line = first_line(window)?;
    match line.first() {
        Some(b'{') => Ok(Format::Jsonl),
        _ if is_json_array(line) => Err(InputError::JsonArray),
        _ if sheet::begins(line) => Ok(Format::Sheet),
        Some(_) if line.iter().any(|byte| b",;\t|".contains(byte)) => Ok(Format::Csv),
        Some(_) => Err(InputError::UnknownFormat),
        // Of any form, as there is nothing in it.
        None => Ok(Format::Jsonl),
    }
}

/// Whether a first line begins a list of objects, as JSON files do; one that is
/// closed and holds no object may be a single bad row.
pub(super) fn is_json_array(line: &[u8]) -> bool {
    let inside = line.strip_prefix(b"[").map(<[u8]>::trim_ascii);
    inside.is_some_and(|inside| inside.is_empty() || inside.starts_with(b"{"))
}

/// The first line that is not blank, as far as it is within the longest row.
pub(super) fn first_line(window: &mut Window) -> io::Result<&[u8]> {
    let (from, to) = loop {
        let ahead = window.ahead();
        let from = ahead.iter().position(|byte| !byte.is_ascii_whitespace());
        if let Some(from) = from {
            let length = memchr::memchr2(b'\n', b'\r', &ahead[from..]);
            if let Some(length) = length {
                break (from, from + length);
            }
        }
        let length = ahead.len();
        if length > MAX_ROW_BYTES || !window.fill()? {
            break (from.unwrap_or(length), length);
        }
    };
    Ok(&window.ahead()[from..to])
}
