"""What differential privacy of members costs, as a Markdown table: NDCG@10 on test by epsilon.

    python3 bench/privacy_utility.py [--folder DIR] [--movielens DIR] [--two-tower]

MARQUEE is the program, by default build/release/marquee. It needs only Python's standard library.
Data: a synthetic service of 20,000 members, 2,000 titles and 1,000,000 events, and a folder of
MovieLens files, such as ml-latest-small. Each model is trained without privacy and with every
epsilon of EPSILONS; then all bundles of one model are evaluated together, by `marquee evaluate`.
--two-tower adds a small two_tower on the synthetic service, which takes minutes for each epsilon."""

import argparse
import json
import os
import pathlib
import subprocess
import sys
import tempfile

ROOT = pathlib.Path(__file__).resolve().parent.parent
PROGRAM = os.environ.get("MARQUEE", str(ROOT / "build/release/marquee"))
EPSILONS = (20, 10, 5, 2, 1)
PLAIN = {  # without privacy
    "popularity": {"model.name": "popularity"},
    "ials": {"model.name": "ials", "model.dim": 64, "model.regularisation": 0.01,
             "model.unobserved_weight": 0.1, "data.max_history": 5000, "train.epochs": 16},
    "two_tower": {"model.name": "two_tower", "model.dim": 16, "model.history.encoder": "mean",
                  "model.title.features": "false", "train.batch_size": 64, "train.epochs": 5},
}
PRIVATE = {  # what a private run changes
    "ials": {"model.dim": 32, "train.epochs": 2},
    "two_tower": {"model.history.dropout": 0, "train.batch_size": 2000, "train.epochs": 3,
                  "train.learning_rate": 0.02, "train.warmup_steps": 1, "train.weight_decay": 0},
}


def marquee(*words):
    result = subprocess.run([PROGRAM, *map(str, words)], capture_output=True, text=True)
    if result.returncode:
        sys.exit(f"{' '.join(map(str, words))}\n{result.stderr}")


def bundle(folder, data, name, keys):
    """Trains and exports, unless that was done before."""
    out = folder / name / "bundle"
    if out.exists():
        return out
    config = folder / "empty.yaml"
    config.write_text(f"model: {{name: {keys['model.name']}}}\n")
    sets = [word for key, value in keys.items() for word in ("--set", f"{key}={value}")]
    marquee("train", "--config", config, "--data", data, "--out", folder / name / "run", "--overwrite", *sets)
    marquee("export", "--run", folder / name / "run", "--out", out)
    return out


def evaluated(folder, data, bundles):
    """(bundle's name, NDCG@10, low, high) of each."""
    words = [word for path in bundles for word in ("--bundle", path)]
    marquee("evaluate", "--data", data, "--out", folder, "--overwrite", *words)
    report = json.loads((folder / "report.json").read_text())
    return [one["metrics"]["full_rank"]["ndcg@10"] for one in report["bundles"]]


def table(folder, data, model, what):
    names = ["popularity", f"{model}, not private"] + [f"{model}, epsilon {e}" for e in EPSILONS]
    bundles = [bundle(folder, data, "popularity", PLAIN["popularity"]), bundle(folder, data, model, PLAIN[model])]
    for epsilon in EPSILONS:
        keys = PLAIN[model] | PRIVATE[model] | {"train.privacy.epsilon": epsilon}
        bundles.append(bundle(folder, data, f"{model}-{epsilon}", keys))
    values = evaluated(folder / f"report-{model}", data, bundles)
    plain = values[1]["value"]
    print(f"\n{what}\n\n| | NDCG@10 | 95 % interval | of not private |\n|---|---|---|---|")
    for name, value in zip(names, values):
        print(f"| {name} | {value['value']:.4f} | {value['low']:.4f} to {value['high']:.4f} | "
              f"{value['value'] / plain:.0%} |", flush=True)


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--folder", type=pathlib.Path, default=pathlib.Path(tempfile.gettempdir()) / "marquee-privacy")
    parser.add_argument("--movielens", type=pathlib.Path)
    parser.add_argument("--two-tower", action="store_true")
    options = parser.parse_args()
    synth, data = options.folder / "synth", options.folder / "data"
    options.folder.mkdir(parents=True, exist_ok=True)
    if not data.exists():
        marquee("synth", "--users", 20_000, "--titles", 2_000, "--interactions", 1_000_000, "--out", synth, "--overwrite")
        marquee("ingest", "--interactions", synth / "interactions.csv", "--titles", synth / "titles.csv", "--out", data)
    table(options.folder, data, "ials", "The synthetic service, 20,000 members:")
    if options.movielens:
        small = options.folder / "movielens"
        if not (small / "data").exists():
            small.mkdir(exist_ok=True)
            marquee("ingest", "--movielens", options.movielens, "--out", small / "data")
        table(small, small / "data", "ials", f"{options.movielens.name}:")
    if options.two_tower:
        table(options.folder, data, "two_tower", "The synthetic service, 20,000 members:")


if __name__ == "__main__":
    main()
