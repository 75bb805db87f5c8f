"""Exact retrieval beside faiss and PyTorch, alternating in one run, as a Markdown table.

    pip install faiss-cpu torch numpy
    python bench/retrieval_peers.py build/release/retrieval [rounds, default 5]

Every time is the median over the rounds of µs a query, best 100 of all titles, normal vectors;
"against" is the median over the rounds of a peer's time over ours.
"""

import statistics
import subprocess
import sys
import time

import faiss
import numpy
import torch

BEST = 100
SECONDS = 0.5  # of one measurement in one round
CATALOGUES = [(62_400, 64), (1_000_000, 128)]


class Ours:
    def __init__(self, program, titles, dim):
        self.process = subprocess.Popen(
            [program, str(titles), str(dim)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
        )

    def time(self, threads, batch):
        print(threads, batch, SECONDS, file=self.process.stdin, flush=True)
        return float(self.process.stdout.readline())

    def close(self):
        self.process.stdin.close()
        self.process.wait()


def median_time(work):
    """Median seconds of one call, as bench/retrieval.cpp measures it."""
    work()
    times = []
    while sum(times) < SECONDS or len(times) < 5:
        start = time.perf_counter()
        work()
        times.append(time.perf_counter() - start)
    return statistics.median(times)


class Peers:
    def __init__(self, titles, dim):
        random = numpy.random.default_rng(1)
        vectors = random.standard_normal((titles, dim), dtype=numpy.float32)
        self.users = random.standard_normal((256, dim), dtype=numpy.float32)
        self.index = faiss.IndexFlatIP(dim)
        self.index.add(vectors)
        self.titles_t = torch.from_numpy(vectors).T

    def faiss_time(self, threads, batch):
        faiss.omp_set_num_threads(threads)
        users = self.users[:batch]
        return median_time(lambda: self.index.search(users, BEST))

    def torch_time(self, threads, batch):
        torch.set_num_threads(threads)
        users = torch.from_numpy(self.users[:batch])
        return median_time(lambda: torch.topk(users @ self.titles_t, BEST))


def compare(program, rounds, titles, dim):
    ours, peers = Ours(program, titles, dim), Peers(titles, dim)
    cases = [(threads, batch) for threads in (1, 2) for batch in (1, 16, 256)]
    times = {case: [] for case in cases}
    for _ in range(rounds):
        for case in cases:
            sides = (ours.time(*case), peers.faiss_time(*case), peers.torch_time(*case))
            times[case].append(sides)
    ours.close()
    for (threads, batch), sides in times.items():
        mine, faiss_us, torch_us = (statistics.median(s) / batch * 1e6 for s in zip(*sides))
        against = [statistics.median(s[peer] / s[0] for s in sides) for peer in (1, 2)]
        print(
            f"| {titles:,} × {dim} | {threads} | {batch} | {mine:,.1f} | {faiss_us:,.1f} "
            f"| {torch_us:,.1f} | {against[0]:.2f} | {against[1]:.2f} |",
            flush=True,
        )


def main():
    program = sys.argv[1]
    rounds = int(sys.argv[2]) if len(sys.argv) > 2 else 5
    print(f"faiss {faiss.__version__}, torch {torch.__version__}, median of {rounds} rounds\n")
    print("| titles × dim | threads | batch | marquee µs | faiss µs | torch µs | against faiss | against torch |")
    print("|---|---|---|---|---|---|---|---|")
    for titles, dim in CATALOGUES:
        compare(program, rounds, titles, dim)


if __name__ == "__main__":
    main()
