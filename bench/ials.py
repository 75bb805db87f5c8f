"""ials beside the library implicit, alternating in one run, as Markdown tables.

    pip install implicit numpy scipy
    python bench/ials.py build/release/ials DATASET [rounds of the comparison, default 3]

DATASET: split leave-one-out; the results in docs/performance.md are of MovieLens-1M's size:
    marquee synth --out S --users 6040 --titles 3706 --interactions 1000000
    marquee ingest --interactions S/interactions.csv --titles S/titles.csv --out DATASET

First table: seconds of one iteration (all users, then all titles), the median over the rounds of
the median over the iterations but the first. Second: seconds of training until the validation
NDCG@10 that implicit's default (conjugate gradient, 15 iterations) has in the end, each with the
settings in SETTINGS, which did best for it on the validation users.
"""

import os
import statistics
import subprocess
import sys
import tempfile

os.environ["OPENBLAS_NUM_THREADS"] = "1"  # before numpy: implicit has threads of its own

import numpy
from implicit.als import AlternatingLeastSquares
from scipy.sparse import csr_matrix

THREADS = int(os.environ.get("MARQUEE_THREADS", os.cpu_count()))
ITERATIONS = 15  # implicit's default
SETTINGS = {  # dim: (unobserved weight, regularisation), (alpha, regularisation)
    64: ((0.3, 0.003), (3, 10.0)),
    256: ((0.3, 0.003), (3, 10.0)),
}


def run_ours(program, dataset, dim, iterations, pairs):
    unobserved, regularisation = SETTINGS[dim][0]
    arguments = [program, dataset, dim, unobserved, regularisation, iterations, pairs]
    printed = subprocess.run([str(a) for a in arguments], check=True, capture_output=True, text=True)
    return [tuple(float(v) for v in line.split()) for line in printed.stdout.splitlines()]


class Data:
    def __init__(self, pairs):
        rows = numpy.fromfile(pairs, dtype=numpy.uint32).reshape(-1, 2)
        end = int(numpy.flatnonzero((rows == 0).all(axis=1))[0])
        train, self.valid = rows[:end], rows[end + 1 :]
        ones = numpy.ones(len(train), dtype=numpy.float32)
        self.train = csr_matrix((ones, (train[:, 0], train[:, 1])))

    def ndcg(self, model):
        users = self.valid[:, 0]
        scores = model.user_factors[users] @ model.item_factors.T
        target = scores[numpy.arange(len(users)), self.valid[:, 1]][:, None]
        seen = self.train[users]
        higher = (scores > target).sum(axis=1)
        of_seen = seen.multiply(scores > target).sum(axis=1).A1
        rank = higher - of_seen
        return float(numpy.where(rank < 10, 1 / numpy.log2(rank + 2), 0).mean())


def run_implicit(data, dim, iterations, exact, evaluated):
    """→ [(seconds, NDCG@10)] of each iteration; evaluation is not timed."""
    alpha, regularisation = SETTINGS[dim][1]
    results = []
    model = AlternatingLeastSquares(
        factors=dim, regularization=regularisation, alpha=alpha, use_cg=not exact,
        iterations=iterations, num_threads=THREADS, random_state=1,
    )

    def note(iteration, seconds, _loss):
        results.append((seconds, data.ndcg(model) if evaluated else None))

    model.fit(data.train, show_progress=False, callback=note)
    return results


def seconds_to(results, goal):
    total = 0.0
    for seconds, ndcg in results:
        total += seconds
        if ndcg >= goal:
            return total
    return None


def iteration_time(results):
    return statistics.median(seconds for seconds, _ in results[1:])


def main():
    program, dataset = sys.argv[1:3]
    rounds = int(sys.argv[3]) if len(sys.argv) > 3 else 3
    pairs = os.path.join(tempfile.mkdtemp(), "pairs")
    speed, quality = [], []
    for dim in SETTINGS:
        ours, exact, gradient = [], [], []
        for _ in range(rounds):
            ours.append(run_ours(program, dataset, dim, ITERATIONS, pairs))
            data = Data(pairs)
            exact.append(run_implicit(data, dim, 3, exact=True, evaluated=False))
            gradient.append(run_implicit(data, dim, ITERATIONS, exact=False, evaluated=True))
        times = [[iteration_time(one) for one in of] for of in (ours, exact, gradient)]
        own, full, conjugate = (statistics.median(of) for of in times)
        speed.append(f"| {dim} | {own:.3f} | {full:.2f} | {full / own:.1f} | {conjugate:.3f} |")
        goal = gradient[0][-1][1]
        need = [seconds_to(one, goal) for one in ours]
        have = statistics.median(sum(seconds for seconds, _ in one) for one in gradient)
        reached = statistics.median(need) if all(need) else float("nan")
        best = max(ndcg for _, ndcg in ours[0])
        quality.append(
            f"| {dim} | {goal:.4f} | {best:.4f} | {reached:.2f} | {have:.2f} | {have / reached:.1f} |"
        )
    print(f"{data.train.nnz} pairs, {THREADS} threads\n")
    print("| dim | ials | implicit, exact | times as fast | implicit, conjugate gradient |")
    print("|---|---|---|---|---|")
    print("\n".join(speed) + "\n")
    print("| dim | NDCG@10 of implicit | of ials | ials, s | implicit, s | times as fast |")
    print("|---|---|---|---|---|---|")
    print("\n".join(quality))


main()
