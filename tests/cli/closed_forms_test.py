"""ease and ials compared with NumPy: the exported modules give the scores of the closed form and
the user vectors of a direct solve. Skips unless MARQUEE_PYTHON names a Python with torch and
NumPy."""

import os
import random
import subprocess
import unittest

import marquee as m

USERS, TITLES = 60, 25
LAMBDA = 7.5

# Runs under MARQUEE_PYTHON. argv: events, ease bundle, ials bundle. Ends with 1 where they differ.
PEER = r"""
import csv, sys
import numpy, torch

def load(bundle):
    with open(bundle + "/titles.csv", newline="", encoding="utf-8") as file:
        ids = [row["title_id"] for row in csv.DictReader(file)]
    return torch.jit.load(bundle + "/model.pt"), {title: i + 1 for i, title in enumerate(ids)}

events, ease, ials = sys.argv[1:]
with open(events, newline="", encoding="utf-8") as file:
    train = [row for row in csv.DictReader(file) if row["split"] == "train"]
# Of a pair the newest event counts; the last event of a user is a dislike.
disliked = {(row["user_id"], row["title_id"]) for row in train if row["event"] == "dislike"}
rows = [row for row in train if (row["user_id"], row["title_id"]) not in disliked]
DISLIKES = 0.3
history = torch.tensor([[3, 9, 4, 0], [1, 0, 0, 0], [0, 0, 0, 0], [5, 6, 2, 5]])
signals = torch.tensor([[1.0, 1, 1, 0], [1, 0, 0, 0], [0, 0, 0, 0], [1, 0.5, -1, -1]])
inputs = history, signals, torch.zeros(history.shape)

model, index = load(ease)
users = {user: i for i, user in enumerate(dict.fromkeys(row["user_id"] for row in rows))}
x = numpy.zeros((len(users), len(index)))
for row in rows:
    x[users[row["user_id"]], index[row["title_id"]] - 1] = 1
inverse = numpy.linalg.inv(x.T @ x + 7.5 * numpy.eye(len(index)))
weights = numpy.eye(len(index)) - inverse / numpy.diag(inverse)
seen = numpy.zeros((4, len(index)))
for i, (titles, signs) in enumerate(zip(history.tolist(), signals.tolist())):
    for title, sign in zip(titles, signs):
        if title:
            seen[i, title - 1] = 1 if sign > 0 else -DISLIKES
with torch.no_grad():
    scores = model.score_all(*inputs).numpy()[:, 1:]
numpy.testing.assert_allclose(scores, seen @ weights, rtol=1e-4, atol=1e-6)

model, index = load(ials)
table = numpy.fromfile(ials + "/titles.bin", dtype=numpy.float32).reshape(len(index) + 1, -1)[1:]
table = table.astype(float)
occurring = (x.sum(axis=0) > 0).sum()
for i in range(4):
    n = (seen[i] > 0).sum()
    system = table.T @ numpy.diag((seen[i] != 0) + 0.2) @ table
    system += 0.05 * (n + 0.2 * occurring) ** 0.5 * numpy.eye(table.shape[1])
    user_vector = numpy.linalg.solve(system, table.T @ seen[i])
    with torch.no_grad():
        got = model.encode_user(*inputs).numpy()[i]
    numpy.testing.assert_allclose(got, user_vector, rtol=1e-3, atol=1e-5)
"""


def write_events(file):
    draw = random.Random(3)
    lines = ["user_id,title_id,timestamp,event,split"]
    for user in range(USERS):
        for when, title in enumerate(draw.sample(range(TITLES), 8)):
            part = "test" if when == 7 else "train"
            lines.append(f"u{user},t{title},{1000 + when},play,{part}")
        lines.append(f"u{user},t{draw.randrange(TITLES)},1100,dislike,train")
    file.write_text("\n".join(lines) + "\n", encoding="utf-8")


@unittest.skipUnless(os.environ.get("MARQUEE_PYTHON"), "MARQUEE_PYTHON names no Python with torch")
class ClosedForms(m.Case):
    def bundle(self, name, *settings):
        run, bundle = self.dir / f"{name}-run", self.dir / name
        words = [word for setting in settings for word in ("--set", setting)]
        self.ok("train", "--config", m.SOURCE / f"configs/{name}.yaml", "--data",
                self.dir / "dataset", "--out", run, *words)
        self.ok("export", "--run", run, "--out", bundle)
        return bundle

    def test_scores_are_those_of_numpy(self):
        write_events(self.dir / "events.csv")
        self.ok("ingest", "--interactions", self.dir / "events.csv", "--split", "given", "--out",
                self.dir / "dataset")
        ease = self.bundle("ease", f"model.regularisation={LAMBDA}", "model.prior=0", "model.dislikes=0.3")
        ials = self.bundle("ials", "model.dim=8", "model.regularisation=0.05",
                           "model.unobserved_weight=0.2", "model.frequency_exponent=0.5", "model.prior=0",
                           "model.dislikes=0.3")
        peer = subprocess.run([os.environ["MARQUEE_PYTHON"], "-c", PEER, self.dir / "events.csv",
                               ease, ials], capture_output=True, text=True, check=False)
        self.assertEqual(peer.returncode, 0, peer.stderr)


if __name__ == "__main__":
    m.main()
