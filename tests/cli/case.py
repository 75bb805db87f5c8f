"""The test case that the modules of this folder share, and their main()."""

import pathlib
import shutil
import signal
import sys
import tempfile
import unittest

from artefacts import hidden, listing, what_is_broken
from program import PROGRAM, run
from samples import config, dataset, scratch

SKIPPED = 77

# Signs of a bug, which no message to a user may contain.
CRASHES = ("terminate called", "internal error", "Traceback", "what():", "Segmentation fault",
           "Exception raised from", "frame #", "AddressSanitizer", "runtime error:",
           "filesystem error", "[json.exception")


class Case(unittest.TestCase):
    maxDiff = 2000

    def setUp(self):
        self.dir = pathlib.Path(tempfile.mkdtemp(prefix=self._testMethodName + "-", dir=scratch()))
        self.addCleanup(shutil.rmtree, self.dir, ignore_errors=True)

    def sane(self, result):
        """Checks that there are no signs of a bug and no death by a signal."""
        for crash in CRASHES:
            if crash in result.err or crash in result.out:
                self.fail(f"{crash!r} reached the user:\n{result}")
        if result.rc < 0:
            self.fail(f"killed by {signal.Signals(-result.rc).name}:\n{result}")
        return result

    def ok(self, *arguments, **options):
        result = self.sane(run(*arguments, **options))
        self.assertEqual(result.rc, 0, f"should have worked:\n{result}")
        return result

    def says(self, result, *needles):
        for needle in needles:
            self.assertIn(needle.lower(), result.err.lower(), f"stderr lacks {needle!r}:\n{result}")

    def refused(self, rc, needles, *arguments, leaves=None, **options):
        """The command ends with `rc`, its stderr holds `needles`, and the folder `leaves` (by
        default the test's own) is unchanged, hidden files included."""
        leaves = self.dir if leaves is None else leaves
        before = listing(leaves)
        result = self.sane(run(*arguments, **options))
        self.assertEqual(result.rc, rc, f"exit code {result.rc}, should be {rc}:\n{result}")
        self.says(result, *([needles] if isinstance(needles, str) else needles))
        self.assertEqual(result.out, "", f"stdout is for results only:\n{result}")
        self.assertEqual(listing(leaves), before, f"files changed or were left behind by\n{result}")
        return result

    def is_intact(self, folder):
        self.assertIsNone(what_is_broken(folder))

    def nothing_hidden(self, folder):
        self.assertEqual(hidden(folder), [], f"left behind in {folder}")

    def copy(self, folder, name=None):
        return pathlib.Path(shutil.copytree(folder, self.dir / (name or folder.name)))

    def train(self, out, *more, kind="attention", data=None, **options):
        return self.ok("train", "--config", config(kind), "--data", data or dataset(), "--out", out,
                       *more, **options)


def main():
    if not PROGRAM.is_file():
        sys.exit(f"there is no program {PROGRAM}; build it, or name another with MARQUEE=PATH")
    result = unittest.main(module="__main__", exit=False, verbosity=2).result
    if not result.wasSuccessful():
        sys.exit(1)
    if result.skipped and result.testsRun <= len(result.skipped):
        sys.exit(SKIPPED)
