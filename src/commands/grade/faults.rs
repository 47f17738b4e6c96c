//! Why what is graded cannot be kept, in words, with what can be done about it.

use std::io;
use std::path::Path;

use crate::batch::JournalError;
use crate::failure::{Failure, Kind};

/// Why a journal in `folder` cannot be used.
pub(super) fn unusable(folder: &Path, error: JournalError) -> Failure {
    let shown = folder.display();
    match error {
        JournalError::Io { folder, error } => unwritten(&folder, error),
        JournalError::Other { ref what, .. } => {
            let zh = format!("{shown} 里的评判出自另一种设置：{}", what.in_chinese());
            otherwise_made(Failure::new(Kind::Config, error).in_chinese(zh))
        }
        JournalError::Locked(_) => Failure::new(Kind::Config, error)
            .in_chinese(format!("另一个进程正在写 {shown}"))
            .hint(("wait until it ends, or choose another -o", "等它结束，或换一个 -o")),
        JournalError::Unlockable { lock, error } => unlockable(&lock, error),
        JournalError::NoFolder(_) => in_the_way(error, format!("{shown} 不是目录")),
        JournalError::Foreign(_) => in_the_way(error, format!("{shown} 是目录，里面是别的东西")),
        JournalError::Damaged(manifest) => damaged(&manifest),
    }
}

/// Verdicts that were made in another way.
fn otherwise_made(failure: Failure) -> Failure {
    failure
        .hint((
            "--fresh discards these verdicts and grades everything again",
            "--fresh 会丢弃这些评判，全部重评",
        ))
        .hint((
            "another -o keeps them and begins a run beside them",
            "换一个 -o 则保留它们，另起一次运行",
        ))
}

fn unlockable(lock: &Path, error: io::Error) -> Failure {
    let lock = lock.display();
    Failure::io(
        Kind::Internal,
        error,
        (format!("cannot lock {lock}"), format!("无法锁定 {lock}")),
    )
    .hint((
        "two runs must not write to one output, and this file system gives no lock: choose an -o \
         on a local disk",
        "两次运行不能同时写一个输出，而这个文件系统不能加锁：请把 -o 放到本地磁盘上",
    ))
}

/// Something else has the name of the journal.
fn in_the_way(error: JournalError, zh: String) -> Failure {
    Failure::new(Kind::Usage, error)
        .in_chinese(zh)
        .hint((
            "what is graded is kept in a folder of this name: move what is there away",
            "已评的要保存在这个名字的目录里：请把现有的移走",
        ))
        .hint(ANOTHER_OUT)
}

/// Whether the output is the journal's own stood in this manifest.
fn damaged(manifest: &Path) -> Failure {
    let manifest = manifest.display();
    Failure::message(
        Kind::Usage,
        (
            format!("{manifest} is damaged, so nothing tells whether the output is its own"),
            format!("{manifest} 已损坏，无法判断输出是不是它写的"),
        ),
    )
    .hint((
        "what is graded is kept: move the output away and run this again, and nothing is graded \
         twice",
        "已评的都保存着：把输出移走再运行，已评的不会重评",
    ))
    .hint(ANOTHER_OUT)
}

const ANOTHER_OUT: (&str, &str) = ("or choose another -o", "或换一个 -o");

/// What could not be written, and what to do.
pub(super) fn unwritten(path: &Path, error: io::Error) -> Failure {
    let kind = error.kind();
    let shown = path.display();
    let said = (format!("cannot write {shown}"), format!("无法写入 {shown}"));
    let failure = Failure::io(Kind::Internal, error, said);
    let failure = match kind {
        io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded => {
            failure.hint(("the disk is full: free some space", "磁盘已满：请腾出空间"))
        }
        io::ErrorKind::FileTooLarge => failure.hint((
            "the file system or a limit (`ulimit -f`) allows no larger file",
            "文件系统或限制（`ulimit -f`）不允许更大的文件",
        )),
        _ => return failure,
    };
    failure.hint((
        "what is graded is kept, and the same command goes on where this one stopped",
        "已评的都保存着，再运行同一条命令会从停下的地方继续",
    ))
}

/// What could not be read.
pub(super) fn unread(path: &Path, error: io::Error) -> Failure {
    let shown = path.display();
    let said = match path.to_str() {
        Some("-") => ("cannot read standard input".to_owned(), "无法读取标准输入".to_owned()),
        _ => (format!("cannot read {shown}"), format!("无法读取 {shown}")),
    };
    Failure::io(Kind::Internal, error, said)
}
