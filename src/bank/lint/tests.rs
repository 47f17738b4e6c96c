//! Every rule has an example that breaks it, made from one file that breaks none:
//! the template, filled in.

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;

use super::*;
use crate::bank::{TEMPLATE, read_layer};

/// What an author writes where the template says TODO, in its order.
const WRITTEN: &[(&str, &str)] = &[
    ("TODO question, at most 120 characters", "What does a page cache do, and what does it cost?"),
    ("TODO 问题，不超过 45 个字符", "页缓存有什么作用？代价是什么？"),
    ("TODO-tag", "cache"),
    (
        "TODO model answer, 90 to 260 words. It states every must and should point in words that meet their terms.",
        EN,
    ),
    ("TODO 参考答案，150 到 450 个字符，与英文内容一致。", ZH),
    ("todo-first", "keeps-blocks"),
    ("TODO first fact", "It keeps recently read blocks in memory."),
    ("TODO 第一个事实", "它把最近读过的块留在内存里。"),
    ("TODO alias", "recently read"),
    ("TODO 别名", "最近读过"),
    ("TODO other alias", "in memory"),
    ("TODO 另一个别名", "内存"),
    ("TODO nudge that gives nothing away", "Where does a block go once it was fetched?"),
    ("TODO 不泄露答案的提示", "读完的块去了哪里？"),
    ("todo-second", "saves-access"),
    ("TODO second fact", "A second read of the same block needs no disk access."),
    ("TODO 第二个事实", "再次读取同一块时不用访问磁盘。"),
    ("TODO alias", "no disk access"),
    ("TODO 别名", "不用访问磁盘"),
    ("TODO nudge that gives nothing away", "What is saved the next time?"),
    ("TODO 不泄露答案的提示", "下一次省下了什么？"),
    ("todo-third", "takes-room"),
    ("TODO third fact", "The room that it takes is missing elsewhere."),
    ("TODO 第三个事实", "它占的空间别处就用不了。"),
    ("TODO alias", "missing elsewhere"),
    ("TODO 别名", "别处就用不了"),
    ("todo-fourth", "delays-writes"),
    ("TODO fourth fact", "Writes are delayed and flushed later."),
    ("TODO 第四个事实", "写入会推迟，稍后刷盘。"),
    ("TODO alias", "flushed later"),
    ("TODO 别名", "稍后刷盘"),
    ("todo-mistake", "first-read-faster"),
    ("TODO wrong claim", "It makes even the very first read faster."),
    ("TODO 错误说法", "它让第一次读取就更快。"),
    ("TODO what is right", "Only repeated reads gain."),
    ("TODO 正确说法", "只有重复读取才受益。"),
    ("TODO alias", "first read faster"),
    ("TODO 别名", "第一次读取就更快"),
    (
        "TODO 40 to 140 words",
        "Well, whatever has been fetched stays around in RAM for a while. So when some program wants the same stuff again it comes straight from there, and the disk stays idle. The price is the RAM itself, which nobody else can have.",
    ),
    (
        "TODO 60 到 250 个字符",
        "读过的东西会先留在内存里一阵子，别的程序再要同样的数据，就直接从那里拿，磁盘根本不用动，所以快得多。代价嘛，就是占内存，别人就没得用了，紧张的时候还得往外赶。",
    ),
    ("todo-first", "keeps-blocks"),
    ("todo-second", "saves-access"),
    ("todo-third", "takes-room"),
    (
        "TODO 40 to 140 words",
        "It is some kind of buffer that the kernel has, so that things do not have to be fetched over and over again. I believe that it lives in RAM, and I know that it can be dropped by hand, but not much more than that.",
    ),
    (
        "TODO 60 到 250 个字符",
        "就是内核里的一种缓冲吧，东西不用反复去取。我记得是在内存里的，可以手动清掉，平时看监控的时候也能看到它占了多少，具体怎么淘汰、什么时候写回，我就说不太清楚了。",
    ),
    ("todo-first", "keeps-blocks"),
    ("todo-second", "saves-access"),
    (
        "TODO 40 to 140 words",
        "The page cache is there so that a cold file opens at once. It makes even the very first read faster, because the kernel knows in advance what you will want, and it costs nothing at all, since it has memory of its own on the drive.",
    ),
    (
        "TODO 60 到 250 个字符",
        "页缓存就是让冷文件一打开就快。它让第一次读取就更快，因为内核事先知道你要读什么，而且完全没有代价，因为它用的是硬盘自己带的那块存储，和系统其他部分一点关系都没有。",
    ),
    ("todo-first", "keeps-blocks"),
    ("todo-mistake", "first-read-faster"),
    ("TODO deeper question", "When would you bypass it?"),
    ("TODO 追问", "什么时候要绕过它？"),
    ("todo-first", "keeps-blocks"),
    ("TODO paper or page", "Operating systems"),
];

