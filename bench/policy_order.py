#!/usr/bin/env python3
"""Whether off-policy estimates order policies as their own use does. Simulated members see rows in
a random order; from that log policies are trained (members of one seed) and estimated (of another),
and then each is used on its own, which gives the truth. Writes a table in Markdown.

    bench/policy_order.py [--work DIR] [--users N]

MARQUEE is the program; default: build/release/marquee. 6 minutes on two cores."""

import argparse
import csv
import itertools
import json
import os
import pathlib
import subprocess
import tempfile

ROOT = pathlib.Path(__file__).resolve().parent.parent
PROGRAM = os.environ.get("MARQUEE", str(ROOT / "build/release/marquee"))

# Trained from the log, and not learning any more while they are used.
POLICIES = {
    "fixed": ["rows.algorithm=fixed"],
    "greedy": ["rows.algorithm=epsilon_greedy"],
    "boltzmann 0.02": ["rows.algorithm=boltzmann", "rows.temperature=0.02"],
    "boltzmann 0.05": ["rows.algorithm=boltzmann", "rows.temperature=0.05"],
    "boltzmann 0.1": ["rows.algorithm=boltzmann", "rows.temperature=0.1"],
    "boltzmann 0.5": ["rows.algorithm=boltzmann", "rows.temperature=0.5"],
    "half even": ["rows.algorithm=epsilon_greedy", "rows.epsilon=0.5"],
    "nearly even": ["rows.algorithm=epsilon_greedy", "rows.epsilon=0.9"],
}


def run(*words):
    subprocess.run([PROGRAM, *map(str, words), "--quiet"], check=True, stdout=subprocess.DEVNULL)


class Bench:
    def __init__(self, work, users):
        self.work = work
        world = work / "world"
        run("synth", "--users", users, "--titles", 3000, "--interactions", users * 30, "--out", world)
        run("ingest", "--interactions", world / "interactions.csv", "--titles", world / "titles.csv",
            "--out", work / "data")
        run("train", "--config", ROOT / "configs/quickstart.yaml", "--data", work / "data", "--out", work / "run")
        run("export", "--run", work / "run", "--out", work / "bundle")

    def policy(self, name, *sets, log=None):
        out = self.work / ("policy-" + name.replace(" ", "-"))
        words = [word for each in [*sets, "policy.learns=false"] for word in ("--set", each)]
        run("policy", "train", *(["--log", log] if log else []), *words, "--out", out)
        return out

    def log_of(self, policy, seed):
        """The log of a policy in use, joined."""
        name = f"{policy.name}-{seed}"
        config = self.work / f"{name}.yaml"
        config.write_text(f"simulation: {{world: world, seed: {seed}, exposures: true}}\n"
                          f"arms: {{one: {{bundle: bundle, policy: {policy.name}}}}}\n")
        run("simulate", "--config", config, "--out", self.work / name)
        run("ingest", "--feedback", self.work / name / "arms/one/exposures", "--out", self.work / (name + "-log"))
        return self.work / (name + "-log")


def reward_of_a_page(log):
    with open(log / "shown.csv", encoding="utf-8") as file:
        rows = [(row["request_id"], float(row["reward"])) for row in csv.DictReader(file)]
    return sum(reward for _, reward in rows) / len({request for request, _ in rows})


def kendall(a, b):
    pairs = list(itertools.combinations(range(len(a)), 2))
    agree = sum((a[i] - a[j]) * (b[i] - b[j]) > 0 for i, j in pairs)
    return (2 * agree - len(pairs)) / len(pairs)


def main():
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--work", type=pathlib.Path)
    options.add_argument("--users", type=int, default=8000)
    options = options.parse_args()
    work = options.work or pathlib.Path(tempfile.mkdtemp(prefix="policy-order-"))
    work.mkdir(parents=True, exist_ok=True)
    bench = Bench(work, options.users)
    random = bench.policy("random", "rows.algorithm=random")
    training, estimating = bench.log_of(random, 1), bench.log_of(random, 2)
    policies = {name: bench.policy(name, *sets, log=None if name == "fixed" else training)
                for name, sets in POLICIES.items()}
    run("ope", "--log", estimating, "--policy", *policies.values(), "--resamples", 200, "--out", work / "ope")
    report = json.loads((work / "ope/report.json").read_text())
    estimates = {each["name"]: each for each in report["policies"]}
    rows = []
    for name, folder in policies.items():
        found = estimates[folder.name]["pages"]["estimates"]
        rows.append((name, found[report["leading_of_pages"]], found["sn_iips"],
                     reward_of_a_page(bench.log_of(folder, 3)), estimates[folder.name]["result"]))
    print("| policy | estimated reward a page | 95 % | with rows taken as independent | in its own use | |\n"
          "|---|---|---|---|---|---|")
    for name, cascade, independent, truth, result in sorted(rows, key=lambda row: row[3]):
        print(f"| {name} | {cascade['value']:.3f} | {cascade['low']:.3f} to {cascade['high']:.3f} | "
              f"{independent['value']:.3f} | {truth:.3f} | {'refused' if result == 'refused' else ''} |")
    for what, column, which in (("whole pages, without the refused", 1, "estimated"),
                                ("whole pages, all", 1, ""), ("independent rows, all", 2, "")):
        some = [row for row in rows if which in row[4]]
        tau = kendall([row[column]["value"] for row in some], [row[3] for row in some])
        print(f"\nKendall's tau, {what} ({len(some)} policies): {tau:.2f}")


if __name__ == "__main__":
    main()
