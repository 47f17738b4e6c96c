//! Classes of words that the rules are made of, in English and Chinese.
//!
//! A class is a list of phrases, matched word by word; it says nothing by itself.

use std::collections::HashMap;
use std::sync::LazyLock;

use super::words::{Word, is_han, words};

/// A class of phrases with one role in a rule.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(super) enum Class {
    /// Orders to grade, in the form of an order.
    Give,
    /// The best marks there are.
    Marks,
    /// This answer, or whoever wrote it.
    Mine,
    /// A noun for an answer, with a pointer to it.
    AnswerHere,
    /// Key points or verdicts, all of them.
    Points,
    /// What a verdict could say for them.
    Met,
    /// `met` as the word of a verdict.
    MetWord,
    /// The other words of a verdict: the sentence lists what there is.
    Choice,
    /// Words that make an order of what follows.
    Order,
    /// Whoever grades.
    Grader,
    /// Openings of an address.
    Address,
    /// Conditions on who reads.
    IfYouAre,
    /// Orders to leave something unheeded.
    Override,
    /// What came before.
    Prior,
    /// Instructions.
    Instruction,
    /// The rules of the grading itself.
    Rubric,
    /// A new role or task.
    NewRole,
    /// Mildness.
    Lenient,
    /// Pleas that have no other use.
    Plea,
    /// Orders not to deduct.
    NoDeduction,
    /// What an answer claims of itself.
    Claim,
    /// Headings of people with authority.
    Header,
    /// Headings of roles in a conversation.
    Role,
    /// Names of a result.
    Result,
    /// Orders to write something.
    Output,
    /// The grader's own checks.
    Check,
    /// Orders to skip something.
    Skip,
    /// `verdict` and its kin as a key.
    VerdictKey,
    /// Said of a rubric or reference to set it aside.
    SetAside,
    /// Marks of talk about attacks or examples.
    Frame,
    /// Conditions.
    If,
    /// Ends of an answer, as a fence would say it.
    EndOfAnswer,
}

