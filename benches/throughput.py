"""The measuring half of throughput.sh, which prepares what it needs.

The rate of `viva` is that of result lines from the end of the ramp to the last line: its limit
starts at 8 requests in flight and doubles per round, so that the first 20 rounds of 64 are left
out. The rate of `oha`, which sends the body of viva's first request again and again, is the one
it reports itself over all requests. CPU time is user and system time of the whole program; that
of `oha` in the same run tells how fast the machine is.
"""

import json
import os
import subprocess
import sys
import time
from statistics import median

WORK, ROWS, REPEATS, OHA = sys.argv[1], int(sys.argv[2]), int(sys.argv[3]), sys.argv[4]
VIVA, URL, FLIGHT = "target/release/viva", os.environ["VIVA_BASE_URL"], 64
RAMP = 20 * FLIGHT


def request_body():
    """The body of viva's request for the first row."""
    with open(f"{WORK}/in.jsonl") as rows:
        row = json.loads(next(rows))
    shown = subprocess.run(
        [VIVA, "score", "-", "--question", row["question_id"], "--show-request"],
        input=row["answer"].encode(), stdout=subprocess.PIPE, check=True)
    with open(f"{WORK}/body.json", "w") as body:
        json.dump(json.loads(shown.stdout)["body"], body, separators=(",", ":"))


def oha():
    """Replies a second, and CPU seconds."""
    run = subprocess.Popen(
        [OHA, "-n", str(ROWS), "-c", str(FLIGHT), "-m", "POST", "-T", "application/json",
         "-D", f"{WORK}/body.json", "--no-tui", "--output-format", "json",
         f"{URL}/chat/completions"], stdout=subprocess.PIPE)
    report = json.load(run.stdout)
    _, status, used = os.wait4(run.pid, 0)
    assert status == 0, status
    assert report["statusCodeDistribution"] == {"200": ROWS}, report["statusCodeDistribution"]
    return report["summary"]["requestsPerSec"], used.ru_utime + used.ru_stime


def viva():
    """Lines a second after the ramp, CPU seconds, and peak memory in MB."""
    run = subprocess.Popen(
        [VIVA, "grade", f"{WORK}/in.jsonl", "--quiet", "--max-concurrency", str(FLIGHT)],
        stdout=subprocess.PIPE, bufsize=0)
    lines, first, begun, last = 0, 0, None, 0.0
    while chunk := run.stdout.read(1 << 18):
        lines, last = lines + chunk.count(b"\n"), time.perf_counter()
        if begun is None and lines >= RAMP:
            first, begun = lines, last
    _, status, used = os.wait4(run.pid, 0)
    assert status == 0 and lines == ROWS, (status, lines)
    return (lines - first) / (last - begun), used.ru_utime + used.ru_stime, used.ru_maxrss / 1024


request_body()
ratios, costs = [], []
for number in range(REPEATS):
    bare, least = oha()
    rate, cpu, memory = viva()
    ratios.append(rate / bare)
    costs.append(cpu * 1000 / ROWS)
    print(f"{number + 1}: oha {bare:.0f}/s  viva {rate:.0f}/s  ratio {ratios[-1]:.3f}  "
          f"{costs[-1]:.4f} CPU s per 1000 answers (oha {least * 1000 / ROWS:.4f})  "
          f"{memory:.0f} MB", flush=True)
print(f"median ratio {median(ratios):.3f}, {median(costs):.4f} CPU s per 1000 answers")
