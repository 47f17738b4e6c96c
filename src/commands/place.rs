//! A file named with `-o`: where its bytes go, and what is never written over.
//!
//! A link is written through, a device or FIFO is written into, and only a regular file is
//! replaced. Whether such a file may be replaced beyond that is for each command to say;
//! none may replace what the same command reads.

use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};

use crate::failure::{Failure, Kind, Said};

/// Links followed from one name, as systems do.
const LINKS: usize = 40;

/// The file that a name leads to through links, whether it exists or not.
pub(super) fn end_of_links(name: &Path) -> PathBuf {
    let mut path = name.to_owned();
    for _ in 0..LINKS {
        let Ok(target) = path.read_link() else { break };
        path = path.parent().unwrap_or(Path::new("")).join(target);
    }
    path
}

/// Whether a name leads to a device, FIFO or socket, which takes bytes and cannot be replaced.
pub(super) fn is_stream(name: &Path) -> bool {
    name.metadata().is_ok_and(|found| !found.is_file() && !found.is_dir())
}

/// Refuses an output that can be no file, or that is one of the files that are read.
pub(super) fn check<'a>(
    out: &Path,
    read: impl IntoIterator<Item = &'a Path>,
) -> Result<(), Failure> {
    if out == Path::new("-") {
        return Err(usage(("-o needs the name of a file", "-o 需要一个文件名"))
            .hint(("without -o results go to standard output", "不加 -o 时结果写到标准输出")));
    }
    let shown = out.display();
    if out.is_dir() || out.as_os_str().as_encoded_bytes().ends_with(b"/") {
        let said = (format!("the output {shown} is a folder"), format!("输出 {shown} 是目录"));
        return Err(usage(said).hint(("give the name of a file in it", "请给出其中的一个文件名")));
    }
    let end = end_of_links(out);
    if end.is_symlink() {
        let said =
            (format!("the link {shown} leads back to itself"), format!("链接 {shown} 指回自己"));
        return Err(usage(said).hint(("remove it, or choose another -o", "请删除它，或换一个 -o")));
    }
    if !is_stream(out) && !folder(&end).is_dir() {
        let folder = folder(&end).display();
        return Err(usage((format!("there is no folder {folder}"), format!("没有目录 {folder}")))
            .hint(("make it first, or choose another -o", "请先建立它，或换一个 -o")));
    }
    if read.into_iter().any(|input| is_same(input, out)) {
        let said =
            (format!("{shown} is both input and output"), format!("{shown} 既是输入又是输出"));
        return Err(
            usage(said).hint(("give the results a file of their own", "请让结果写到另一个文件"))
        );
    }
    Ok(())
}

/// The folder in which a file stands.
pub(super) fn folder(path: &Path) -> &Path {
    let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty());
    folder.unwrap_or(Path::new("."))
}

/// Whether two names lead to one file: also by a link of either kind.
fn is_same(one: &Path, other: &Path) -> bool {
    let identity = |path: &Path| path.metadata().map(|found| (found.dev(), found.ino())).ok();
    identity(one).is_some_and(|file| Some(file) == identity(other))
}

fn usage(said: impl Into<Said>) -> Failure {
    Failure::message(Kind::Usage, said)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_leads_through_links_also_to_what_is_not_there_yet() {
        let home = tempfile::tempdir().unwrap();
        let at = |name: &str| home.path().join(name);
        std::os::unix::fs::symlink("there/real.html", at("link.html")).unwrap();
        std::os::unix::fs::symlink("link.html", at("second.html")).unwrap();
        std::os::unix::fs::symlink("round", at("round")).unwrap();
        assert_eq!(end_of_links(&at("second.html")), at("there/real.html"));
        assert_eq!(end_of_links(&at("plain.html")), at("plain.html"));
        assert!(check(&at("round"), []).is_err() && check(&at("plain.html"), []).is_ok());
        assert!(check(&at("link.html"), []).is_err(), "its folder is not there");
        std::fs::create_dir(at("there")).unwrap();
        assert!(check(&at("link.html"), []).is_ok());
    }

    #[test]
    fn a_file_is_the_same_under_every_name() {
        let home = tempfile::tempdir().unwrap();
        let at = |name: &str| home.path().join(name);
        std::fs::write(at("a"), "x").unwrap();
        std::fs::write(at("b"), "x").unwrap();
        std::fs::hard_link(at("a"), at("hard")).unwrap();
        std::os::unix::fs::symlink(at("a"), at("soft")).unwrap();
        let inputs = [at("a")];
        let refused = |name: &Path| check(name, inputs.iter().map(PathBuf::as_path)).is_err();
        assert!(refused(&at("hard")) && refused(&at("soft")) && refused(&at("../").join(at("a"))));
        assert!(!refused(&at("b")) && !refused(&at("new")));
    }
}
