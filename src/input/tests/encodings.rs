//! Encodings and packings: the same rows as from plain UTF-8.

use std::fmt::Write as _;
use std::io::Write as _;

use encoding_rs::{GB18030, WINDOWS_1252};

use super::*;

fn table() -> String {
    let mut text = "id,question_id,answer,备注\r\n".to_owned();
    for index in 0..1000 {
        let _ = writeln!(
            text,
            "r{index},attention/mqa,\"所有查询头共享一组键和值，\n缓存是原来的 1/{index}；𠮷 café\",第{index}位\r"
        );
    }
    text
}

fn utf16(text: &str, big: bool) -> Vec<u8> {
    text.encode_utf16()
        .flat_map(|unit| if big { unit.to_be_bytes() } else { unit.to_le_bytes() })
        .collect()
}

fn named(encoding: &str) -> Options {
    Options { encoding: Some(encoding.to_owned()), ..Options::default() }
}

#[test]
fn every_encoding_gives_the_same_rows_as_utf8() {
    let text = table();
    let plain = read(text.clone(), "a.csv");
    assert!(plain.iter().all(|item| matches!(item, Item::Row(_))) && plain.len() == 1000);
    let (gb, _, lossy) = GB18030.encode(&text);
    assert!(!lossy);
    let marked = |big| utf16(&format!("\u{feff}{text}"), big);
    for (name, bytes, options) in [
        ("UTF-8", format!("\u{feff}{text}").into_bytes(), Options::default()),
        ("UTF-16LE", marked(false), Options::default()),
        ("UTF-16BE", marked(true), Options::default()),
        ("UTF-16LE", utf16(&text, false), Options::default()),
        ("UTF-16BE", utf16(&text, true), Options::default()),
        ("UTF-16BE", marked(true), named("utf-16")),
        ("gb18030", gb.to_vec(), Options::default()),
        ("gb18030", gb.to_vec(), named("GB18030")),
        ("GBK", gb.to_vec(), named("gbk")),
    ] {
        let mut reader = opened(bytes.clone(), "a.csv", &options).unwrap();
        let items: Vec<_> = reader.by_ref().map(Result::unwrap).collect();
        assert_eq!(reader.encoding(), name);
        assert!(items == plain, "{name}");
        assert!(slowly(&bytes, 7, "a.csv", &options) == plain, "{name}");
    }
}

#[test]
fn utf16_without_a_mark_is_told_by_its_zero_bytes_also_when_it_begins_in_chinese() {
    let options =
        Options { map: vec![("answer".to_owned(), "答案".to_owned())], ..named("utf-8") };
    let plain_options = Options { encoding: None, ..options.clone() };
    for head in ["答案,question_id,备注", "备注,答案,question_id", "question_id,答案,一一"]
    {
        let row = |n: usize| match head.split(',').position(|name| name == "答案").unwrap() {
            0 => format!("所有查询头共享一组键和值{n},t/s,\r\n"),
            _ if head.starts_with('备') => {
                format!("一,\"一一一共享一组键和值，缓存变小\n{n}\",t/s\r\n")
            }
            _ => format!("t/s,所有查询头共享一组键和值{n},一\r\n"),
        };
        for count in [1, 2000] {
            let text = format!("{head}\r\n{}", (0..count).map(row).collect::<String>());
            let plain = read_with(text.clone(), "a.csv", &options);
            assert!(plain.iter().all(|item| matches!(item, Item::Row(_))) && plain.len() == count);
            for big in [false, true] {
                let bytes = utf16(&text, big);
                assert!(read_with(bytes, "a.csv", &plain_options) == plain, "{head} {big}");
            }
        }
    }
}

#[test]
fn stray_zero_bytes_are_no_utf16() {
    for encoding in [encoding_rs::UTF_8, GB18030] {
        let mut bytes = encoding.encode(&table()).0.into_owned();
        for at in [2500, 5001, 9000, 9003] {
            let space = bytes[at..].iter().position(|byte| *byte == b'1').unwrap();
            bytes[at + space] = 0;
        }
        let mut reader = opened(bytes, "a.csv", &Options::default()).unwrap();
        assert_eq!(reader.by_ref().map(Result::unwrap).count(), 1000);
        assert_eq!(reader.encoding(), encoding.name());
    }
}

#[test]
fn jsonl_and_sheets_may_be_utf16_too() {
    let line = "{\"question_id\":\"t/s\",\"answer\":\"共享\"}\n";
    assert_eq!(read(utf16(&format!("\u{feff}{line}"), false), "a.jsonl"), read(line, "a.jsonl"));
    let (gb, ..) = GB18030.encode(line);
    assert_eq!(read_with(gb.to_vec(), "a.jsonl", &named("gb18030")), read(line, "a.jsonl"));
    let sheet = "# 答题卷\n\n姓名：安\n\n## 问题 1：`t/s`\n\n> 为什么？\n\n因为共享。\n";
    let (gb, ..) = GB18030.encode(sheet);
    for bytes in [utf16(&format!("\u{feff}{sheet}"), true), gb.to_vec()] {
        assert_eq!(read(bytes, "a.md"), read(sheet, "a.md"));
    }
}

