"""The rule for ials' weight of the unobserved, beside one number for all data and the best of a grid.

    python3 bench/ials_weight.py OUT [DATASET ...]

Trains configs/ials.yaml on each DATASET and on two planted services that are made in OUT, of many
titles and few events a member: groups of 20 titles, some of which a member watches, and a third of
the events at random. Prints a Markdown table of NDCG@10 on the valid part. MARQUEE is the program,
by default build/release/marquee; it needs only Python's standard library.
"""

import json
import os
import pathlib
import random
import subprocess
import sys
import tempfile

ROOT = pathlib.Path(__file__).resolve().parents[1]
PROGRAM = os.environ.get("MARQUEE", str(ROOT / "build/release/marquee"))
WEIGHTS, PENALTIES = (0.3, 0.1, 0.03, 0.01, 0.003), (0.01, 0.003)
GROUP, RANDOM = 20, 0.35
PLANTED = {  # members, titles, mean events, groups a member watches
    "22,000 members with 9 events, 12,000 titles": (22_000, 12_000, 9, 3),
    "25,000 members with 25 events, 40,000 titles": (25_000, 40_000, 25, 5),
}


def marquee(*words):
    subprocess.run([PROGRAM, *map(str, words), "--quiet"], check=True, stdout=subprocess.DEVNULL,
                   stderr=subprocess.DEVNULL)


def plant(folder, members, titles, mean, watched):
    """Titles and groups are popular by a power law."""
    draw = random.Random(1)
    popular = [min(50.0, draw.paretovariate(0.6)) for _ in range(titles)]
    groups = [range(first, first + GROUP) for first in range(0, titles, GROUP)]
    weights = [min(30.0, draw.paretovariate(0.8)) for _ in groups]
    with open(folder / "events.csv", "w") as file:
        file.write("user_id,title_id,timestamp\n")
        for member in range(members):
            own = draw.choices(groups, weights, k=watched)
            seen = {}
            for _ in range(max(5, int(draw.expovariate(1 / (mean - 4))) + 4)):
                anything = draw.random() < RANDOM
                among = range(titles) if anything else draw.choice(own)
                title = draw.choices(among, [popular[t] for t in among] if not anything else None)[0]
                seen.setdefault(title, len(seen))
            for title, place in seen.items():
                file.write(f"u{member},t{title},{1_600_000_000 + 86_400 * place}\n")
    (folder / "titles.csv").write_text(
        "title_id,name\n" + "".join(f"t{t},T{t}\n" for t in range(titles)))
    marquee("ingest", "--interactions", folder / "events.csv", "--titles", folder / "titles.csv",
            "--out", folder / "data")
    return folder / "data"


def ndcg(data, **settings):
    with tempfile.TemporaryDirectory() as folder:
        words = [w for key, value in settings.items() for w in ("--set", f"model.{key}={value}")]
        marquee("train", "--config", ROOT / "configs/ials.yaml", "--data", data, "--out",
                f"{folder}/run", *words)
        facts = json.loads(pathlib.Path(f"{folder}/run/manifest.json").read_text())["facts"]
        return facts["best"]["valid_ndcg@10"]


def main():
    if len(sys.argv) < 2:
        sys.exit(__doc__)
    out = pathlib.Path(sys.argv[1])
    data = {pathlib.Path(name).name: pathlib.Path(name) for name in sys.argv[2:]}
    for name, planted in PLANTED.items():
        folder = out / str(planted[1])
        if not (folder / "data").exists():
            folder.mkdir(parents=True, exist_ok=True)
            plant(folder, *planted)
        data[name] = folder / "data"
    print("| data | by the rule | weight 0.1 | best of the grid | which |\n|---|---|---|---|---|")
    for name, folder in data.items():
        grid = {(weight, penalty): ndcg(folder, unobserved_weight=weight, regularisation=penalty)
                for weight in WEIGHTS for penalty in PENALTIES}
        best = max(grid, key=grid.get)
        print(f"| {name} | {ndcg(folder):.4f} | {grid[0.1, 0.01]:.4f} | {grid[best]:.4f} | "
              f"weight {best[0]}, penalty {best[1]} |", flush=True)


if __name__ == "__main__":
    main()
