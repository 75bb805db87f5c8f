#!/usr/bin/env python3
"""What models make of titles that members disliked: NDCG@10 of what they watched next, and the share of what they
disliked next that is among the first ten, by model.dislikes. Ratings below 3 count as disliked where they have
a scale to 5, below 5 where it goes to 10.

    bench/dislikes.py                      # the synthetic service, which plants dislikes
    bench/dislikes.py --data FOLDER        # a MovieLens folder
    bench/dislikes.py --data FOLDER        # or one with interactions.csv and titles.csv, rated to 10
"""

import argparse
import json
import os
import subprocess
import sys
import tempfile
from pathlib import Path

LOW = ["--set", "weights.rating.0=-1", "--set", "weights.rating.3=0.6", "--set", "weights.rating.4=0.8",
       "--set", "weights.rating.5=1"]

LOW_OF_TEN = ["--set", "weights.rating.0=-1", "--set", "weights.rating.5=0.4", "--set", "weights.rating.7=0.8",
              "--set", "weights.rating.9=1"]


def marquee(program: str, *words) -> str:
    result = subprocess.run([program, *map(str, words), "--quiet"], capture_output=True, text=True)
    if result.returncode != 0:
        sys.exit(f"marquee {' '.join(map(str, words))}\n{result.stderr}")
    return result.stdout


def dataset(options, folder: Path) -> Path:
    out = folder / "data"
    if options.data and (Path(options.data) / "interactions.csv").exists():
        marquee(options.program, "ingest", "--interactions", Path(options.data) / "interactions.csv", "--titles",
                Path(options.data) / "titles.csv", *LOW_OF_TEN, "--split", options.split, "--out", out)
        return out
    if options.data:
        marquee(options.program, "ingest", "--movielens", options.data, *LOW, "--split", options.split, "--out", out)
        return out
    raw = folder / "raw"
    marquee(options.program, "synth", "--out", raw, "--users", 20_000, "--titles", 3_000, "--interactions", 600_000,
            "--seed", 1)
    marquee(options.program, "ingest", "--interactions", raw / "interactions.csv", "--titles", raw / "titles.csv", *LOW,
            "--split", options.split, "--out", out)
    return out


def bundle(options, folder: Path, data: Path, model: str, dislikes: float) -> Path:
    run, out = folder / "run", folder / f"{model}-{dislikes:g}"
    words = [word for each in options.set for word in ("--set", each)]
    marquee(options.program, "train", "--config", f"configs/{model}.yaml", "--data", data, "--out", run, "--overwrite",
            "--set", f"model.dislikes={dislikes}", *words)
    marquee(options.program, "export", "--run", run, "--out", out)
    return out


def show(report: dict, weights: list[float]) -> None:
    """With the paired difference from the first weight."""
    first = report["bundles"][0]["name"]

    def cell(bundle: dict, protocol: str, metric: str) -> str:
        text = f"{bundle['metrics'][protocol][metric]['value']:.4f}"
        for each in report["differences"]:
            names = {each["bundle"], each["minus"]}
            if each["protocol"] != protocol or each["metric"] != metric or names != {first, bundle["name"]}:
                continue
            low, high = each["low"], each["high"]
            if each["minus"] != first:
                low, high = -high, -low
            text += f" ({low:+.4f} to {high:+.4f})"
        return text

    for weight, each in zip(weights, report["bundles"]):
        print(f"| {each['model']} | {weight:g} | {cell(each, 'full_rank', 'ndcg@10')} | "
              f"{cell(each, 'disliked', 'recall@10')} |", flush=True)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--data", help="a folder of files; default: the synthetic service")
    parser.add_argument("--split", default="temporal")
    parser.add_argument("--models", default="item_knn,ease,ials")
    parser.add_argument("--dislikes", default="0,0.1,0.3,1")
    parser.add_argument("--set", action="append", default=[], metavar="KEY=VALUE")
    parser.add_argument("--program", default=os.environ.get("MARQUEE", "build/release/marquee"))
    options = parser.parse_args()
    weights = [float(each) for each in options.dislikes.split(",")]
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        data = dataset(options, folder)
        print("| model | dislikes | NDCG@10 | disliked@10 |\n|---|---|---|---|")
        for model in options.models.split(","):
            bundles = [bundle(options, folder, data, model, weight) for weight in weights]
            marquee(options.program, "evaluate", *(word for each in bundles for word in ("--bundle", each)), "--data",
                    data, "--out", folder / "report", "--overwrite")
            show(json.loads((folder / "report/report.json").read_text()), weights)


if __name__ == "__main__":
    main()
