"""Times of one varied list beside pyversity's, in the same run: one core, from vectors of length 1.

    eval "$(scripts/setup --peers)"; "$MARQUEE_PYTHON" bench/diversity.py [CANDIDATES DIMENSIONS PLACES]

PROGRAM is build/release/diversity. Writes a table in Markdown."""

import os

for name in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"):
    os.environ[name] = "1"

import pathlib
import subprocess
import sys
import time

import numpy
import pyversity

PROGRAM = os.environ.get("PROGRAM", str(pathlib.Path(__file__).resolve().parent.parent / "build/release/diversity"))
RUNS = 200


def median_microseconds(choose):
    times = []
    for _ in range(RUNS):
        start = time.perf_counter()
        choose()
        times.append((time.perf_counter() - start) * 1e6)
    return sorted(times)[RUNS // 2]


def main():
    os.sched_setaffinity(0, {min(os.sched_getaffinity(0))})
    sizes = [int(word) for word in sys.argv[1:4]] or [1000, 64, 50]
    candidates, dimensions, places = sizes
    printed = subprocess.run([PROGRAM, *map(str, sizes)], check=True, capture_output=True, text=True).stdout
    ours = dict((cells[1].strip(), float(cells[2])) for cells in (line.split("|") for line in printed.splitlines()[2:]))
    draw = numpy.random.default_rng(1)
    scores = numpy.sort(draw.random(candidates))[::-1]
    vectors = draw.normal(size=(candidates, dimensions))
    vectors /= numpy.linalg.norm(vectors, axis=1, keepdims=True)
    print(f"| {candidates} candidates, {dimensions} dimensions, {places} places | ms | pyversity {pyversity.__version__}, ms | ratio |")
    print("|---|---|---|---|")
    for name in ("mmr", "msd", "dpp", "ssd"):
        choose = getattr(pyversity, name)
        theirs = median_microseconds(lambda: choose(vectors, scores, places, diversity=0.5))
        print(f"| {name} | {ours[name] / 1e3:.2f} | {theirs / 1e3:.2f} | {theirs / ours[name]:.1f} |")


if __name__ == "__main__":
    main()
