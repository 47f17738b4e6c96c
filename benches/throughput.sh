#!/usr/bin/env bash
# Runs `oha -c 64` and `viva grade --max-concurrency 64` in turn against the mock endpoint and
# prints what each reached, their ratio, and the CPU time and memory of viva.
#
# Usage: benches/throughput.sh [ROWS] [DELAY_MS] [REPEATS]. Builds in release; oha comes from
# crates.io into a cache folder of its own. Nothing is left behind but that cache.
set -euo pipefail
cd "$(dirname "$0")/.."
rows=${1:-20000} delay=${2:-50} repeats=${3:-3} port=${PORT:-8971}
cache=${XDG_CACHE_HOME:-$HOME/.cache}/viva-bench
[ -x "$cache/bin/oha" ] || cargo install oha --locked --root "$cache"
[ -n "${NO_BUILD:-}" ] || cargo build --release --quiet --bins --examples
work=$(mktemp -d)
export HOME=$work VIVA_BASE_URL=http://127.0.0.1:$port/v1 VIVA_MODEL=mock LANG=C
target/release/examples/mock_endpoint --port "$port" --delay "$delay" 2>/dev/null &
mock=$!
trap 'kill "$mock"; rm -rf "$work"' EXIT
target/release/examples/generate_rows "$rows" > "$work/in.jsonl"
python3 benches/throughput.py "$work" "$rows" "$repeats" "$cache/bin/oha"