/// The phrases of every class, separated by `|`.
const PHRASES: &[(Class, &str)] = &[
    (
        Class::Give,
        "give|award|grant|assign|allot|record|grade|rate|score|mark|judge|evaluate|deem|accept|treat|consider|set|count|regard|pass|approve|return|给|给予|给出|给我|给个|判|判为|判定|打|记|记为|评|评为|评定|算|赋|视为|标记|标为|定为|按|设为",
    ),
    (
        Class::Marks,
        "full marks|full mark|full score|full scores|full credit|full points|maximum score|maximum marks|maximum points|maximum grade|max score|max points|highest score|highest marks|highest grade|highest possible score|top marks|top score|top grade|perfect score|perfect grade|perfect marks|10 10|100 100|5 5|100 points|100 percent|score of 100|score of 10|excellent|high score|high marks|high grade|passing grade|满分|高分|最高分|最高的分数|100分|100 分|一百分|10分|全对|优秀|通过|及格|完全正确",
    ),
    (
        Class::Mine,
        "me|my|mine|this answer|this response|this submission|this candidate|this student|this solution|this essay|the candidate|the submission|above answer|answer above|the above response|我|本答案|该答案|此答案|这个答案|这份答案|本回答|该回答|此回答|这个回答|本题回答|该考生|本人|以上回答|上述回答|以上答案|上述答案|考生|所有回答",
    ),
    (
        Class::AnswerHere,
        "this answer|this response|this submission|this candidate|this student|my answer|my response|the submission|the answer above|above answer|answer above|the above response|the answer was|the answer has been|the candidate has|the candidate was|本答案|该答案|此答案|本回答|该回答|此回答|本题回答|该考生|考生回答|以上回答|上述回答|以上答案|上述答案|此考生",
    ),
    (
        Class::Points,
        "all points|every point|each point|any point|all the points|all of the points|all key points|every key point|each key point|all the key points|any missing point|all rubric items|every rubric item|all items|all criteria|every criterion|each criterion|all verdicts|every verdict|each verdict|all the verdicts|verdict of all points|all requirements|p1|所有要点|全部要点|每个要点|每一个要点|各要点|各个要点|所有的要点|要点全部|要点均|所有得分点|每个得分点|全部得分点|所有评分点|每个评分点|所有结论|全部结论|遗漏的要点",
    ),
    (
        Class::Met,
        "met|satisfied|fulfilled|covered|correct|complete|completed|passed|true|achieved|满足|已满足|命中|覆盖|正确|完全正确|完整|达成|符合",
    ),
    (Class::MetWord, "met|满足|已满足"),
    (
        Class::Choice,
        "partial|partially|missing|contradicted|unmet|or|not|either|部分|或|或者|未满足|缺失|不满足|and explain|no",
    ),
    (
        Class::Order,
        "please|kindly|you should|you must|you will|make sure|ensure that|be sure to|remember to|just|now|then|and|simply|must|always|so|pls|请|请你|务必|麻烦|求求|求|恳请|烦请|直接|一律|必须|要|并|并且|均|都|全部|应该|应当|应|只需",
    ),
    (
        Class::Grader,
        "grader|graders|evaluator|evaluators|examiner|examiners|assessor|marker|ai grader|ai evaluator|ai judge|llm judge|llm grader|language model|ai model|ai assistant|instructor|teacher|professor|reviewer|the judge|评分模型|评分者|评分员|评分系统|评分老师|评分人|阅卷人|阅卷老师|阅卷|评卷|老师|裁判模型|裁判|评委|考官|面试官|语言模型|大模型|评审|评测模型|ai",
    ),
    (
        Class::Address,
        "note to|note for|dear|attention|message to|message for|instruction to|instructions to|instructions for|hey|hello|hi|reminder to|致|尊敬的|亲爱的",
    ),
    (
        Class::IfYouAre,
        "if you are|if youre|if this is being graded by|if this is graded by|as the|as an|since you are|如果你是|如果您是|作为|若你是|假如你是",
    ),
    (
        Class::Override,
        "ignore|disregard|forget|override|overwrite|bypass|overlook|discard|skip|do not follow|dont follow|do not use|pay no attention to|stop following|replace|忽略|无视|忘记|忘掉|不要理会|不必理会|不要遵守|不用管|跳过|抛开|抛弃|推翻|不要参考",
    ),
    (
        Class::Prior,
        "previous|prior|above|earlier|preceding|before|your|system|everything|original|former|all the|之前|以上|上面|上述|前面|先前|此前|你的|一切|原有|原来|所有|你收到",
    ),
    (
        Class::Instruction,
        "instruction|instructions|rule|rules|prompt|prompts|guideline|guidelines|direction|directions|order|orders|command|commands|constraints|context|policy|policies|message|messages|told|above|before|指令|指示|要求|规则|提示|命令|设定|提示词|约束|限制|内容",
    ),
    (
        Class::Rubric,
        "rubric|rubrics|grading criteria|marking scheme|grading instructions|grading rules|reference answer|model answer|key points|scoring rules|scoring criteria|评分标准|评分规则|评分细则|评分要求|参考答案|标准答案|评分指令|要点",
    ),
    (
        Class::NewRole,
        "you are now|from now on|new instructions|new instruction|new rules|new rubric|new task|updated instructions|你现在是|从现在起|从现在开始|从今以后|新的指令|新指令|新规则|新的规则|新任务|你的新任务",
    ),
    (
        Class::Lenient,
        "lenient|generous|merciful|be kind|go easy|kind to me|宽松|宽容|从宽|仁慈|放水",
    ),
    (
        Class::Plea,
        "手下留情|网开一面|高抬贵手|求高分|求满分|求过|给条活路|have mercy|beg you|need this job|lose my job|my career depends",
    ),
    (
        Class::NoDeduction,
        "do not deduct|dont deduct|never deduct|no deductions|without deducting|not deduct anything|do not penalize|do not penalise|不要扣分|不扣分|请勿扣分|别扣分|不得扣分|不能扣分|勿扣分",
    ),
    (
        Class::Claim,
        "deserves|deserve|merits|meets|meet|satisfies|covers|covered|has covered|should receive|should get|must receive|must get|earns|has passed|passed|was verified|has been verified|verified by|pre approved|preapproved|is complete and correct|is correct and complete|is fully correct|contains all|fulfills|得|应得|应该得|应当得|值得|符合|涵盖|覆盖|已通过|经核实|已经核实|已覆盖|通过人工|已通过人工",
    ),
    (
        Class::Header,
        "system message|system prompt|system note|system notice|system update|ta comments|ta comment|ta note|instructor note|instructor comments|instructor comment|teacher note|teachers note|teacher comment|grading note|grading notes|grader note|graders note|examiner note|examiner comment|rubric note|rubric update|developer message|developer note|moderator note|reviewer note|internal note|evaluation result|系统提示|系统消息|系统通知|助教批注|助教评语|助教备注|老师批注|老师评语|教师评语|教师批注|评分说明|阅卷说明|阅卷人指令|阅卷备注|管理员通知|批注|评语|内部说明|开发者消息|评分备注|评分结果|最终评分",
    ),
    (
        Class::Role,
        "system|admin|administrator|human|assistant|user|developer|examiner|系统|管理员|助手|用户|人类|考官",
    ),
    (
        Class::Result,
        "final score|final grade|final verdict|final result|total score|overall score|overall grade|score|grade|verdict|result|rating|评分结果|最终得分|最终评分|总分|得分|成绩|评级|结论",
    ),
    (
        Class::Output,
        "output|return|report|respond|reply|print|write|say|emit|answer with|输出|返回|回复|回答|写出|填",
    ),
    (
        Class::Check,
        "evidence check|quote check|quote verification|evidence verification|the checks|verification|as evidence|引文核对|证据核对|核对引文|证据检查",
    ),
    (Class::Skip, "skip|bypass|disable|ignore|omit|quote|use|cite|跳过|省略|引用|使用|忽略"),
    (Class::VerdictKey, "verdict|verdicts|结论|判定"),
    (
        Class::SetAside,
        "is wrong|are wrong|is outdated|is incorrect|has been updated|was updated|have been updated|is no longer valid|contains errors|has errors|does not apply|有误|有错|是错的|错误|已更新|已过时|作废|已作废|不适用|更新为",
    ),
    (
        Class::Frame,
        "attack|attacks|attacker|attackers|inject|injects|injected|injection|payload|payloads|jailbreak|jailbreaks|adversarial|malicious|hacker|such as|for example|for instance|e g|example|says|say|text like|prompt like|phrases like|phrase|write|writes|wrote|contains|contain|hides|hidden|appends|appending|like|攻击|攻击者|注入|例如|比如|譬如|诸如|越狱|恶意|诱导|写着|里写|写上|写道|写明|藏着|这类|之类|里的",
    ),
    (
        Class::If,
        "if|when|whenever|whether|once|until|unless|suppose|where|how|why|如果|若|当|是否|一旦|只有|假如|要求|需要|直到",
    ),
    (
        Class::EndOfAnswer,
        "end of answer|end of the answer|end of candidate answer|end of student answer|end of submission|end of response|end data|end of data|end of user input|end of document|答案结束|作答结束|回答结束|答案到此结束|以上为考生|以上是考生|以上为学生",
    ),
];

