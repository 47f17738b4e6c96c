#!/usr/bin/env bash
# Runs `oha` and `viva grade` against the mock endpoint in the same run and prints ratios.
#
# Usage: benches/throughput.sh [ROWS] [DELAY_MS]. Builds in release; oha comes from crates.io into
# a cache folder of its own. Nothing is left behind but that cache.
set -euo pipefail
cd "$(dirname "$0")/.."
rows=${1:-20000} delay=${2:-50} port=${PORT:-8971}
cache=${XDG_CACHE_HOME:-$HOME/.cache}/viva-bench
[ -x "$cache/bin/oha" ] || cargo install oha --locked --root "$cache"
cargo build --release --quiet --bins --examples
work=$(mktemp -d)
export HOME=$work VIVA_BASE_URL=http://127.0.0.1:$port/v1 VIVA_MODEL=mock LANG=C
target/release/examples/mock_endpoint --port "$port" --delay "$delay" 2>/dev/null &
mock=$!
trap 'kill "$mock"; rm -rf "$work"' EXIT
target/release/examples/generate_rows "$rows" > "$work/in.jsonl"
head -1 "$work/in.jsonl" | sed 's/.*"answer":"\(.*\)"}/\1/' > "$work/answer.txt"
target/release/viva score "$work/answer.txt" --question architecture/mqa-and-gqa --show-request |
    python3 -c 'import json,sys; print(json.dumps(json.load(sys.stdin)["body"],separators=(",",":")),end="")' > "$work/body.json"
"$cache/bin/oha" -n "$rows" -c 64 -m POST -T application/json -D "$work/body.json" --no-tui \
    --output-format json "$VIVA_BASE_URL/chat/completions" > "$work/oha.json"
python3 - "$work" "$rows" <<'PY'
import json, resource, subprocess, sys, time
work, rows = sys.argv[1], int(sys.argv[2])
oha = json.load(open(f"{work}/oha.json"))["summary"]["requestsPerSec"]
begun = time.time()
with open(f"{work}/out.jsonl", "w") as out:
    subprocess.run(["target/release/viva", "grade", f"{work}/in.jsonl", "--quiet",
                    "--max-concurrency", "64"], stdout=out, check=True)
span, used = time.time() - begun, resource.getrusage(resource.RUSAGE_CHILDREN)
cpu = used.ru_utime + used.ru_stime
print(f"oha {oha:.0f}/s  viva {rows / span:.0f}/s  ratio {rows / span / oha:.3f}")
print(f"viva: {cpu * 1000 / rows:.4f} CPU s per 1000 answers, {used.ru_maxrss / 1024:.0f} MB")
PY
