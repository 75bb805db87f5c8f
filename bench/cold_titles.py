"""How well titles that nobody has watched are ranked, as a Markdown table: NDCG@10 by model.

    python3 bench/cold_titles.py [--folder DIR] [--movielens DIR] [--movietweetings DIR] [--draws N]

MARQUEE is the program, by default build/release/marquee; numpy is needed (scripts/setup --peers).
A tenth of the titles with interactions, drawn at random, is hidden whole: training has none of their
interactions, only their rows of the titles file. Of the hidden titles that a member watched one,
drawn at random, is to be found, behind the member's history of all other titles, among the hidden
titles that the member did not watch. So every member has one target, and NDCG@10 is
1 / log2(1 + rank), or 0 beyond 10.

two_tower is trained with configs/quickstart.yaml and cosines (model.scores), and evaluated with
`marquee evaluate --candidates`.
The others are computed here: cosine of genres, actors, director and studio between a hidden title and
the titles of the history, the mean over all of them or over the ten nearest; and popularity, which is
0 for all hidden titles, so that every order is as likely. Intervals resample members."""

import argparse
import collections
import csv
import json
import os
import pathlib
import random
import subprocess
import sys
import tempfile

import numpy

ROOT = pathlib.Path(__file__).resolve().parent.parent
PROGRAM = os.environ.get("MARQUEE", str(ROOT / "build/release/marquee"))
HIDDEN = 0.1  # of titles with interactions
CONTENT = ("genres", "actors", "directors", "studios")
NEAREST = 10
RESAMPLES = 1000


def marquee(*words):
    result = subprocess.run([PROGRAM, *map(str, words)], capture_output=True, text=True)
    if result.returncode:
        sys.exit(f"{' '.join(map(str, words))}\n{result.stderr}")


def rows_of(path):
    with open(path, newline="") as file:
        return list(csv.DictReader(file))


def movielens(folder):
    """(events as (user, title, time, rating), titles as a dict of rows) with credits."""
    events = [(r["userId"], r["movieId"], int(r["timestamp"]), r["rating"]) for r in rows_of(folder / "ratings.csv")]
    titles = {r["movieId"]: {"name": r["title"], "genres": r["genres"].replace("(no genres listed)", "")}
              for r in rows_of(folder / "movies.csv")}
    for row in rows_of(folder / "credits.csv"):
        if row["movieId"] in titles:
            titles[row["movieId"]] |= {key: row[key] for key in ("actors", "directors", "studios", "language")}
            titles[row["movieId"]]["year"] = row["releaseDate"][:4]
    return events, titles


def movietweetings(folder):
    events = [(r["user_id"], r["title_id"], int(r["timestamp"]), r["value"])
              for r in rows_of(folder / "interactions.csv")]
    return events, {r["title_id"]: r for r in rows_of(folder / "titles.csv")}


def split(events, hidden, draw):
    """Histories without hidden titles, and for each member a hidden title to find and the others watched."""
    histories, found = {}, {}
    for event in sorted(events, key=lambda e: e[2]):
        (found if event[1] in hidden else histories).setdefault(event[0], []).append(event)
    targets = {}
    for user in sorted(found):
        if len(histories.get(user, ())) >= 2:
            watched = sorted({event[1] for event in found[user]})
            targets[user] = (draw.choice(watched), set(watched))
    return histories, targets


def write_csv(path, header, rows):
    with open(path, "w", newline="") as file:
        csv.writer(file).writerows([header, *rows])


def evaluate_two_tower(folder, histories, targets, titles, hidden):
    """NDCG@10 among the candidates, with its interval. The target is the last event of its member."""
    folder.mkdir(parents=True, exist_ok=True)
    events = []
    for user, history in histories.items():
        for n, (_, title, time, value) in enumerate(history):
            part = "valid" if n == len(history) - 1 else "train"
            events.append((user, title, time, "rating", value, part))
        if user in targets:
            events.append((user, targets[user][0], history[-1][2] + 1, "rating", history[-1][3], "test"))
    write_csv(folder / "events.csv", ("user_id", "title_id", "timestamp", "event", "value", "split"), events)
    columns = ("name", "year", "genres", "actors", "directors", "studios", "language")
    write_csv(folder / "titles.csv", ("title_id", *columns),
              [(title, *(row.get(column, "") for column in columns)) for title, row in titles.items()])
    write_csv(folder / "candidates.csv", ("user_id", "title_id"),
              [(user, title) for user, (target, watched) in targets.items()
               for title in sorted(hidden - watched | {target})])
    marquee("ingest", "--interactions", folder / "events.csv", "--titles", folder / "titles.csv", "--split", "given",
            "--out", folder / "data", "--overwrite")
    marquee("train", "--config", ROOT / "configs/quickstart.yaml", "--set", "model.scores=cosine", "--data",
            folder / "data", "--out", folder / "run", "--overwrite")
    marquee("export", "--run", folder / "run", "--out", folder / "bundle", "--overwrite")
    marquee("evaluate", "--bundle", folder / "bundle", "--data", folder / "data", "--candidates",
            folder / "candidates.csv", "--out", folder / "report", "--overwrite")
    report = json.loads((folder / "report/report.json").read_text())
    value = report["bundles"][0]["metrics"]["candidates"]["ndcg@10"]
    return value["value"], value["low"], value["high"]


