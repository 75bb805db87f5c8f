"""The room's ranking metrics against their definitions in plain Python, with ties, and against
trec_eval and SciPy, without. The second half skips unless MARQUEE_PYTHON names a Python with
pytrec_eval and scipy (scripts/setup --peers). SCORE_FILE names the program of score_file.cpp."""

import itertools
import json
import math
import os
import random
import subprocess
import unittest

CUTOFFS = (1, 5, 10, 20, 50, 100)
TITLES, USERS = 100, 60

# Runs under MARQUEE_PYTHON: users in, each one's metrics out. Exits with 77 without the peers.
PEER = r"""
import json, sys
try:
    import pytrec_eval
    from scipy.stats import mannwhitneyu
except ImportError as error:
    print(error, file=sys.stderr)
    sys.exit(77)
users = json.load(sys.stdin)
cuts = ",".join(str(k) for k in (1, 5, 10, 20, 50, 100))
wanted = {f"{name}.{cuts}" for name in ("success", "P", "recall", "ndcg_cut", "map_cut")}
run = {str(i): {f"t{t}": float(s) for t, s in enumerate(m["scores"], 1)} for i, m in enumerate(users)}
qrels = {str(i): {f"t{t}": 1 for t in m["targets"]} for i, m in enumerate(users)}
found = pytrec_eval.RelevanceEvaluator(qrels, wanted | {"recip_rank"}).evaluate(run)
answers = []
for i, m in enumerate(users):
    mine = found[str(i)]
    good = [m["scores"][t - 1] for t in m["targets"]]
    rest = [s for t, s in enumerate(m["scores"], 1) if t not in m["targets"]]
    mine["auc"] = mannwhitneyu(good, rest, method="asymptotic").statistic / (len(good) * len(rest))
    answers.append(mine)
print(json.dumps(answers))
"""


def random_users(ties, seed):
    """Scores of whole numbers: few different ones where ties are wanted, else all different."""
    stream = random.Random(seed)
    made = []
    for _ in range(USERS):
        scores = ([stream.randrange(12) for _ in range(TITLES)] if ties
                  else stream.sample(range(10 * TITLES), TITLES))
        targets = stream.sample(range(1, TITLES + 1), stream.choice((1, 1, 2, 5, 17)))
        made.append({"scores": scores, "targets": targets})
    return made


def ours(users):
    lines = "".join(json.dumps(user) + "\n" for user in users)
    done = subprocess.run([os.environ["SCORE_FILE"]], input=lines, capture_output=True, text=True,
                          check=True)
    return json.loads(done.stdout)


def ties(user):
    """From the top, the places of titles with one score and how many of them are targets."""
    placed = 0
    for score in sorted(set(user["scores"]), reverse=True):
        titles = [t for t, s in enumerate(user["scores"], 1) if s == score]
        yield (range(placed + 1, placed + 1 + len(titles)),
               sum(t in user["targets"] for t in titles))
        placed += len(titles)


def defined(user):
    """docs/evaluation.md, word by word: the mean over every way to place the targets of a tie. One
    tie at a time is enough: which places it has does not depend on the others."""
    scores, targets = user["scores"], user["targets"]
    pairs = [(scores[t - 1], s) for t in targets
             for u, s in enumerate(scores, 1) if u not in targets]
    values = {"auc": sum(1 if a > b else 0.5 if a == b else 0 for a, b in pairs) / len(pairs)}
    for k in CUTOFFS:
        within = gained = precisions = first = 0.0
        missed, before = 1.0, 0
        for places, count in ties(user):
            ways = list(itertools.combinations(places, count))
            share = 1 / len(ways)
            for way in ways:
                hits = [place for place in way if place <= k]
                within += share * len(hits)
                gained += share * sum(1 / math.log2(place + 1) for place in hits)
                precisions += share * sum((before + i + 1) / place for i, place in enumerate(hits))
                if before == 0 and hits:
                    first += share / hits[0]
            missed *= share * sum(not any(place <= k for place in way) for way in ways)
            before += count
        most = min(len(targets), k)
        values[f"hr@{k}"] = 1 - missed
        values[f"precision@{k}"] = within / k
        values[f"recall@{k}"] = within / len(targets)
        values[f"ndcg@{k}"] = gained / sum(1 / math.log2(i + 2) for i in range(most))
        values[f"mrr@{k}"] = first
        values[f"map@{k}"] = precisions / most
    return values


def from_trec(found, count):
    """trec_eval's values by our names. Its AP divides by all relevant titles, ours by as many as
    fit; its reciprocal rank has no cutoff."""
    values = {"auc": found["auc"]}
    for k in CUTOFFS:
        first = found["recip_rank"]
        values[f"hr@{k}"] = found[f"success_{k}"]
        values[f"precision@{k}"] = found[f"P_{k}"]
        values[f"recall@{k}"] = found[f"recall_{k}"]
        values[f"ndcg@{k}"] = found[f"ndcg_cut_{k}"]
        values[f"mrr@{k}"] = first if first * k > 1 - 1e-12 else 0.0
        values[f"map@{k}"] = found[f"map_cut_{k}"] * count / min(count, k)
    return values


class Agreement(unittest.TestCase):
    def assert_same(self, found, expected):
        self.assertEqual(set(found["users"]), set(expected[0]))
        for metric, values in found["users"].items():
            theirs = [one[metric] for one in expected]
            for mine, other in zip(values, theirs, strict=True):
                self.assertAlmostEqual(mine, other, delta=1e-9, msg=metric)
            mean = math.fsum(theirs) / len(theirs)
            self.assertAlmostEqual(found["means"][metric], mean, delta=1e-9, msg=metric)

    def test_with_ties_as_defined(self):
        users = random_users(ties=True, seed=1)
        self.assert_same(ours(users), [defined(user) for user in users])

    def test_with_all_scores_the_same(self):
        users = [{"scores": [3] * TITLES, "targets": [7]}, {"scores": [3] * TITLES, "targets": [9]}]
        found = ours(users)
        self.assert_same(found, [defined(user) for user in users])
        self.assertAlmostEqual(found["means"]["hr@10"], 10 / TITLES, delta=1e-12)
        self.assertEqual(found["means"]["auc"], 0.5)

    def test_without_ties_as_trec_eval(self):
        python = os.environ.get("MARQUEE_PYTHON")
        if not python:
            self.skipTest("MARQUEE_PYTHON names no Python with pytrec_eval and scipy")
        users = random_users(ties=False, seed=2)
        peer = subprocess.run([python, "-c", PEER], input=json.dumps(users), capture_output=True,
                              text=True)
        if peer.returncode == 77:
            self.skipTest(peer.stderr.strip())
        self.assertEqual(peer.returncode, 0, peer.stderr)
        expected = [from_trec(found, len(user["targets"]))
                    for found, user in zip(json.loads(peer.stdout), users, strict=True)]
        self.assert_same(ours(users), expected)


if __name__ == "__main__":
    unittest.main()
