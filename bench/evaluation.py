#!/usr/bin/env python3
"""How long the evaluation of a large service takes, and how much memory.

    bench/evaluation.py OUT [--marquee build/release/marquee] [--titles 60000]

Makes synthetic services of 50,000 and 100,000 users in OUT, trains a two-tower of width 64 for a
few hundred steps on each, and evaluates it: every title is ranked for every user, with all
metrics, slices and 1,000 resamples. Prints the seconds of the report's parts, of the whole command,
and its peak memory. Flat memory is the same for both. What is in OUT already is not made again.
"""

import argparse
import json
import os
import pathlib
import shutil
import subprocess
import sys
import time

CONFIG = """
model: {name: two_tower, dim: 64, history: {encoder: mean}, loss: {kind: sampled}}
data: {max_history: 50}
train: {epochs: 1, batch_size: 1024}
"""


def marquee(program, *words):
    """Seconds and peak memory in MiB."""
    start = time.monotonic()
    process = subprocess.Popen([program, *map(str, words), "--quiet"], stdout=subprocess.DEVNULL)
    _, status, usage = os.wait4(process.pid, 0)
    if status != 0:
        sys.exit(f"marquee {' '.join(map(str, words))} failed")
    return time.monotonic() - start, usage.ru_maxrss / 1024


def bench(options, users):
    out = pathlib.Path(options.out) / str(users)
    out.mkdir(parents=True, exist_ok=True)
    run = lambda *words: marquee(options.marquee, *words)
    if not (out / "dataset").exists():
        run("synth", "--users", users, "--titles", options.titles, "--interactions", 30 * users,
            "--out", out / "synth", "--overwrite")
        run("ingest", "--interactions", out / "synth/interactions.csv", "--titles",
            out / "synth/titles.csv", "--users", out / "synth/users.csv", "--out", out / "dataset")
        shutil.rmtree(out / "synth")
    if not (out / "bundle").exists():
        (out / "config.yaml").write_text(CONFIG, encoding="utf-8")
        run("train", "--config", out / "config.yaml", "--data", out / "dataset", "--out",
            out / "run", "--overwrite")
        run("export", "--run", out / "run", "--out", out / "bundle")
    seconds, memory = run("evaluate", "--bundle", out / "bundle", "--data", out / "dataset",
                          "--out", out / "report", "--overwrite")
    report = json.loads((out / "report/report.json").read_text(encoding="utf-8"))
    timing = report["timings"][0]
    print(f"| {report['test_users']['users']:,} | {report['dataset']['titles']:,} | "
          f"{timing['answer_seconds']:.1f} s | {timing['arithmetic_seconds']:.1f} s | "
          f"{seconds:.1f} s | {memory:,.0f} MiB |", flush=True)


def main():
    parser = argparse.ArgumentParser(description=__doc__,
                                     formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("out")
    parser.add_argument("--marquee", default="build/release/marquee")
    parser.add_argument("--titles", type=int, default=60_000)
    options = parser.parse_args()
    print("| test users | titles | ranking | metrics | in all | peak memory |")
    print("|---" * 6 + "|")
    for users in (50_000, 100_000):
        bench(options, users)


main()
