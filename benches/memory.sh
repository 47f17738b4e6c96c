#!/usr/bin/env bash
# Peak memory, rows a second and the time of a second run of `viva grade`, for several sizes.
#
# Usage: benches/memory.sh [ROWS…] (default: 10000 1000000). For each size the lexical grader runs
# as a pipe, then with -o, then with -o again on the finished run, and plans a dry run. Peak memory
# is the resident set that getrusage reports: pages of files that the kernel caches are not in it.
# ANSWER=4 sets the sentences of an answer, MORE=--no-text adds options. Ten million rows with
# ANSWER=1 MORE=--no-text take 26 GB in TMPDIR; all is deleted at the end.
set -euo pipefail
cd "$(dirname "$0")/.."
[ $# -gt 0 ] || set -- 10000 1000000
cargo build --release --quiet --bins --examples
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
export HOME=$work LANG=C
for rows in "$@"; do
    target/release/examples/generate_rows "$rows" --sentences "${ANSWER:-4}" > "$work/in.jsonl"
    python3 - "$work" "$rows" ${MORE:-} <<'PY'
import os, subprocess, sys, time
work, rows, more = sys.argv[1], int(sys.argv[2]), sys.argv[3:]
base = ["target/release/viva", "grade", "--grader", "lexical", "--quiet", *more]
out = ["-o", f"{work}/out.jsonl"]
for what, arguments, piped in [
    ("pipe", ["-"], True), ("-o", [f"{work}/in.jsonl", *out], False),
    ("again", [f"{work}/in.jsonl", *out], False), ("dry run", [f"{work}/in.jsonl", "--dry-run"], False),
]:
    begun = time.time()
    with open(f"{work}/in.jsonl") as rows_in:
        child = subprocess.Popen(base + arguments, stdin=rows_in if piped else None,
                                 stdout=subprocess.DEVNULL)
        _, status, used = os.wait4(child.pid, 0)
    span = time.time() - begun
    assert status == 0, (what, status)
    print(f"{rows:>9} rows  {what:8} {used.ru_maxrss / 1024:5.1f} MB  {span:7.2f} s  "
          f"{rows / span:9.0f} rows/s  {used.ru_utime + used.ru_stime:7.1f} CPU s", flush=True)
PY
    rm -rf "$work"/*
done
