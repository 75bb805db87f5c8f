"""The orders of varied lists against pyversity's, on random lists. Skips unless MARQUEE_PYTHON names
a Python with pyversity (scripts/setup --peers). ORDER_CASES names the program of order_cases.cpp."""

import os
import subprocess
import unittest

# Runs under MARQUEE_PYTHON: cases in, a line for each order that differs. 77: no pyversity.
PEER = r"""
import json, sys
try:
    import numpy as np
    from pyversity import dpp, mmr, msd, ssd
except ImportError as error:
    print(error, file=sys.stderr)
    sys.exit(77)
count = 0
for line in sys.stdin:
    case = json.loads(line)
    scores = np.array(case["relevance"])
    vectors = np.array(case["vectors"]).reshape(len(scores), -1)
    for name, choose in (("mmr", mmr), ("msd", msd), ("dpp", dpp), ("ssd", ssd)):
        mine = case[name]
        theirs = [int(i) for i in choose(vectors, scores, len(mine), diversity=0.5).indices]
        count += 1
        if mine != theirs:
            print(name, mine, theirs)
print(count, "orders", file=sys.stderr)
"""


class Pyversity(unittest.TestCase):
    def test_orders_are_the_same(self):
        python = os.environ.get("MARQUEE_PYTHON")
        if not python:
            self.skipTest("MARQUEE_PYTHON names no Python with pyversity")
        cases = subprocess.run([os.environ["ORDER_CASES"], "60"], check=True, capture_output=True, text=True).stdout
        self.assertEqual(cases.count("\n"), 60)
        peer = subprocess.run([python, "-c", PEER], input=cases, capture_output=True, text=True, check=False)
        if peer.returncode == 77:
            self.skipTest(f"no pyversity: {peer.stderr.strip()}")
        self.assertEqual(peer.returncode, 0, peer.stderr)
        self.assertIn("240 orders", peer.stderr)
        self.assertEqual(peer.stdout, "")


if __name__ == "__main__":
    unittest.main(verbosity=2)
