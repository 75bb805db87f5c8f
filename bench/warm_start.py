#!/usr/bin/env python3
"""What a night costs and gives: training from the weights of the run before on a dataset that grew by a share of its
events, against training from the beginning on all of it; NDCG@10 and seconds, on the synthetic service.

    bench/warm_start.py                          # configs/two_tower.yaml, the newest 3 % of events
    bench/warm_start.py --set train.epochs=5 --share 0.01
"""

import argparse
import csv
import json
import os
import subprocess
import sys
import tempfile
from pathlib import Path


def marquee(program: str, *words) -> None:
    result = subprocess.run([program, *map(str, words), "--quiet"], capture_output=True, text=True)
    if result.returncode != 0:
        sys.exit(f"marquee {' '.join(map(str, words))}\n{result.stderr}")


def divided(raw: Path, share: float) -> tuple[Path, Path]:
    """The events but the newest share of them, and those."""
    with open(raw / "interactions.csv", newline="") as file:
        header, *rows = csv.reader(file)
    rows.sort(key=lambda row: int(row[2]))
    cut = round(len(rows) * (1 - share))
    files = []
    for name, part in (("older", rows[:cut]), ("newer", rows[cut:])):
        files.append(raw / f"{name}.csv")
        with open(files[-1], "w", newline="") as file:
            csv.writer(file).writerows([header, *part])
    return files[0], files[1]


def trained(options, folder: Path, name: str, data: str, *more) -> tuple[Path, float]:
    run, bundle = folder / f"run-{name}", folder / f"bundle-{name}"
    words = [word for each in options.set for word in ("--set", each)]
    marquee(options.program, "train", "--config", options.config, "--data", folder / data, "--out", run, *words, *more)
    marquee(options.program, "export", "--run", run, "--out", bundle)
    return bundle, json.loads((run / "manifest.json").read_text())["facts"]["seconds"]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--config", default="configs/two_tower.yaml")
    parser.add_argument("--share", type=float, default=0.03, help="of events that are new")
    parser.add_argument("--epochs", default="1,2,4", help="of training that goes on from the run before")
    parser.add_argument("--set", action="append", default=[], metavar="KEY=VALUE")
    parser.add_argument("--program", default=os.environ.get("MARQUEE", "build/release/marquee"))
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        raw = folder / "raw"
        marquee(options.program, "synth", "--out", raw, "--users", 20_000, "--titles", 3_000, "--interactions", 600_000,
                "--seed", 1)
        older, newer = divided(raw, options.share)
        titles = ("--titles", raw / "titles.csv")
        marquee(options.program, "ingest", "--interactions", older, *titles, "--out", folder / "before")
        marquee(options.program, "ingest", "--append", folder / "before", "--interactions", newer, "--out",
                folder / "now")
        results = [("the run before, as it is", *trained(options, folder, "before", "before")),
                   ("from the beginning", *trained(options, folder, "all", "now"))]
        for epochs in options.epochs.split(","):
            results.append((f"--init, {epochs} epochs", *trained(
                options, folder, f"init-{epochs}", "now", "--init", folder / "run-before", "--set",
                f"train.epochs={epochs}")))
        marquee(options.program, "evaluate", *(word for _, bundle, _ in results for word in ("--bundle", bundle)),
                "--data", folder / "now", "--out", folder / "report")
        report = json.loads((folder / "report/report.json").read_text())
        print("| | seconds of training | NDCG@10 |\n|---|---|---|")
        for (what, _, seconds), each in zip(results, report["bundles"]):
            ndcg = each["metrics"]["full_rank"]["ndcg@10"]
            print(f"| {what} | {seconds:.0f} | {ndcg['value']:.4f} ({ndcg['low']:.4f} to {ndcg['high']:.4f}) |")


if __name__ == "__main__":
    main()