#[test]
fn one_bad_row_changes_no_encoding() {
    for encoding in [encoding_rs::UTF_8, GB18030] {
        for (at, wrong) in [(1, &b"\xff\xff"[..]), (500, b"\x81"), (3, b"caf\xe9 \xff")] {
            let mut bytes = Vec::new();
            for (index, line) in table().replace("，\n", "，").lines().enumerate() {
                bytes.extend_from_slice(&encoding.encode(line).0);
                if index == at {
                    bytes.extend_from_slice(wrong);
                }
                bytes.extend_from_slice(b"\r\n");
            }
            let (rows, bads) = split(read(bytes, "a.csv"));
            assert_eq!((rows.len(), bads.len()), (999, 1), "{} {at}", encoding.name());
            assert_eq!(bads[0].line, at as u64 + 1);
            let said = format!("column \"备注\" is not {}", encoding.name());
            assert!(bads[0].reason.starts_with(&said), "{}", bads[0].reason);
        }
    }
}

#[test]
fn an_encoding_that_must_be_named_is_never_guessed() {
    let text = "question_id,answer\nt/s,“It’s the café’s naïve façade”\n".repeat(3);
    let text = text.replacen("question_id,answer", "id,x", 0);
    let (latin, ..) = WINDOWS_1252.encode(&text);
    let (_, bads) = split(read(latin.to_vec(), "a.csv"));
    assert_eq!(bads.len(), 3);
    assert!(bads[0].reason.contains("--encoding"), "{}", bads[0].reason);
    let items = read_with(latin.to_vec(), "a.csv", &named("windows-1252"));
    let answer = good(items.into_iter().next().unwrap()).answer;
    assert_eq!(answer, "“It’s the café’s naïve façade”");
}

#[test]
fn an_encoding_shows_itself_late() {
    let mut text = "question_id,answer\n".to_owned();
    text.push_str(&"t/s,plain\n".repeat(20_000));
    text.push_str(&"t/s,所有查询头共享一组键和值\n".repeat(3));
    let (gb, ..) = GB18030.encode(&text);
    assert!(read(gb.to_vec(), "a.csv") == read(text.clone(), "a.csv"));
}

pub(super) fn gzip(bytes: &[u8]) -> Vec<u8> {
    let mut packer = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
    packer.write_all(bytes).unwrap();
    packer.finish().unwrap()
}

pub(super) fn zstd(bytes: &[u8]) -> Vec<u8> {
    ruzstd::encoding::compress_to_vec(bytes, ruzstd::encoding::CompressionLevel::Fastest)
}

#[test]
fn gzip_and_zstd_give_the_same_rows() {
    let text = table();
    let plain = read(text.clone(), "a.csv");
    let (first, second) = text.as_bytes().split_at(text.len() / 2);
    let skippable = [&[0x50, 0x2a, 0x4d, 0x18, 3, 0, 0, 0][..], b"abc"].concat();
    let gzip_twice = [gzip(first), gzip(second)].concat();
    let zstd_twice = [zstd(first), skippable.clone(), zstd(second), skippable].concat();
    for (name, bytes) in [
        ("a.csv.gz", gzip(text.as_bytes())),
        ("a.csv.gz", gzip_twice.clone()),
        ("A.CSV.ZST", zstd(text.as_bytes())),
        ("a.csv.zst", zstd_twice.clone()),
        ("", gzip_twice),
        ("", zstd_twice),
        ("a.csv.gz", gzip(&utf16(&format!("\u{feff}{text}"), false))),
    ] {
        assert!(read(bytes.clone(), name) == plain, "{name}");
        assert!(slowly(&bytes, 11, name, &Options::default()) == plain, "{name}");
    }
}

#[test]
fn damage_to_a_packing_ends_the_input_with_an_error() {
    for (name, bytes) in
        [("a.csv.gz", gzip(table().as_bytes())), ("a.csv.zst", zstd(table().as_bytes()))]
    {
        let cut = bytes[..bytes.len() - 9].to_vec();
        let mut flipped = bytes.clone();
        let last = flipped.len() - 2;
        flipped[last] ^= 0x55;
        for (damaged, is_cut) in [(cut, true), (flipped, false)] {
            // A short file is unpacked while its header is read.
            let Ok(mut reader) = opened(damaged, name, &Options::default()) else { continue };
            let errors: Vec<String> =
                reader.by_ref().filter_map(Result::err).map(|error| error.to_string()).collect();
            assert_eq!(errors.len(), 1, "{name}");
            let expected = if is_cut { "is cut off" } else { "is damaged" };
            assert!(errors[0].contains(expected), "{name}: {errors:?}");
            assert!(reader.next().is_none());
        }
    }
    let none = Options::default();
    assert!(error("id,answer\n", "a.csv.gz", &none).contains("the gzip file is damaged"));
    // Wherever it ends, while the header is read or behind it.
    for (name, bytes) in [
        ("a.csv.gz", gzip(b"question_id,answer\nt/s,x\n")),
        ("a.csv.zst", zstd(b"question_id,answer\nt/s,x\n")),
    ] {
        for left in 6..bytes.len() - 1 {
            let said = match opened(bytes[..left].to_vec(), name, &none) {
                Ok(mut reader) => reader.find_map(Result::err).unwrap().to_string(),
                Err(error) => format!("{:#}", anyhow::Error::from(error)),
            };
            assert!(said.contains("file is cut off: copy or download it again"), "{left}: {said}");
        }
    }
    assert!(
        error("id,answer\n", "a.csv.zst", &Options::default()).contains("zstd file is damaged")
    );
}
