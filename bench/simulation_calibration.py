#!/usr/bin/env python3
"""How simulated members compare with real ones: activity, popularity, genres, time between events.
Reads ml-latest-small and movietweetings below MARQUEE_DATA, where they are. Writes a table in
Markdown.

    bench/simulation_calibration.py [--work DIR]

MARQUEE is the program; default: build/release/marquee. 2 minutes on two cores."""

import argparse
import collections
import csv
import json
import math
import os
import pathlib
import subprocess
import tempfile

ROOT = pathlib.Path(__file__).resolve().parent.parent
PROGRAM = os.environ.get("MARQUEE", str(ROOT / "build/release/marquee"))
DAY = 86_400


def run(*words):
    subprocess.run([PROGRAM, *map(str, words), "--quiet"], check=True, stdout=subprocess.DEVNULL)


def simulated(work):
    """(user, title, time) of what simulated members watched, and genres by title."""
    run("synth", "--users", 8000, "--titles", 3000, "--interactions", 240_000, "--out", work / "world")
    run("ingest", "--interactions", work / "world/interactions.csv", "--titles", work / "world/titles.csv",
        "--out", work / "data")
    run("train", "--config", ROOT / "configs/ials.yaml", "--data", work / "data", "--out", work / "run")
    run("export", "--run", work / "run", "--out", work / "bundle")
    (work / "simulation.yaml").write_text("simulation: {world: world, exposures: true}\narms: {one: {bundle: bundle}}\n")
    run("simulate", "--config", work / "simulation.yaml", "--out", work / "out")
    events = []
    for segment in sorted((work / "out/arms/one/exposures").glob("*.feedback")):
        for line in segment.read_text().splitlines():
            event = json.loads(line[9:])
            if event["kind"] == "event":
                events.append((event["user"], event["title_id"], event["timestamp"]))
    with open(work / "world/titles.csv", encoding="utf-8") as file:
        return events, {row["title_id"]: row["genres"].split("|") for row in csv.DictReader(file)}


def movielens(folder):
    with open(folder / "ratings.csv", encoding="utf-8") as file:
        events = [(row["userId"], row["movieId"], int(row["timestamp"])) for row in csv.DictReader(file)]
    with open(folder / "movies.csv", encoding="utf-8") as file:
        return events, {row["movieId"]: row["genres"].split("|") for row in csv.DictReader(file)}


def tweets(folder):
    with open(folder / "interactions.csv", encoding="utf-8") as file:
        events = [(row["user_id"], row["title_id"], int(row["timestamp"])) for row in csv.DictReader(file)]
    with open(folder / "titles.csv", encoding="utf-8") as file:
        return events, {row["title_id"]: row["genres"].split("|") for row in csv.DictReader(file)}


def gini(counts):
    counts = sorted(counts)
    total, n = sum(counts), len(counts)
    return sum((2 * i - n + 1) * count for i, count in enumerate(counts)) / (n * total)


def quantile(values, share):
    values = sorted(values)
    return values[min(len(values) - 1, int(share * len(values)))]


def measures(events, genres):
    users = collections.Counter(user for user, _, _ in events)
    titles = collections.Counter(title for _, title, _ in events)
    top = sum(count for _, count in titles.most_common(max(1, len(titles) // 10)))
    mix = collections.Counter(name for _, title, _ in events for name in genres.get(title, []) if name)
    total = sum(mix.values())
    entropy = -sum(count / total * math.log(count / total) for count in mix.values()) / math.log(len(mix))
    times, gaps = collections.defaultdict(list), []
    for user, _, time in events:
        times[user].append(time)
    for each in times.values():
        each.sort()
        gaps += [b - a for a, b in zip(each, each[1:])]
    between = [gap / DAY for gap in gaps if gap > DAY / 4]
    counts = list(users.values())
    return {
        "events a member: median, 90 %": f"{quantile(counts, 0.5)}, {quantile(counts, 0.9)}",
        "standard deviation of their logarithm": f"{deviation([math.log(c) for c in counts]):.2f}",
        "Gini of activity": f"{gini(counts):.2f}",
        "share of events of the top 10 % of titles": f"{100 * top / len(events):.0f} %",
        "Gini of popularity": f"{gini(titles.values()):.2f}",
        "evenness of genres (entropy, 1: all the same)": f"{entropy:.2f}",
        "events within 6 hours of the last": f"{100 * (1 - len(between) / max(1, len(gaps))):.0f} %",
        "days between sessions: median, 90 %": f"{quantile(between, 0.5):.1f}, {quantile(between, 0.9):.1f}",
    }


def deviation(values):
    mean = sum(values) / len(values)
    return math.sqrt(sum((value - mean) ** 2 for value in values) / len(values))


def main():
    options = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    options.add_argument("--work", type=pathlib.Path)
    options = options.parse_args()
    work = options.work or pathlib.Path(tempfile.mkdtemp(prefix="calibration-"))
    work.mkdir(parents=True, exist_ok=True)
    columns = {"simulated, 5 weeks": measures(*simulated(work))}
    data = pathlib.Path(os.environ.get("MARQUEE_DATA", "."))
    for name, folder, read in (("ml-latest-small", "ml-latest-small", movielens),
                               ("MovieTweetings", "movietweetings", tweets)):
        if (data / folder).is_dir():
            columns[name] = measures(*read(data / folder))
    print("| | " + " | ".join(columns) + " |\n|---" + "|---" * len(columns) + "|")
    for measure in next(iter(columns.values())):
        print(f"| {measure} | " + " | ".join(column[measure] for column in columns.values()) + " |")


if __name__ == "__main__":
    main()
