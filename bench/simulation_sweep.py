#!/usr/bin/env python3
"""Where the order of configs/experiments/algorithms.yaml holds: who came in the fourth week, and
hours watched, in each arm under other settings of the simulated members, one changed at a time.
Writes a table in Markdown; < and > are sure at 95 %, ~ is not decided.

    bench/simulation_sweep.py [--work DIR] [--users N] [--seed N]

MARQUEE is the program; default: build/release/marquee. 10 minutes on two cores."""

import argparse
import csv
import math
import os
import pathlib
import subprocess
import tempfile

ROOT = pathlib.Path(__file__).resolve().parent.parent
PROGRAM = os.environ.get("MARQUEE", str(ROOT / "build/release/marquee"))
ARMS = ("random", "popularity", "two_tower", "learned")
SETTINGS = ("", "visits.a_day=0.2", "visits.a_day=0.6", "visits.satisfaction=0", "visits.satisfaction=3",
            "browsing.next_row=0.5", "browsing.next_row=0.85", "browsing.next_title=0.65",
            "browsing.next_title=0.92", "browsing.trust=0", "browsing.search=0", "browsing.search=0.6",
            "choice.taste=6", "choice.taste=20", "choice.threshold=0.55", "choice.threshold=0.85",
            "choice.quality=1", "choice.sameness=0", "choice.sameness=1.5", "choice.passed=0",
            "choice.passed=1", "choice.another=0.8", "mood.memory=0.5", "mood.memory=0.95",
            "leaving.a_day=0.002", "leaving.satisfaction=0", "leaving.satisfaction=8", "leaving.idle=4")


def run(*words):
    subprocess.run([PROGRAM, *map(str, words), "--quiet"], check=True, stdout=subprocess.DEVNULL)


def prepared(work, users):
    """Makes world, models and policies, where they are not there yet."""
    if (work / "simulation.yaml").exists():
        return
    run("synth", "--users", users, "--titles", 3000, "--interactions", users * 30, "--out", work / "world")
    run("ingest", "--interactions", work / "world/interactions.csv", "--titles", work / "world/titles.csv",
        "--out", work / "data")
    for name, config in (("popularity", "popularity"), ("two_tower", "quickstart")):
        run("train", "--config", ROOT / f"configs/{config}.yaml", "--data", work / "data", "--out",
            work / f"run-{name}")
        run("export", "--run", work / f"run-{name}", "--out", work / name)
    for name in ("random", "thompson"):
        run("policy", "train", "--config", ROOT / f"configs/policies/{name}.yaml", "--out", work / f"policy-{name}")
    (work / "simulation.yaml").write_text("""simulation: {world: world}
arms:
  random:
    bundle: popularity
    policy: policy-random
    page: {candidates: 3000, because_rows: 0, favourite_rows: 0}
    share: 0.5
  popularity: {bundle: popularity, page: {because_rows: 0, favourite_rows: 0}, share: 0.5}
  two_tower: {bundle: two_tower}
  learned: {bundle: two_tower, policy: policy-thompson, page: {repeat_pages: 20}}
""")


def means(work, seed, setting):
    """By metric and arm: the mean over members and its standard error."""
    out = work / "out"
    more = ["--set", "member." + setting] if setting else []
    run("simulate", "--config", work / "simulation.yaml", "--set", f"simulation.seed={seed}", *more, "--out", out,
        "--overwrite")
    sums = {metric: {arm: [0, 0.0, 0.0] for arm in ARMS} for metric in ("retained_28", "hours")}
    with open(out / "members.csv", encoding="utf-8") as file:
        for row in csv.DictReader(file):
            for metric, of in sums.items():
                of = of[row["arm"]]
                value = float(row[metric])
                of[0], of[1], of[2] = of[0] + 1, of[1] + value, of[2] + value * value
    return {metric: {arm: (total / n, math.sqrt((squares / n - (total / n) ** 2) / n))
                     for arm, (n, total, squares) in of.items()} for metric, of in sums.items()}


def relation(low, high):
    difference = high[0] - low[0]
    error = 1.96 * math.hypot(low[1], high[1])
    return "<" if difference > error else ">" if difference < -error else "~"


def main():
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--work", type=pathlib.Path)
    options.add_argument("--users", type=int, default=12000)
    options.add_argument("--seed", type=int, default=2)
    options = options.parse_args()
    work = options.work or pathlib.Path(tempfile.mkdtemp(prefix="sweep-"))
    work.mkdir(parents=True, exist_ok=True)
    prepared(work, options.users)
    print("| setting | random | | popularity | | two_tower | | learned | hours: random | | popularity | | two_tower "
          "| | learned |\n" + "|---" * 15 + "|")
    for setting in SETTINGS:
        got = means(work, options.seed, setting)
        cells = [f"`{setting}`" if setting else "as shipped"]
        for metric, text in (("retained_28", "{:.1%}"), ("hours", "{:.1f}")):
            of = got[metric]
            for arm, after in zip(ARMS, (*ARMS[1:], None)):
                cells.append(text.format(of[arm][0]))
                if after:
                    cells.append(relation(of[arm], of[after]))
        print("| " + " | ".join(cells) + " |", flush=True)


if __name__ == "__main__":
    main()