const EN: &str = "A page cache sits between programs and the disk. It keeps recently read blocks in memory, so that a program that asks for the same block again is served at once: a second read needs no disk access. The gain depends on how often blocks are wanted again; a scan over a large file that is read only once gains nothing and may push out what others still need. The price is room: the pages that the cache takes are missing elsewhere, which matters when programs are short of them. Writes go to the cache as well and are flushed later, so that a crash may lose what was thought to be stored.";
const ZH: &str = "页缓存位于程序和磁盘之间，它把最近读过的块留在内存里，程序再次请求同一块时立刻就能拿到，不用访问磁盘。收益取决于数据会不会被重复读取：把一个大文件从头到尾只扫一遍得不到任何好处，还可能把别的程序仍然需要的块挤出去。代价是空间：缓存占掉的页别处就用不了，程序缺少空间的时候影响尤其明显。写入也先进缓存，稍后刷盘，所以一旦断电，看似已经保存的数据可能丢失。";

fn filled() -> String {
    let mut text = TEMPLATE.to_owned();
    for (from, to) in WRITTEN {
        assert!(text.contains(from), "{from}");
        text = text.replacen(from, to, 1);
    }
    let body = text.lines().filter(|line| !line.starts_with('#')).collect::<Vec<_>>().join("\n");
    assert!(!body.to_lowercase().contains("todo"), "{body}");
    text
}

/// The filled file with one text in place of another.
fn with(from: &str, to: &str) -> String {
    let text = filled();
    assert!(text.contains(from), "{from}");
    text.replacen(from, to, 1)
}

/// A text without what stands from one mark up to the next; to its end when that is empty.
fn cut(text: &str, from: &str, to: &str) -> String {
    let (head, rest) = text.split_once(from).unwrap();
    let tail = if to.is_empty() { "" } else { &rest[rest.find(to).unwrap()..] };
    format!("{head}{tail}")
}

/// The findings of a bank of these files.
fn findings(files: &[(&str, &str)]) -> Vec<Finding> {
    let folder = tempfile::tempdir().unwrap();
    for (name, text) in files {
        let path = folder.path().join(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text).unwrap();
    }
    check(folder.path())
}

fn check(path: &Path) -> Vec<Finding> {
    let layer = read_layer(path).unwrap();
    let mut bank = Bank::default();
    bank.add(layer.clone());
    lint(&layer, &bank)
}

fn told(text: &str) -> Vec<(Rule, Option<usize>, String)> {
    let found = findings(&[("topic/cache.toml", text)]);
    unanswered(&found).map(|f| (f.rule, f.line, f.message.clone())).collect()
}

#[test]
fn the_template_filled_in_has_no_findings() {
    assert_eq!(told(&filled()), []);
}

#[test]
fn the_template_as_it_is_can_be_loaded_and_says_what_is_to_do() {
    let found = told(TEMPLATE);
    assert!(found.iter().any(|(rule, line, _)| *rule == Rule::Placeholder && *line == Some(5)));
    assert!(found.iter().all(|(rule, ..)| *rule != Rule::Syntax), "{found:?}");
}

/// A point whose terms and claim are given.
fn point(id: &str, tier: &str, claim: &str, terms: &str) -> String {
    format!("[[points]]\nid = \"{id}\"\ntier = \"{tier}\"\nclaim = {claim}\nterms = {terms}\n\n")
}

