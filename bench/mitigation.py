"""What fairer training and floors of exposure give and cost, on all metrics, as a Markdown table.

    python3 bench/mitigation.py [--folder DIR] [--members N]

MARQUEE is the program, by default build/release/marquee. It needs only Python's standard library.
Data: a synthetic service whose users have a column `likes`, in which a minority is planted: those
whose favourite genre is one of the RAREST rarest favourites. A tenth of the members is held out
whole. A two_tower is trained as it is, with groups that count the same (train.groups.balance), and
with vectors that are to hide the column (model.loss.hide_groups), each weight of HIDE. Lists of the
first are made with floors of exposure for every genre (diversity.floors_of) as well. Then `marquee
evaluate`, `audit fairness` and `audit privacy` measure each."""

import argparse
import collections
import csv
import json
import os
import pathlib
import subprocess
import sys
import tempfile

ROOT = pathlib.Path(__file__).resolve().parent.parent
PROGRAM = os.environ.get("MARQUEE", str(ROOT / "build/release/marquee"))
RAREST = 4  # favourite genres
HIDE = (0.3, 3)
FLOORS = (0.5, 0.8)
MODEL = """model: {name: two_tower, dim: 32, history: {encoder: mean}}
data: {max_history: 50}
train: {epochs: 6, batch_size: 64, learning_rate: 0.003}
"""


def marquee(*words):
    result = subprocess.run([PROGRAM, *map(str, words)], capture_output=True, text=True)
    if result.returncode:
        sys.exit(f"{' '.join(map(str, words))}\n{result.stderr}")


def plant(source, folder):
    """users.csv with the column `likes`. → share of the minority."""
    with open(source / "truth_users.csv", newline="") as file:
        favourite = {row["user_id"]: row["genres"].split("|")[0] for row in csv.DictReader(file)}
    rarest = {genre for genre, _ in sorted(collections.Counter(favourite.values()).items(),
                                           key=lambda item: (item[1], item[0]))[:RAREST]}
    with open(folder / "users.csv", "w", newline="") as file:
        rows = csv.writer(file)
        rows.writerow(("user_id", "likes"))
        rows.writerows((user, "minor" if genre in rarest else "major") for user, genre in favourite.items())
    return sum(genre in rarest for genre in favourite.values()) / len(favourite)


def make_data(folder, members):
    marquee("synth", "--out", folder / "synth", "--users", members, "--titles", 2000, "--interactions", 50 * members,
            "--overwrite")
    share = plant(folder / "synth", folder)
    marquee("ingest", "--interactions", folder / "synth/interactions.csv", "--titles", folder / "synth/titles.csv",
            "--users", folder / "users.csv", "--split", "strong", "--out", folder / "data", "--overwrite")
    return share


def make_bundle(folder, name, settings):
    (folder / "model.yaml").write_text(MODEL)
    sets = [word for key, value in settings.items() for word in ("--set", f"{key}={value}")]
    marquee("train", "--config", folder / "model.yaml", *sets, "--data", folder / "data", "--out",
            folder / f"{name}-run", "--overwrite")
    marquee("export", "--run", folder / f"{name}-run", "--out", folder / name, "--overwrite")


def report_of(folder, *words):
    marquee(*words, "--data", folder / "data", "--out", folder / "report", "--overwrite")
    return json.loads((folder / "report/report.json").read_text())


def metrics_of(folder, name, serving):
    """Accuracy and the other sides of lists, by evaluate."""
    found = report_of(folder, "evaluate", "--bundle", folder / name, *(["--config", serving] if serving else []))
    bundle = found["bundles"][0]
    if serving:  # strength 0 and its own, which is 0
        values = bundle["diversity"][0]["metrics"]
    else:
        values = {**bundle["metrics"]["full_rank"], **bundle["metrics"]["beyond_accuracy"]}
    return {key: values[key]["value"] if isinstance(values[key], dict) else values[key]
            for key in ("ndcg@10", "coverage@10", "gini@10", "diversity@10", "novelty@10")}


def measure(folder, name, floors=None):
    serving = None
    if floors:
        serving = folder / "serving.yaml"
        serving.write_text(f"diversity:\n  floors_of: genre\n  floors: {floors}\n")
    row = metrics_of(folder, name, serving)
    fair = report_of(folder, "audit", "fairness", "--bundle", folder / name,
                     *(["--serving", serving] if serving else []))
    groups = {group["name"]: group for group in fair["members"]["likes"]["groups"]}
    row["minor"] = groups["minor"]["ndcg@10"]["value"]
    row["gap"] = groups["minor"]["gap"]
    row["least genre"] = min(genre["ratio"]["value"] for genre in fair["providers"]["genre"]
                             if genre["watched"] >= 0.01)
    row["amortised"] = fair["amortised"]["genre"]["value"]
    probe = report_of(folder, "audit", "privacy", "--bundle", folder / name)["bundles"][0]["attributes"]["likes"]
    row["probe"] = probe["auc"]
    return row


def interval(value, digits=3):
    return f"{value['value']:.{digits}f} ({value['low']:.{digits}f} to {value['high']:.{digits}f})"


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--folder", type=pathlib.Path, default=pathlib.Path(tempfile.gettempdir()) / "marquee-mitigation")
    parser.add_argument("--members", type=int, default=12_000)
    options = parser.parse_args()
    options.folder.mkdir(parents=True, exist_ok=True)
    share = make_data(options.folder, options.members)
    print(f"The minority is {share:.1%} of {options.members:,} members.\n")
    print("| | NDCG@10 | of the minority | its gap to the others | group read from vectors, AUC | least shown genre: "
          "shown / watched | exposure of genres off by | coverage | Gini | genre distance | novelty |")
    print("|---|---|---|---|---|---|---|---|---|---|---|")
    hidden = {"train.groups.attribute": "likes", "train.groups.balance": 0}
    variants = [("as it is", "plain", {}, None)]
    variants += [(f"floors for genres, {floors}", "plain", {}, floors) for floors in FLOORS]
    variants += [("groups balanced", "balanced", {**hidden, "train.groups.balance": 1}, None)]
    variants += [(f"group hidden, weight {weight}", f"hidden{weight}", {**hidden, "model.loss.hide_groups": weight},
                  None) for weight in HIDE]
    for label, name, settings, floors in variants:
        if floors is None:
            make_bundle(options.folder, name, settings)
        row = measure(options.folder, name, floors)
        print(f"| {label} | {row['ndcg@10']:.4f} | {row['minor']:.4f} | {interval(row['gap'])} | "
              f"{interval(row['probe'])} | {row['least genre']:.2f} | {row['amortised']:.3f} | "
              f"{row['coverage@10']:.3f} | {row['gini@10']:.3f} | {row['diversity@10']:.3f} | "
              f"{row['novelty@10']:.2f} |", flush=True)


if __name__ == "__main__":
    main()
