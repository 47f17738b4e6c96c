//! What a file is by its first bytes, whatever it is called.

/// Bytes by which that is told.
pub(super) const FIRST: usize = 32;

/// The beginnings of files that hold no plain text, with their names in English and Chinese.
const NO_TEXT: [(&[u8], [&str; 2]); 16] = [
    (b"PK\x03\x04", ZIP),
    (b"PK\x05\x06", ZIP),
    (
        &[0xd0, 0xcf, 0x11, 0xe0],
        ["an old workbook (.xls) or Word file (.doc)", "旧式工作簿（.xls）或 Word 文件（.doc）"],
    ),
    (b"%PDF-", ["a PDF file", "一个 PDF 文件"]),
    (b"{\\rtf", ["a rich-text file (.rtf)", "一个 RTF 文件（.rtf）"]),
    (b"<!doctype html", PAGE),
    (b"<html", PAGE),
    (b"\x89PNG\r\n", IMAGE),
    (&[0xff, 0xd8, 0xff], IMAGE),
    (b"GIF87a", IMAGE),
    (b"GIF89a", IMAGE),
    (b"II*\0", IMAGE),
    (b"MM\0*", IMAGE),
    (b"Rar!\x1a", ARCHIVE),
    (b"7z\xbc\xaf\x27\x1c", ARCHIVE),
    (b"\xfd7zXZ\0", ARCHIVE),
];

const ZIP: [&str; 2] = [
    "a workbook (.xlsx, .ods), a Word file (.docx) or another ZIP archive",
    "工作簿（.xlsx、.ods）、Word 文件（.docx）或其他 ZIP 压缩包",
];
const PAGE: [&str; 2] = ["a web page (HTML)", "网页（HTML）"];
const IMAGE: [&str; 2] = ["an image", "图片"];
const ARCHIVE: [&str; 2] = ["an archive", "压缩包"];

/// What a file that begins so is, when it is no plain text; a web page also behind a
/// byte-order mark and blanks.
pub(super) fn no_text(first: &[u8]) -> Option<[&'static str; 2]> {
    let text = first.strip_prefix("\u{feff}".as_bytes()).unwrap_or(first).trim_ascii_start();
    let begins = |with: &[u8]| match with {
        [b'<', ..] => text.get(..with.len()).is_some_and(|text| text.eq_ignore_ascii_case(with)),
        _ => first.starts_with(with),
    };
    let known = NO_TEXT.iter().find(|(with, _)| begins(with)).map(|(_, name)| *name);
    known.or_else(|| in_a_container(first).then_some(IMAGE))
}

/// Images that begin with the length of what follows: WebP, HEIC, AVIF.
fn in_a_container(first: &[u8]) -> bool {
    let riff = first.starts_with(b"RIFF") && first.get(8..12) == Some(b"WEBP");
    let brands: [&[u8]; 4] = [b"ftypheic", b"ftypmif1", b"ftypavif", b"ftypheix"];
    riff || first.get(4..12).is_some_and(|brand| brands.contains(&brand))
}