fn before_misconceptions(insert: &str) -> String {
    with("[[misconceptions]]", &format!("{insert}[[misconceptions]]"))
}

/// Files that break a rule each; a rule of its own kind may be told beside it.
#[expect(clippy::too_many_lines, reason = "a table, a line a rule")]
fn broken() -> Vec<(Rule, String)> {
    let long = |words: usize| format!("en = \"\"\"\n{}", "word ".repeat(words));
    vec![
        (Rule::Syntax, with("difficulty = 3", "difficulty = \"3\"")),
        (Rule::UnknownTier, with("\"should\"", "\"shall\"")),
        (Rule::BadDifficulty, with("difficulty = 3", "difficulty = 6")),
        (Rule::DuplicatePoint, with("id    = \"saves-access\"", "id    = \"keeps-blocks\"")),
        (
            Rule::NoScoredPoint,
            filled().replace("\"must\"", "\"bonus\"").replace("\"should\"", "\"bonus\""),
        ),
        (
            Rule::TooManyPoints,
            before_misconceptions(
                &(0..17)
                    .map(|i| {
                        point(&format!("p{i}"), "bonus", "{ en = \"c\", zh = \"题\" }", "[[\"c\"]]")
                    })
                    .collect::<String>(),
            ),
        ),
        (Rule::EmptyTerms, with("[[\"no disk access\", ", "[[\" \", ")),
        (Rule::UnknownPoint, with("expect = { keeps-blocks", "expect = { keep-blocks")),
        (
            Rule::UnknownMisconception,
            with("misconceptions = [\"first-read-faster\"]", "misconceptions = [\"other\"]"),
        ),
        (Rule::ControlCharacter, with("\"cache\"", "\"ca\\u001bche\"")),
        (Rule::UnknownItem, with("covers     = []", "covers     = [\"1.15\"]")),
        (Rule::BadUrl, with("https://arxiv", "arxiv")),
        (Rule::Placeholder, with("Only repeated reads gain.", "TODO")),
        (
            Rule::BadAllow,
            with("covers     = []", "allow = [{ rule = \"bad-url\", reason = \"r\" }]"),
        ),
        (Rule::MissingLanguage, with("{ en = \"When would you bypass it?\", zh", "{ zh")),
        (Rule::TitleLength, with("What does a page", &format!("What {}", "does ".repeat(24)))),
        (Rule::ReferenceLength, with("en = \"\"\"\n", &long(200))),
        (Rule::ClaimLength, with("Writes are", &format!("Writes {}", "are ".repeat(60)))),
        (
            Rule::PointCount,
            cut(
                &filled(),
                "[[points]]
id    = \"delays-writes\"",
                "[[misconceptions]]",
            ),
        ),
        (Rule::NoMust, filled().replace("\"must\"", "\"should\"")),
        (Rule::TierOrder, with("\"bonus\"", "\"must\"")),
        (
            Rule::CompoundPoint,
            with("Writes are delayed and", "Writes are delayed. They are kept and"),
        ),
        (Rule::MustWithoutHint, with("hint  = { en = \"What is saved", "# { en = \"What is saved")),
        (Rule::HintGivesAway, with("Where does a block go", "What stays in memory")),
        (Rule::NoSource, cut(&filled(), "[[sources]]", "")),
        (Rule::NoFollowUp, cut(&filled(), "[[follow_ups]]", "[[sources]]")),
        (Rule::MissingSample, with("\"middling\"", "\"wrong\"")),
        (Rule::SampleLevel, with("saves-access = \"met\"", "saves-access = \"partial\"")),
        (
            Rule::SampleLength,
            with(
                "So when some program wants the same stuff again it comes straight from there, and the disk stays idle.",
                "",
            ),
        ),
        (Rule::NoTerms, with("terms = [[\"flushed later\"", "# [[\"flushed later\"")),
        (Rule::DeadAlias, with("[[\"flushed later\", ", "[[\"flushed later\", \"the\", ")),
        (Rule::AliasLanguage, with("\"flushed later\", \"稍后刷盘\"", "\"flushed later\"")),
        (Rule::ReferenceMissesPoint, with("are missing elsewhere", "are taken")),
        (Rule::ClaimMissesTerms, with("Writes are delayed and flushed later", "Writes come last")),
        (
            Rule::MetByTitle,
            with("[[\"missing elsewhere\", ", "[[\"cost\", \"missing elsewhere\", "),
        ),
        (
            Rule::MetByMisconception,
            with("[[\"no disk access\", ", "[[\"faster\", \"no disk access\", "),
        ),
        (
            Rule::MetByWrongSample,
            with("[[\"no disk access\", ", "[[\"at once\", \"no disk access\", ")
                .replace("since it has memory", "read at once, since it has memory")
                .replace("opens at once. It", "opens at once and it"),
        ),
        (Rule::MisconceptionMissesTerms, with("[[\"first read faster\", ", "[[\"cold start\", ")),
        (
            Rule::MisconceptionInReference,
            with("[[\"first read faster\", ", "[[\"first read faster\", \"needs no disk\", "),
        ),
        (
            Rule::OverlappingPoints,
            with("[[\"no disk access\", ", "[[\"blocks\", \"block\", \"no disk access\", ")
                .replace("[[\"recently read\", ", "[[\"read\", \"recently read\", ")
                .replace("[\"in memory\", ", "[\"block\", \"in memory\", "),
        ),
        (Rule::ZhPunctuation, with("写入会推迟，稍后", "写入会推迟,稍后")),
        (Rule::ZhSpacing, with("什么时候要绕过它", "什么时候用 Direct IO绕过它")),
        (Rule::EnPunctuation, with("When would you bypass it?", "When would you bypass it？")),
        (Rule::Naming, with("\"cache\"", "\"Page_Cache\"")),
        (
            Rule::UnusedAllow,
            with("covers     = []", "allow = [{ rule = \"naming\", reason = \"r\" }]"),
        ),
    ]
}

