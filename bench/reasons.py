"""How often titles get the reason "because you watched NAME", whether NAME makes sense, and what
reasons cost, as a Markdown table.

    python3 bench/reasons.py BUNDLE... [--movielens DIR] [--members N]

MARQUEE is the program, by default build/release/marquee. Bundles are of a MovieLens dataset. Each
history is the newest ratings of a member, and each member has 10 titles recommended. "genres": the
share of genres that a recommended title has in common with the title named, and in brackets with
the titles of the history on average. "names": different titles named in a list. "ms": of a
processor a request, without the start, for `marquee recommend` on one thread with 1,000 histories of
30 ratings as one file; medians of five."""

import argparse
import collections
import csv
import json
import os
import pathlib
import resource
import statistics
import subprocess
import tempfile

ROOT = pathlib.Path(__file__).resolve().parent.parent
PROGRAM = os.environ.get("MARQUEE", str(ROOT / "build/release/marquee"))
REQUESTS = 1000
LENGTHS = (1, 3, 10, 30, 100)
BECAUSE = ("because you watched ", "because you liked ")


def histories(folder):
    members = collections.defaultdict(list)
    with open(folder / "ratings.csv", newline="", encoding="utf-8") as file:
        for row in csv.DictReader(file):
            members[row["userId"]].append((int(row["timestamp"]), row["movieId"], float(row["rating"])))
    return [sorted(events) for _, events in sorted(members.items())]


def request(events, k):
    return json.dumps({"k": k, "history": [{"title_id": title, "timestamp": when, "value": rating}
                                           for when, title, rating in events]})


def processor_seconds():
    usage = resource.getrusage(resource.RUSAGE_CHILDREN)
    return usage.ru_utime + usage.ru_stime


def answers(bundle, requests):
    with tempfile.TemporaryDirectory() as folder:
        file = pathlib.Path(folder) / "requests.jsonl"
        file.write_text("\n".join(requests) + "\n", encoding="utf-8")
        start = processor_seconds()
        out = subprocess.run([PROGRAM, "recommend", "--bundle", bundle, "--requests", file], check=True,
                             capture_output=True, text=True, env=os.environ | {"MARQUEE_THREADS": "1"}).stdout
        return processor_seconds() - start, [json.loads(line) for line in out.splitlines()]


def shared(a, b):
    return len(a & b) / max(1, len(a | b))


def reasons(bundle, members, genres, ids, length):
    cut = [events[-length:] for events in members if len(events) >= length]
    given, titles, named, others, names = 0, 0, [], [], []
    for events, answer in zip(cut, answers(bundle, [request(events, 10) for events in cut])[1]):
        found = set()
        for item in answer["items"]:
            titles += 1
            own = genres[item["title_id"]]
            for reason in item["reasons"]:
                if reason.startswith(BECAUSE):
                    name = reason.split(" ", 3)[3]
                    given += 1
                    found.add(name)
                    named.append(shared(own, genres[ids[name]]))
                    others.append(statistics.mean(shared(own, genres[title]) for _, title, _ in events))
        names.append(len(found))
    if not named:
        return "0 %"
    return (f"{100 * given / titles:.0f} %, genres {statistics.mean(named):.2f} "
            f"({statistics.mean(others):.2f}), names {statistics.mean(names):.1f}")


def milliseconds(bundle, members, k):
    requests = [request(events[-30:], k) for events in members]
    requests = (requests * (REQUESTS // len(requests) + 1))[:REQUESTS]
    start = statistics.median(answers(bundle, requests[:1])[0] for _ in range(5))
    return (statistics.median(answers(bundle, requests)[0] for _ in range(5)) - start) / REQUESTS * 1000


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("bundles", nargs="+", type=pathlib.Path)
    parser.add_argument("--movielens", type=pathlib.Path,
                        default=pathlib.Path(os.environ.get("MARQUEE_DATA", "data")) / "ml-latest-small")
    parser.add_argument("--members", type=int, default=500)
    options = parser.parse_args()
    members = histories(options.movielens)[:options.members]
    print("| bundle |" + "".join(f" {length} ratings |" for length in LENGTHS) + " ms, 10 titles | ms, 100 titles |")
    print("|---" * (len(LENGTHS) + 3) + "|")
    for bundle in options.bundles:
        with open(bundle / "titles.csv", newline="", encoding="utf-8") as file:
            rows = list(csv.DictReader(file))
        genres = {row["title_id"]: set(filter(None, row["genres"].split("|"))) for row in rows}
        ids = {row["name"]: row["title_id"] for row in rows}
        cells = [reasons(bundle, members, genres, ids, length) for length in LENGTHS]
        cells += [f"{milliseconds(bundle, members, k):.2f}" for k in (10, 100)]
        print(f"| {bundle.name} | " + " | ".join(cells) + " |", flush=True)


if __name__ == "__main__":
    main()
