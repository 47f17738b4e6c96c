#!/usr/bin/env python3
"""Start-up of the built program: `viva --version`, `questions list`, and the first prompt of an interview.

    cargo build --release && python3 benches/startup.py [PROGRAM]

Prints the median and the worst of 30 runs each, beside a program that does nothing
(`true`), run in turn with it, so that the machine's own share can be seen.
"""
import os
import pty
import select
import statistics
import subprocess
import sys
import tempfile
import time

PROGRAM = sys.argv[1] if len(sys.argv) > 1 else "target/release/viva"
RUNS = 30


def environment(home):
    return {"HOME": home, "PATH": os.environ["PATH"], "TERM": "xterm-256color", "LANG": "en_US.UTF-8"}


def run(arguments, home):
    start = time.perf_counter()
    subprocess.run(arguments, env=environment(home), stdout=subprocess.DEVNULL, check=True)
    return time.perf_counter() - start


def first_prompt(home):
    """Seconds until the prompt stands on a real pseudo-terminal."""
    start = time.perf_counter()
    pid, master = pty.fork()
    if pid == 0:
        os.execve(PROGRAM, [PROGRAM, "interview", "--seed", "1"], environment(home))
    seen = b""
    while b"> " not in seen:
        if not select.select([master], [], [], 10)[0]:
            sys.exit(f"no prompt within ten seconds: {seen!r}")
        seen += os.read(master, 65536)
    took = time.perf_counter() - start
    os.kill(pid, 9)
    os.waitpid(pid, 0)
    os.close(master)
    return took


def report(name, measure):
    pairs = [(measure(), run(["true"], "/")) for _ in range(RUNS)]
    ours, nothing = ([pair[i] * 1000 for pair in pairs] for i in (0, 1))
    print(f"{name:28} median {statistics.median(ours):6.1f} ms   worst {max(ours):6.1f} ms   `true` {statistics.median(nothing):5.1f} ms")


with tempfile.TemporaryDirectory() as home:
    report("viva --version", lambda: run([PROGRAM, "--version"], home))
    report("viva questions list", lambda: run([PROGRAM, "questions", "list"], home))


def fresh_home():
    with tempfile.TemporaryDirectory() as home:
        return first_prompt(home)


report("first prompt, empty home", fresh_home)
