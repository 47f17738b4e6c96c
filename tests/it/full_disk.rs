//! A data folder on a file system that has run full, in a mount namespace of its
//! own. Where such a namespace is not allowed, the test says so and passes.

use std::process::{Command, Stdio};

use crate::support::Viva;

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
    let allowed = Command::new("unshare")
        .args(["--map-root-user", "--mount", "true"])
        .stderr(Stdio::null())
        .status()
        .is_ok_and(|status| status.success());
    if !allowed {
        println!("skipped: a mount namespace is not allowed here");
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