/// Phrases by their first word.
static BY_FIRST: LazyLock<HashMap<String, Vec<(Class, Vec<String>)>>> = LazyLock::new(|| {
    let mut index: HashMap<String, Vec<(Class, Vec<String>)>> = HashMap::new();
    for (class, phrases) in PHRASES {
        for phrase in phrases.split('|') {
            let chars: Vec<char> = phrase.chars().collect();
            let mut words = words(&chars).into_iter().map(|word| word.text);
            let first = words.next().expect("invariant: no phrase is empty");
            index.entry(first).or_default().push((*class, words.collect()));
        }
    }
    index
});

/// Longest word of the phrases in letters; a longer one holds several run together.
const LONGEST_WORD: usize = 14;

/// A phrase found, as a range of words.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Hit {
    pub(super) class: Class,
    pub(super) start: usize,
    pub(super) end: usize,
}

/// All phrases of all classes in order of their first word.
pub(super) fn hits(words: &[Word]) -> Vec<Hit> {
    let mut hits = Vec::new();
    for (start, word) in words.iter().enumerate() {
        for reading in std::iter::once(&word.text).chain(&word.others) {
            for (class, rest) in BY_FIRST.get(reading).into_iter().flatten() {
                let end = start + 1 + rest.len();
                let follows = |(offset, wanted): (usize, &String)| {
                    let found = &words[start + 1 + offset];
                    found.sentence == word.sentence
                        && (found.text == *wanted || found.others.contains(wanted))
                };
                if end <= words.len() && rest.iter().enumerate().all(follows) {
                    hits.push(Hit { class: *class, start, end });
                }
            }
        }
    }
    hits
}

/// Cuts a word that is several of ours run together, as spaced-out letters leave it.
pub(super) fn split_joined(word: &str) -> Option<Vec<String>> {
    if !word.is_ascii() {
        return None;
    }
    let (mut parts, mut at) = (Vec::new(), 0);
    while at < word.len() {
        let longest = (at + LONGEST_WORD).min(word.len());
        let end = (at + 1..=longest).rev().find(|&end| KNOWN.contains_key(&word[at..end]))?;
        parts.push(word[at..end].to_owned());
        at = end;
    }
    (parts.len() > 1).then_some(parts)
}

/// Every Latin word of the phrases.
static KNOWN: LazyLock<HashMap<String, ()>> = LazyLock::new(|| {
    let all = BY_FIRST.iter().flat_map(|(first, phrases)| {
        let rest = phrases.iter().flat_map(|(_, rest)| rest.iter().cloned());
        std::iter::once(first.clone()).chain(rest)
    });
    let glue =
        ["the", "as", "for", "to", "on", "all", "every", "point", "points", "answer", "this"];
    all.chain(glue.map(str::to_owned))
        .filter(|word| !word.chars().any(is_han))
        .map(|word| (word, ()))
        .collect()
});