/// A plan with these questions.
fn plan(questions: &str) -> String {
    format!("title = {{ en = \"T\", zh = \"题\" }}\nminutes = 30\nquestions = [\n{questions}\n]\n")
}

fn broken_banks() -> Vec<(Rule, Vec<Finding>)> {
    let good = filled();
    let bank = |name: &str, text: &str| findings(&[("topic/cache.toml", &good), (name, text)]);
    let other = good.replace("first-read-faster", "very-first-read");
    let loose = with("[[\"flushed later\", ", "[[\"served at once\", \"flushed later\", ");
    let many: Vec<(String, String)> = (0..8)
        .map(|i| (format!("topic/q{i}.toml"), good.replace("page cache", &format!("cache {i}"))))
        .collect();
    let many: Vec<(&str, &str)> = many
        .iter()
        .map(|(name, text)| (name.as_str(), text.as_str()))
        .chain([("topic/loose.toml", loose.as_str())])
        .collect();
    vec![
        (Rule::Unreadable, bank("topic/large.toml", &"#".repeat(1_000_001))),
        (Rule::BadId, bank("topic/Upper Case.toml", &good)),
        (Rule::DuplicateId, bank("topic/other.toml", &format!("was = [\"topic/cache\"]\n{other}"))),
        (Rule::BadPlan, bank("plans/p.toml", &plan("\"topic/cache\",").replace("30", "0"))),
        (Rule::UnknownPlanQuestion, bank("plans/p.toml", &plan("\"topic/cash\","))),
        (Rule::UnknownPlanWord, bank("plans/p.toml", &plan("{ topic = \"tropic\" },"))),
        (Rule::ShortPlanPick, bank("plans/p.toml", &plan("{ topic = \"topic\", count = 2 },"))),
        (Rule::NearDuplicate, bank("topic/other.toml", &other)),
        (Rule::StrayFile, bank("stray.toml", &good)),
        (Rule::LooseTerms, findings(&many)),
    ]
}

