//! A file system that has run full, in a mount namespace of its own, and a limit on the size of
//! files. Where a namespace is not allowed, the tests say so and pass.

use std::process::{Command, Stdio};

use crate::support::Viva;

/// Whether a mount namespace is allowed; says so when it is not.
fn allowed() -> bool {
    let allowed = Command::new("unshare")
        .args(["--map-root-user", "--mount", "true"])
        .stderr(Stdio::null())
        .status()
        .is_ok_and(|status| status.success());
    if !allowed {
        println!("skipped: a mount namespace is not allowed here");
    }
    allowed
}

#[test]
fn a_full_disk_is_told_with_what_to_do_and_results_still_come() {
    let viva = Viva::new();
    let answer = format!("{}\n", "The KV cache is shared by all heads. ".repeat(4000));
    let input = viva.file("answers.txt", format!("{answer}\n{answer}\n{answer}\n"));
    let folder = viva.file("data/.keep", "");
    let folder = folder.parent().unwrap().display().to_string();
    let script = format!(
        "mount -t tmpfs -o size=200k tmpfs {folder} && VIVA_DATA_DIR={folder} {} interview --save \
         --count 3 --seed 1 --json < {}",
        env!("CARGO_BIN_EXE_viva"),
        input.display()
    );
    if !allowed() {
        return;
    }
    let output = Command::new("unshare")
        .args(["--map-root-user", "--mount", "sh", "-c", &script])
        .env("HOME", viva.home())
        .output()
        .unwrap();
    let stderr = String::from_utf8_lossy(&output.stderr);
    assert_eq!(output.status.code(), Some(1), "{stderr}");
    assert!(stderr.contains("is full") && stderr.contains("free some space"), "{stderr}");
}

#[test]
fn a_batch_on_a_full_disk_stops_with_what_to_do_and_goes_on_when_there_is_room() {
    let viva = Viva::new();
    let row = |n: usize| {
        format!(
            "{{\"id\":\"r{n}\",\"question_id\":\"architecture/mqa-and-gqa\",\"answer\":\"One \
             shared head, case {n}.\"}}\n"
        )
    };
    viva.file("in.jsonl", (0..2000).map(row).collect::<String>());
    viva.file("small/.keep", "");
    let grade = format!("{} grade in.jsonl --grader lexical", env!("CARGO_BIN_EXE_viva"));
    // The journal does not fit at first, nor a second time, then the output does not.
    let script = format!(
        "mount -t tmpfs -o size=1m tmpfs small
         {grade} -o small/out.jsonl; echo code $?
         {grade} -o small/out.jsonl; echo code $?
         mount -o remount,size=5m small
         {grade} -o small/out.jsonl; echo code $?
         mount -o remount,size=64m small
         {grade} -o small/out.jsonl; echo code $?
         echo lines $(wc -l < small/out.jsonl) results $(wc -l < small/out.jsonl.viva/results.jsonl)"
    );
    if !allowed() {
        return;
    }
    let output = Command::new("unshare")
        .args(["--map-root-user", "--mount", "sh", "-c", &script])
        .env("HOME", viva.home())
        .current_dir(viva.home())
        .output()
        .unwrap();
    let (stdout, stderr) =
        (String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
    let expected = "code 1\ncode 1\ncode 1\ncode 0\nlines 2000 results 2000\n";
    assert_eq!(stdout, expected, "{stderr}");
    for words in ["cannot write small/out.jsonl.viva: ", "cannot write small/out.jsonl: "] {
        assert!(stderr.contains(words), "{stderr}");
    }
    for hint in ["the disk is full: free some space", "the same command goes on"] {
        assert_eq!(stderr.matches(hint).count(), 3, "{stderr}");
    }
}

#[test]
fn a_limit_on_the_size_of_files_is_told_with_what_to_do() {
    let viva = Viva::new();
    viva.file("in.jsonl", crate::support::rows(1000));
    let grade = format!(
        "{} grade in.jsonl -o out.jsonl --grader lexical; echo code $?",
        env!("CARGO_BIN_EXE_viva")
    );
    let output = Command::new("sh")
        .args(["-c", &format!("ulimit -f 300; {grade}; {grade}")])
        .env("HOME", viva.home())
        .env("LANG", "C")
        .current_dir(viva.home())
        .output()
        .unwrap();
    let (stdout, stderr) =
        (String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
    assert!(stdout.eq("code 1\ncode 1\n"), "{stdout}{stderr}");
    assert!(stderr.contains("cannot write out.jsonl.viva: File too large"), "{stderr}");
    for hint in ["`ulimit -f`", "the same command goes on"] {
        assert_eq!(stderr.matches(hint).count(), 2, "{stderr}");
    }
}

#[test]
fn a_result_that_cannot_be_written_says_that_it_was_for_standard_output() {
    let viva = Viva::new();
    viva.file("run.jsonl", include_str!("../fixtures/report/run.jsonl"));
    viva.file("answer.md", "One shared head.");
    let score = ["score", "answer.md", "--question", "architecture/mqa-and-gqa"];
    let html = ["report", "run.jsonl", "--format", "html"];
    let json = ["report", "run.jsonl", "--json"];
    for arguments in [&["report", "run.jsonl"][..], &json, &html, &score] {
        let Ok(full) = std::fs::File::options().write(true).open("/dev/full") else {
            return println!("skipped: there is no /dev/full here");
        };
        let output = viva.command(arguments).stdout(full).output().unwrap();
        let stderr = String::from_utf8_lossy(&output.stderr);
        assert_eq!(output.status.code(), Some(1), "{stderr}");
        assert!(stderr.contains("cannot write to standard output: No space left"), "{stderr}");
    }
}
