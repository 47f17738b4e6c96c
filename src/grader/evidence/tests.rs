//! What quote checking promises: near misses with their outcome, and what holds for any pair.

use proptest::prelude::*;

use super::*;

/// What a case of the table expects.
enum Want {
    /// Found by this rule, showing this text.
    Shows(Match, &'static str),
    Fault(QuoteFault),
}
use Match::{Edited, Exact, Folded as Fold, Parts};
use QuoteFault::{NotFound, OtherMeaning, TooShort};
use Want::{Fault, Shows};

const EN: &str = "In MQA all the query heads share one K/V head. They do not share the queries. \
    The cache is 8x smaller, so decoding is faster, but quality drops by 0.5 points at most. \
    We can't merge LoRA after quantization without an error. Attention costs O(n^2) time.";
const ZH: &str = "在 MQA 里，所有查询头共享一组 KV。它们不共享查询。缓存缩小 8 倍，\
    所以解码更快，但是质量会下降一点。“推测解码”用小模型起草，再由大模型验证。";

/// Answer, quote, outcome.
#[rustfmt::skip]
const TABLE: &[(&str, &str, Want)] = &[
    // Verbatim and folded.
    (EN, "share one K/V head", Shows(Exact, "share one K/V head")),
    (EN, "Share One K/V Head", Shows(Fold, "share one K/V head")),
    (EN, "ALL THE QUERY HEADS", Shows(Fold, "all the query heads")),
    (EN, "share  one\nK/V head.", Shows(Fold, "share one K/V head.")),
    (EN, "\"share one K/V head\"", Shows(Fold, "share one K/V head")),
    (EN, "- all the query heads share", Shows(Fold, "all the query heads share")),
    (EN, "**query heads** share one", Shows(Fold, "query heads share one")),
    (EN, "ｓｈａｒｅ ｏｎｅ Ｋ／Ｖ ｈｅａｄ", Shows(Fold, "share one K/V head")),
    (EN, "share\u{200b} one K/V\u{200d} head", Shows(Fold, "share one K/V head")),
    (EN, "can’t merge LoRA", Shows(Fold, "can't merge LoRA")),
    (EN, "costs O(n²) time", Shows(Fold, "costs O(n^2) time")),
    ("the “draft–verify” loop runs", "the \"draft-verify\" loop", Shows(Fold, "the “draft–verify” loop")),
    ("the answer\nspans two\r\nlines here", "answer spans two lines", Shows(Fold, "answer\nspans two\r\nlines")),
    ("uses `top_k` and `top_p` sampling", "top_k and top_p sampling", Shows(Fold, "top_k` and `top_p` sampling")),
    ("naïve cafe\u{301} attention", "naïve café attention", Shows(Fold, "naïve cafe\u{301} attention")),
    (ZH, "所有查询头共享一组 KV", Shows(Exact, "所有查询头共享一组 KV")),
    (ZH, "所有查询头共享一组KV", Shows(Fold, "所有查询头共享一组 KV")),
    (ZH, "在MQA里,所有查询头", Shows(Fold, "在 MQA 里，所有查询头")),
    (ZH, "「推测解码」用小模型起草", Shows(Fold, "“推测解码”用小模型起草")),
    (ZH, "所有 查询头 共享一组 ＫＶ。", Shows(Fold, "所有查询头共享一组 KV。")),
    // Escapes.
    ("it prints \"a b\"\nthen stops", "prints \\\"a b\\\"\\nthen stops", Shows(Exact, "prints \"a b\"\nthen stops")),
    (r"loss is \frac{1}{n}\sum x", r"loss is \\frac{1}{n}\\sum x", Shows(Exact, r"loss is \frac{1}{n}\sum x")),
    (r"loss is \frac{1}{n} with \beta one", "loss is \u{c}rac{1}{n} with \u{8}eta", Shows(Exact, r"loss is \frac{1}{n} with \beta")),
    (r"if (s == '\n') return next;", r"if (s == '\\n') return next", Shows(Exact, r"if (s == '\n') return next")),
    ("共享一组键值缓存", r"\u5171\u4eab\u4e00\u7ec4\u952e\u503c", Shows(Exact, "共享一组键值")),
    ("hidden\u{200b}space between words", r"hidden\u{200B}space between", Shows(Exact, "hidden\u{200b}space between")),
    // Slips that change nothing.
    (EN, "all of the query heads share one K/V head", Shows(Edited, "all the query heads share one K/V head")),
    (EN, "all query heads share one K/V head", Shows(Edited, "all the query heads share one K/V head")),
    (EN, "the query heads shares one K/V head", Shows(Edited, "the query heads share one K/V head")),
    (EN, "cannot merge LoRA after quantisation", Shows(Edited, "can't merge LoRA after quantization")),
    ("the atention layers need a causal mask", "the attention layers need a causal mask", Shows(Edited, "the atention layers need a causal mask")),
    ("pre-training uses next-token prediction", "pretraining uses next-token prediction", Shows(Edited, "pre-training uses next-token prediction")),
    (ZH, "所有的查询头共享一组 KV", Shows(Edited, "所有查询头共享一组 KV")),
    (ZH, "用小模型来起草，再由大模型验证", Shows(Edited, "用小模型起草，再由大模型验证")),
    // Negation lost or added.
    (EN, "They do share the queries", Fault(NotFound)),
    (EN, "the query heads do not share one K/V head", Fault(NotFound)),
    (EN, "We can merge LoRA after quantization", Fault(OtherMeaning)),
    (EN, "merge LoRA after quantization with an error", Fault(OtherMeaning)),
    (EN, "They never share the queries", Fault(NotFound)),
    ("models unaware of padding tokens fail", "models aware of padding tokens", Fault(OtherMeaning)),
    ("a non-causal mask is used there", "a causal mask is used there", Fault(OtherMeaning)),
    (ZH, "它们共享查询", Fault(OtherMeaning)),
    (ZH, "所有查询头不共享一组 KV", Fault(OtherMeaning)),
    ("这种方法并非无损的压缩", "这种方法是无损的压缩", Fault(NotFound)),
    ("这种方法没有改变输出分布", "这种方法改变输出分布", Fault(NotFound)),
    // A verbatim quote that begins after its negation shows the negation.
    ("The heads do not share KV at all", "share KV at all", Shows(Exact, "not share KV at all")),
    ("We don't quantize the outlier channels", "quantize the outlier channels", Shows(Exact, "don't quantize the outlier channels")),
    ("这些头不共享键值缓存", "共享键值缓存", Shows(Exact, "不共享键值缓存")),
    ("这些头并不会共享键值缓存", "共享键值缓存", Shows(Exact, "不会共享键值缓存")),
    ("不同的头共享键值缓存", "头共享键值缓存", Shows(Exact, "头共享键值缓存")),
    ("他们分别共享键值缓存", "共享键值缓存", Shows(Exact, "共享键值缓存")),
    ("A does not share KV. B shares KV. They share KV too", "share KV", Shows(Exact, "share KV")),
    ("a linear-time, non-linear layer", "linear layer", Shows(Exact, "non-linear layer")),
    ("the adapter weights are not merged here", "the adapter weights are", Shows(Exact, "the adapter weights are not")),
    // Digits and number words.
    (EN, "The cache is 4x smaller", Fault(OtherMeaning)),
    (EN, "quality drops by 5 points at most", Fault(OtherMeaning)),
    (EN, "quality drops by 0.6 points at most", Fault(OtherMeaning)),
    (EN, "share two K/V head", Fault(NotFound)),
    ("it has 32 heads per layer", "2 heads per layer", Fault(OtherMeaning)),
    ("it loses 3.5 points overall", "5 points overall", Fault(OtherMeaning)),
    ("the bias is -5 at the start", "5 at the start", Fault(OtherMeaning)),
    ("the bias is 5 at the very start", "-5 at the very start", Fault(OtherMeaning)),
    ("trains in fp16 on every card", "trains in fp32 on every card", Fault(OtherMeaning)),
    (ZH, "缓存缩小 4 倍，所以解码更快", Fault(OtherMeaning)),
    ("用了十亿个参数训练", "用了百亿个参数训练", Fault(OtherMeaning)),
    // Comparatives, directions, operators.
    (EN, "The cache is 8x larger, so decoding is faster", Fault(OtherMeaning)),
    (EN, "so decoding is slower, but quality drops", Fault(NotFound)),
    ("a higher temperature gives more varied text", "a lower temperature gives more varied text", Fault(OtherMeaning)),
    ("norm is applied before the attention block", "norm is applied after the attention block", Fault(NotFound)),
    ("we clip when ratio > 1 + eps", "we clip when ratio < 1 + eps", Fault(OtherMeaning)),
    ("loss increases in the later epochs of training", "loss decreases in the later epochs of training", Fault(OtherMeaning)),
    (ZH, "再由小模型验证", Fault(OtherMeaning)),
    ("先归一化后做注意力计算", "后归一化先做注意力计算", Fault(NotFound)),
    ("温度越高输出越随机而且多样", "温度越低输出越随机而且多样", Fault(OtherMeaning)),
    // Content words that differ by more than a slip.
    ("decoder-only models are trained on text", "encoder-only models are trained on text", Fault(OtherMeaning)),
    ("所有查询头共享一组键值", "所有查询头独享一组键值", Fault(OtherMeaning)),
    (EN, "the value heads are pruned by importance", Fault(NotFound)),
    // Ellipses.
    (EN, "all the query heads … one K/V head", Shows(Parts, "all the query heads share one K/V head")),
    (EN, "The cache is 8x smaller ... quality drops", Shows(Parts, "The cache is 8x smaller, so decoding is faster, but quality drops")),
    (EN, "...share one K/V head...", Shows(Fold, "share one K/V head")),
    (EN, "the query heads [...] They do not share", Shows(Parts, "the query heads share one K/V head. They do not share")),
    (EN, "They do … share the queries", Fault(NotFound)),
    (EN, "one K/V head … share the queries", Fault(OtherMeaning)),
    (EN, "quality drops … all the query heads", Fault(NotFound)),
    (ZH, "所有查询头……缓存缩小", Fault(OtherMeaning)),
    (ZH, "缓存缩小……质量会下降", Shows(Parts, "缓存缩小 8 倍，所以解码更快，但是质量会下降")),
    // Too little.
    (EN, "", Fault(QuoteFault::Empty)),
    (EN, " \n ", Fault(QuoteFault::Empty)),
    (EN, "heads", Fault(TooShort)),
    (EN, "in the", Fault(TooShort)),
    (EN, "…", Fault(TooShort)),
    (ZH, "共享", Fault(TooShort)),
    (ZH, "共享 KV", Fault(NotFound)),
    (ZH, "一组 KV", Shows(Exact, "一组 KV")),
    ("Softmax.", "softmax", Shows(Fold, "Softmax")),
    ("残差", "残差", Shows(Exact, "残差")),
    ("!=", "!=", Shows(Exact, "!=")),
    // Cut words.
    ("undershare KV and overshare Q", "share KV and over", Fault(OtherMeaning)),
];

#[test]
fn near_misses_have_the_right_outcome() {
    let mut wrong = Vec::new();
    for (answer, quote, want) in TABLE {
        let got = AnswerIndex::new(answer).locate_counting(quote).0;
        let right = match (want, &got) {
            (Shows(how, text), Ok(located)) => {
                located.how == *how && located.evidence.quote == *text
            }
            (Fault(fault), Err(got)) => fault == got,
            _ => false,
        };
        if !right {
            let want = match want {
                Shows(how, text) => format!("{how:?} {text:?}"),
                Fault(fault) => format!("{fault:?}"),
            };
            wrong.push(format!("{quote:?}: wanted {want}, got {got:?}"));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn spans_count_unicode_scalar_values() {
    let answer = "😀 e\u{301}x 共享一组 KV";
    let evidence = AnswerIndex::new(answer).locate("共享一组 kv").unwrap();
    assert_eq!((evidence.start, evidence.end), (6, 13));
}

/// The promised bound on steps.
fn bound(answer: &str) -> u64 {
    60 * answer.len() as u64 + 1_000_000
}

#[test]
fn hostile_pairs_cost_bounded_work() {
    let answers = [
        "ab ".repeat(33_000),
        "a".repeat(100_000),
        "不".repeat(66_000),
        "not ".repeat(25_000),
        "share one head … ".repeat(6_000),
        "'’*`_-".repeat(12_000),
    ];
    let quotes = [
        "ab ".repeat(3_400) + "x",
        "a".repeat(10_000),
        "ab ".repeat(199) + "x",
        "a".repeat(599) + "b",
        "不".repeat(500) + "是",
        "not ".repeat(140) + "never",
        "share one … ".repeat(40),
        "\\\\".repeat(300),
        "head … share one head … share".to_owned(),
    ];
    for answer in &answers {
        let index = AnswerIndex::new(answer);
        for quote in &quotes {
            let (_, steps) = index.locate_counting(quote);
            let quote: String = quote.chars().take(12).collect();
            assert!(steps <= bound(answer), "{quote}: {steps} steps");
        }
    }
}

/// Text made of the words that the rules speak of.
fn words() -> impl Strategy<Value = String> {
    let words = [
        "share",
        "shares",
        "not",
        "don't",
        "no",
        "one",
        "two",
        "3",
        "3.5",
        "-5",
        "more",
        "less",
        "the",
        "a",
        "head",
        "heads",
        "KV",
        "K/V",
        "…",
        "...",
        ",",
        ".",
        "\n",
        "**",
        "`",
        "“",
        "”",
        "不",
        "没有",
        "共享",
        "一组",
        "查询头",
        "的",
        "大",
        "小",
        "ｆｕｌｌ",
        "²",
        "½",
        "é",
        "e\u{301}",
        "\u{200b}",
        "\\n",
        "\\\"",
        "\\u{200B}",
        "😀",
        "ﬁ",
        "İ",
    ];
    let joined = |(words, spaces): (Vec<&str>, Vec<bool>)| {
        let pairs = words.iter().zip(spaces.iter().chain(std::iter::repeat(&true)));
        pairs.flat_map(|(word, space)| [*word, if *space { " " } else { "" }]).collect()
    };
    let words = prop::collection::vec(prop::sample::select(words.to_vec()), 0..30);
    (words, prop::collection::vec(any::<bool>(), 0..30)).prop_map(joined)
}

fn holds(answer: &str, quote: &str) {
    let (found, steps) = AnswerIndex::new(answer).locate_counting(quote);
    assert!(steps <= bound(answer));
    if let Ok(Located { evidence, .. }) = found {
        let span: String =
            answer.chars().skip(evidence.start).take(evidence.end - evidence.start).collect();
        assert_eq!(span, evidence.quote);
        assert!(!evidence.quote.is_empty());
    }
}

#[test]
fn a_quote_of_nothing_but_an_escape_is_not_found() {
    for answer in ["", "K", "one head"] {
        holds(answer, "\\n ");
        assert!(AnswerIndex::new(answer).locate("\\n ").is_err(), "{answer:?}");
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 1500, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn evidence_is_the_answers_own_text(answer in ".{0,120}", quote in ".{0,40}") {
        holds(&answer, &quote);
    }

    #[test]
    fn evidence_is_the_answers_own_text_for_words_that_matter(answer in words(), quote in words()) {
        holds(&answer, &quote);
    }

    #[test]
    fn a_stretch_of_the_answer_between_words_is_found(answer in words(), from in 0_usize..60, length in 4_usize..80) {
        let chars: Vec<char> = answer.chars().collect();
        let start = from.min(chars.len());
        let end = (start + length).min(chars.len());
        let quote: String = chars[start..end].iter().collect();
        if edges::whole_words(&chars, start, end) && quote.trim() == quote {
            let found = AnswerIndex::new(&answer).locate(&quote);
            prop_assert!(!matches!(found, Err(NotFound | OtherMeaning)), "{quote:?}: {found:?}");
        }
    }

    #[test]
    fn a_quote_never_loses_its_negation(words in "[a-z]{5,9}( [a-z]{5,9}){2,8}", at in 0_usize..8) {
        let mut list: Vec<&str> = words.split(' ').collect();
        let at = at.min(list.len() - 1).max(1);
        list.insert(at, "not");
        let answer = list.join(" ");
        if let Ok(found) = AnswerIndex::new(&answer).locate(&words) {
            prop_assert!(found.quote.contains("not"), "{answer:?} found as {found:?}");
        }
    }
}
