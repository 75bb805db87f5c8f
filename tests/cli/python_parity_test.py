"""torch.jit.load in Python on model.pt gives the scores that `recommend` gives. Skips unless
MARQUEE_PYTHON names a Python with torch."""

import json
import os
import subprocess
import unittest

import marquee as m

# Runs under MARQUEE_PYTHON: histories in, scores of all titles and of forward()'s best out.
PEER = r"""
import json, struct, sys
import torch
folder, inputs = sys.argv[1], json.load(sys.stdin)
model = torch.jit.load(folder + "/model.pt")
facts = json.load(open(folder + "/manifest.json"))["facts"]
raw = open(folder + "/titles.bin", "rb").read()
table = torch.frombuffer(bytearray(raw), dtype=torch.float32).view(-1, facts["dim"])
answers = []
for one in inputs:
    h = torch.tensor([one["titles"]], dtype=torch.long)
    s = torch.tensor([one["signals"]], dtype=torch.float32)
    a = torch.tensor([one["ages"]], dtype=torch.float32)
    with torch.no_grad():
        scores = (model.encode_user(h, s, a) @ table.T)[0]
        every = torch.arange(len(table))[None]
        direct = model.score(h, s, a, every)[0]
        assert torch.allclose(scores, direct, rtol=1e-5, atol=1e-5), "score() differs"
        best, titles = model.forward(h, s, a, torch.tensor([10]))
    answers.append({"scores": scores.tolist(), "best": titles[0].tolist()})
content = json.load(open(folder + "/content.json")) if facts["model"] == "two_tower" else None
if content:
    encoded = model.encode_titles(torch.zeros(3, content["columns"], dtype=torch.long))
    assert encoded.shape == (3, facts["dim"]) and torch.isfinite(encoded).all()
print(json.dumps(answers))
"""

NEWEST = 1_700_000_000


def requests_and_inputs(ids, max_rating):
    """The same histories as requests and as tensors, as docs/bundles.md defines them."""
    requests, inputs = [], []
    for length in (1, 3, 8):
        history = list(range(1, length + 1))
        requests.append({"history": [ids[t] for t in history], "k": 10})
        inputs.append({"titles": history, "signals": [1.0] * length, "ages": [0.0] * length})
        times = [NEWEST - 1000 * (length - i) ** 2 for i in range(length)]
        ratings = [1 + i % int(max_rating) for i in range(length)]
        requests.append({"history": [{"title_id": ids[t], "timestamp": when, "event": "rating",
                                      "value": value}
                                     for t, when, value in zip(history, times, ratings)],
                         "at": NEWEST, "k": 10})
        inputs.append({"titles": history, "signals": [v / max_rating for v in ratings],
                       "ages": [float(NEWEST - when) for when in times]})
    return requests, inputs


@unittest.skipUnless(os.environ.get("MARQUEE_PYTHON"), "MARQUEE_PYTHON names no Python with torch")
class Parity(m.Case):
    def test_scores_are_those_of_recommend(self):
        for kind in ("attention", "mean"):
            with self.subTest(kind=kind):
                self.compare(m.bundle(kind))

    def compare(self, bundle):
        lines = (bundle / "titles.csv").read_text().splitlines()[1:]
        ids = [""] + [line.split(",")[0] for line in lines]
        requests, inputs = requests_and_inputs(ids, m.manifest_of(bundle)["facts"]["max_rating"])
        text = "".join(json.dumps(request) + "\n" for request in requests)
        answers = self.ok("recommend", "--bundle", bundle, "--requests", "-", stdin=text).lines()
        peer = subprocess.run([os.environ["MARQUEE_PYTHON"], "-c", PEER, str(bundle)],
                              input=json.dumps(inputs), capture_output=True, text=True, timeout=300)
        self.assertEqual(peer.returncode, 0, peer.stderr)
        for answer, theirs in zip(answers, json.loads(peer.stdout), strict=True):
            self.assertEqual(len(answer["items"]), 10)
            for item in answer["items"]:
                expected = theirs["scores"][ids.index(item["title_id"])]
                self.assertAlmostEqual(item["score"], expected,
                                       delta=1e-5 * max(1.0, abs(expected)))
            self.assertEqual({item["title_id"] for item in answer["items"]},
                             {ids[title] for title in theirs["best"]})


if __name__ == "__main__":
    m.main()
