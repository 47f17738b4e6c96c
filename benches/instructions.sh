#!/usr/bin/env bash
# Counts the instructions that one answer costs `viva grade` in user space, by valgrind's callgrind:
# the difference between 4,000 and 1,000 answers against the mock endpoint. Unlike times, the count
# hardly depends on the machine or on what else runs there. The profile of the larger run stays in
# target/callgrind.out, for `callgrind_annotate --inclusive=yes`.
#
# Usage: benches/instructions.sh. Builds in release; needs valgrind, which knows no SHA instructions
# and so counts more for them than there are.
set -euo pipefail
cd "$(dirname "$0")/.."
port=${PORT:-8975}
[ -n "${NO_BUILD:-}" ] || cargo build --release --quiet --bins --examples
work=$(mktemp -d)
export HOME=$work VIVA_BASE_URL=http://127.0.0.1:$port/v1 VIVA_MODEL=mock LANG=C
target/release/examples/mock_endpoint --port "$port" 2>/dev/null &
mock=$!
trap 'kill "$mock"; rm -rf "$work"' EXIT
count() {
    target/release/examples/generate_rows "$1" > "$work/in.jsonl"
    valgrind --tool=callgrind --callgrind-out-file=target/callgrind.out \
        target/release/viva grade "$work/in.jsonl" --quiet > /dev/null 2> "$work/said"
    awk '/^totals:/ { print $2 }' target/callgrind.out
}
few=$(count 1000)
many=$(count 4000)
echo "$(((many - few) / 3000)) instructions an answer"
