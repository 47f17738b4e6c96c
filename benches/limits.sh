#!/usr/bin/env bash
# Plays `viva grade` against servers that refuse: for each kind of limit the share of requests that
# were refused, and what got through of what was allowed, after the first two windows.
#
# Usage: benches/limits.sh [WINDOW_SECONDS]. Takes four windows and a little; all cases run side by
# side. Builds in release, or takes the programs of the folder in BIN. Nothing is left behind.
set -euo pipefail
cd "$(dirname "$0")/.."
window=${1:-60} port=${PORT:-8900}
[ -n "${BIN:-}" ] || cargo build --release --quiet --bins --examples
bin=${BIN:-target/release}
work=$(mktemp -d)
pids=()
trap 'kill "${pids[@]}" 2>/dev/null || true; rm -rf "$work"' EXIT
export HOME=$work VIVA_MODEL=mock LANG=C
"$bin/examples/generate_rows" 20000 > "$work/in.jsonl"

# What is allowed a second, in requests or tokens, then the mock's arguments.
cases() {
    local rest="--delay 500 --slots 8"
    printf '%s\n' "16 requests $rest" "16 requests $rest --helpful" \
        "16 requests $rest --by-body" "16 requests $rest --by-body --helpful"
    for windows in sliding fixed bucket; do
        for helpful in "" " --helpful"; do
            rest="--delay 200 --windows $windows --window $window$helpful"
            printf '%s\n' "10 requests --rpm $((10 * window)) $rest" \
                "20000 tokens --tpm $((20000 * window)) $rest"
        done
    done
    for helpful in "" " --helpful"; do
        rest="--delay 200 --window $window$helpful"
        printf '%s\n' "1 requests --rpm $window $rest" \
            "10 requests --rpm $((10 * window)) $rest --by-body"
    done
}

number=0
while read -r _ _ arguments; do
    number=$((number + 1)) port=$((port + 1))
    # shellcheck disable=SC2086
    "$bin/examples/mock_endpoint" --port "$port" --verbose $arguments 2> "$work/$number.log" &
    pids+=($!)
    VIVA_BASE_URL=http://127.0.0.1:$port/v1 "$bin/viva" grade "$work/in.jsonl" --unordered \
        > /dev/null 2> "$work/$number.err" &
    pids+=($!)
done < <(cases)
sleep $((4 * window + 3))
number=0
echo "| limit | refused | of the allowed |"
echo "|---|---|---|"
while read -r allowed unit arguments; do
    number=$((number + 1))
    # A program that has ended by itself leaves no requests to count, and says why.
    grep -h '^viva:' "$work/$number.err" >&2 || true
    awk -v allowed="$allowed" -v unit="$unit" -v name="$arguments" -v window="$window" '
        $1 > 0 { begun = 1 }
        begun && ++second > 2 * window && second <= 4 * window {
            requests += $1; refused += $3; tokens += $5; span++
        }
        END {
            through = unit == "tokens" ? tokens : requests - refused
            printf "| %s | %.1f %% | %.0f %% |\n", name, 100 * refused / (requests + (requests == 0)),
                100 * through / (span * allowed)
        }' "$work/$number.log"
done < <(cases)