#[test]
fn every_rule_has_an_example_that_breaks_it() {
    let mut shown = BTreeSet::new();
    let single =
        broken().into_iter().map(|(rule, text)| (rule, findings(&[("topic/cache.toml", &text)])));
    for (rule, found) in single.chain(broken_banks()) {
        let own: Vec<_> = found.iter().filter(|finding| finding.rule == rule).collect();
        assert!(!own.is_empty(), "{rule} is not found, but {found:#?}");
        let placed = own.iter().all(|finding| {
            finding.line.is_some()
                || matches!(rule, Rule::Unreadable | Rule::BadId | Rule::StrayFile)
        });
        assert!(placed, "{own:#?}");
        shown.insert(rule);
    }
    let missing: Vec<_> = Rule::ALL.iter().filter(|rule| !shown.contains(rule)).collect();
    assert_eq!(missing, [] as [&Rule; 0]);
}

#[test]
fn a_finding_names_the_line_of_what_it_is_about() {
    let text = with("写入会推迟，稍后", "写入会推迟,稍后");
    let line = 1 + text.lines().position(|line| line.contains("写入会推迟,稍后")).unwrap();
    assert_eq!(told(&text)[0].1, Some(line));
    let text = with("挤出去。代价", "挤出去.代价").replace("拿到，不用", "拿到，\n不用");
    let line = 1 + text.lines().position(|line| line.contains("挤出去.")).unwrap();
    let found = told(&text);
    assert_eq!((found[0].0, found[0].1), (Rule::ZhPunctuation, Some(line)));
}

#[test]
fn a_warning_is_answered_with_a_reason_and_an_error_is_not() {
    let allow = |rule: &str, reason: &str| {
        with(
            "covers     = []",
            &format!("allow = [{{ rule = \"{rule}\", reason = \"{reason}\" }}]"),
        )
    };
    let answered = allow("tier-order", "the order of events").replace("\"bonus\"", "\"must\"");
    let answered = answered.replacen(
        "terms = [[\"flushed",
        "hint = { en = \"h\", zh = \"示\" }\nterms = [[\"flushed",
        1,
    );
    let found = findings(&[("topic/cache.toml", &answered)]);
    assert_eq!(
        found.iter().map(|f| f.rule).collect::<Vec<_>>(),
        [Rule::TierOrder, Rule::SampleLevel]
    );
    assert_eq!(found[0].answer.as_deref(), Some("the order of events"));
    assert!(told(&allow("nonsense", "r"))[0].2.contains("no rule \"nonsense\""));
    assert!(told(&allow("naming", " "))[0].2.contains("give the reason"));
    assert!(told(&allow("bad-url", "r"))[0].2.contains("has to be mended"));
}

#[test]
fn a_bank_of_one_language_is_told_once_a_question() {
    let mut text = String::new();
    for line in filled().lines().filter(|line| !line.starts_with('#')) {
        let line = line.split(", zh = ").next().unwrap();
        text.push_str(line);
        text.push_str(if line.contains("{ en = ") { " }\n" } else { "\n" });
    }
    let (head, tail) = text.split_once("zh = \"\"\"").unwrap();
    let text = format!("{head}{}", tail.split_once("\"\"\"").unwrap().1);
    let found = told(&text);
    let languages: Vec<_> =
        found.iter().filter(|(rule, ..)| *rule == Rule::MissingLanguage).collect();
    assert_eq!(languages.len(), 1, "{found:#?}");
    assert!(languages[0].2.contains("in en alone"));
}

#[test]
fn a_negated_alias_meets_nothing() {
    let negated =
        with("It makes even the very first read faster.", "It is not faster at first read faster.")
            .replace("[[\"no disk access\", ", "[[\"faster at\", \"no disk access\", ");
    let found = told(&negated);
    assert!(found.iter().all(|(rule, ..)| *rule != Rule::MetByMisconception), "{found:?}");
}

#[test]
fn lines_of_a_jsonl_bank_are_told() {
    let folder = tempfile::tempdir().unwrap();
    let line = r#"{"id":"a/b","title":{"en":"T"},"reference":{"en":"R"}}"#;
    let path = folder.path().join("bank.jsonl");
    fs::write(&path, format!("\n{line}\n")).unwrap();
    let found = check(&path);
    assert!(!found.is_empty() && found.iter().all(|finding| finding.line == Some(2)), "{found:#?}");
}