def content_vectors(titles):
    """[titles, names] of length 1, or 0 without any content; and the row of each title. Names of a single title add
    to its length and to no product, so they have no column."""
    contents = [{(column, name) for column in CONTENT for name in filter(None, title.get(column, "").split("|"))}
                for title in titles.values()]
    counts = collections.Counter(name for content in contents for name in content)
    column = {name: at for at, name in enumerate(sorted(name for name, count in counts.items() if count > 1))}
    vectors = numpy.zeros((len(titles), len(column)), dtype=numpy.float32)
    for row, content in enumerate(contents):
        vectors[row, [column[name] for name in content if name in column]] = 1 / max(1, len(content)) ** 0.5
    return vectors, {title: row for row, title in enumerate(titles)}


def expected_ndcg(scores, target):
    """Its expectation over the orders of equal scores."""
    higher = int((scores > scores[target]).sum())
    equal = int((scores == scores[target]).sum())
    ranks = numpy.arange(higher + 1, higher + equal + 1)
    return float(numpy.where(ranks <= 10, 1 / numpy.log2(1 + ranks), 0).mean())


def neighbours(histories, targets, titles, hidden):
    """NDCG@10 of each member: by the mean over the history, and over the nearest of it."""
    vectors, row = content_vectors(titles)
    cold = sorted(hidden)
    cosine = vectors[[row[title] for title in cold]] @ vectors.T  # [hidden, titles]
    by_mean, by_nearest = [], []
    for user, (target, watched) in targets.items():
        candidates = [i for i, title in enumerate(cold) if title == target or title not in watched]
        seen = sorted({row[event[1]] for event in histories[user]})
        similar = numpy.sort(cosine[numpy.ix_(candidates, seen)], axis=1)
        at = candidates.index(cold.index(target))
        # Sums in another order differ in the last digits; equal contents are to stay equal.
        by_mean.append(expected_ndcg(similar.mean(axis=1, dtype=float).round(9), at))
        by_nearest.append(expected_ndcg(similar[:, -NEAREST:].mean(axis=1, dtype=float).round(9), at))
    return by_mean, by_nearest


def interval(values):
    values = numpy.asarray(values)
    means = values[numpy.random.default_rng(1).integers(len(values), size=(RESAMPLES, len(values)))].mean(axis=1)
    return values.mean(), *numpy.quantile(means, (0.025, 0.975))


def by_chance(hidden, targets):
    sizes = [len(hidden - watched) + 1 for _, watched in targets.values()]
    return numpy.mean([expected_ndcg(numpy.zeros(size), 0) for size in sizes])


def measure(folder, events, titles, seed):
    draw = random.Random(seed)
    watched = sorted({event[1] for event in events} & titles.keys())
    hidden = set(draw.sample(watched, int(HIDDEN * len(watched))))
    histories, targets = split([event for event in events if event[1] in titles], hidden, draw)
    tower = evaluate_two_tower(folder, histories, targets, titles, hidden)
    by_mean, by_nearest = neighbours(histories, targets, titles, hidden)
    return {"members": len(targets), "hidden": len(hidden), "two_tower": tower,
            "content kNN, mean of the history": interval(by_mean),
            f"content kNN, {NEAREST} nearest": interval(by_nearest),
            "popularity": by_chance(hidden, targets)}


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--folder", type=pathlib.Path, default=pathlib.Path(tempfile.gettempdir()) / "marquee-cold")
    parser.add_argument("--movielens", type=pathlib.Path)
    parser.add_argument("--movietweetings", type=pathlib.Path)
    parser.add_argument("--draws", type=int, default=1, help="of hidden titles, a table row each")
    options = parser.parse_args()
    print("| | draw | hidden titles | members | two_tower | content kNN, mean of the history | "
          f"content kNN, {NEAREST} nearest | popularity |\n|---|---|---|---|---|---|---|---|")
    for name, path, read in (("MovieLens", options.movielens, movielens),
                             ("MovieTweetings", options.movietweetings, movietweetings)):
        for seed in range(1, options.draws + 1) if path else ():
            found = measure(options.folder / f"{name}-{seed}", *read(path), seed)
            cells = [f"{v:.4f} ({low:.4f} to {high:.4f})" for v, low, high in
                     (value for value in found.values() if isinstance(value, tuple))]
            print(f"| {name} | {seed} | {found['hidden']} | {found['members']} | {' | '.join(cells)} | "
                  f"{found['popularity']:.4f} |", flush=True)


if __name__ == "__main__":
    main()
