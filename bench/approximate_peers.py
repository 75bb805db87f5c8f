#!/usr/bin/env python3
"""Approximate search by clusters beside faiss, on the vectors of a bundle, in one run, as a Markdown table.

    pip install faiss-cpu numpy
    python bench/approximate_peers.py build/release/clusters BUNDLE

Queries are means of the vectors of 20 titles, drawn by how often they were watched, best 100. One thread answers, two
build. faiss has the same number of clusters (IndexIVFFlat), and graphs (IndexHNSWFlat, 32 links)."""

import csv
import json
import pathlib
import subprocess
import sys
import tempfile
import time

import faiss
import numpy

BEST, QUERIES = 100, 500


def row(name, built, micros, recall):
    print(f"| {name} | {built:.0f} s | {micros:,.0f} | {recall:.3f} |", flush=True)


def measured(name, built, search, wanted, users):
    faiss.omp_set_num_threads(1)
    search(users[:50])
    start = time.perf_counter()
    found = numpy.vstack([search(users[i:i + 1]) for i in range(len(users))])
    micros = (time.perf_counter() - start) / len(users) * 1e6
    row(name, built, micros, numpy.mean([len(set(a) & set(b)) / BEST for a, b in zip(found, wanted)]))
    faiss.omp_set_num_threads(2)


def main():
    program, bundle = sys.argv[1], pathlib.Path(sys.argv[2])
    dim = json.loads((bundle / "manifest.json").read_text())["facts"]["dim"]
    vectors = numpy.fromfile(bundle / "titles.bin", numpy.float32).reshape(-1, dim)
    with open(bundle / "titles.csv", newline="", encoding="utf-8") as titles:
        watches = numpy.array([0] + [int(each["popularity"]) + 1 for each in csv.DictReader(titles)], float)
    random = numpy.random.default_rng(1)
    drawn = random.choice(len(vectors), (QUERIES, 20), p=watches / watches.sum())
    users = vectors[drawn].mean(axis=1)
    print(f"{len(vectors) - 1:,} titles × {dim}\n\n| | built in | µs a query | recall@{BEST} |\n|---|---|---|---|")
    with tempfile.NamedTemporaryFile() as file:
        users.tofile(file.name)
        shares = ("0.003", "0.01", "0.03", "0.1")
        done = subprocess.run([program, bundle / "titles.bin", str(dim), file.name, *shares], check=True,
                              capture_output=True, text=True)
    for share, line in zip(shares, done.stdout.splitlines()):
        row(f"Marquee, {float(share):.1%} looked at", *map(float, line.split()))
    faiss.omp_set_num_threads(2)
    exact = faiss.IndexFlatIP(dim)
    exact.add(vectors[1:])
    wanted = exact.search(users, BEST)[1]
    lists = round((2 * (len(vectors) - 1)) ** 0.5)
    start = time.perf_counter()
    index = faiss.IndexIVFFlat(faiss.IndexFlatIP(dim), dim, lists, faiss.METRIC_INNER_PRODUCT)
    index.train(vectors[1:])
    index.add(vectors[1:])
    built = time.perf_counter() - start
    for share in shares:
        index.nprobe = max(1, round(lists * float(share)))
        measured(f"faiss IVF, {float(share):.1%} of the lists", built, lambda u: index.search(u, BEST)[1], wanted, users)
    start = time.perf_counter()
    graph = faiss.IndexHNSWFlat(dim, 32, faiss.METRIC_INNER_PRODUCT)
    graph.add(vectors[1:])
    built = time.perf_counter() - start
    for effort in (128, 256, 512):
        graph.hnsw.efSearch = effort
        measured(f"faiss HNSW, efSearch {effort}", built, lambda u: graph.search(u, BEST)[1], wanted, users)


if __name__ == "__main__":
    main()
