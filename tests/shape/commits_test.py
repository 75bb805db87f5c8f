"""scripts/commit-check takes good messages and says what is wrong with others.

    commits_test.py ROOT"""

import pathlib
import subprocess
import sys
import tempfile
import unittest

ROOT = pathlib.Path(sys.argv.pop(1)) if len(sys.argv) > 1 else pathlib.Path.cwd()
BODY = "Because of this.\n"


class CommitCheck(unittest.TestCase):
    def check(self, message):
        with tempfile.NamedTemporaryFile("w", suffix=".txt") as file:
            file.write(message)
            file.flush()
            done = subprocess.run([ROOT / "scripts/commit-check", "--file", file.name],
                                  capture_output=True, text=True)
        return done.returncode, done.stderr

    def test_takes_a_subject_and_a_body(self):
        template = (ROOT / ".gitmessage").read_text(encoding="utf-8")
        for message in (f"Cut long histories\n\n{BODY}", f"{'x' * 72}\n\n{BODY}",
                        f"Cut long histories\n\n{BODY}{template}"):
            self.assertEqual(self.check(message), (0, ""), message)

    def test_says_what_is_wrong(self):
        for message, said in ((f"{'x' * 73}\n\n{BODY}", "73 characters"),
                              (f"Cut.\n\n{BODY}", "full stop"),
                              (f"Cut\n{BODY}\n{BODY}", "second line"), ("Cut\n", "no body"),
                              ("Cut\n\n# a comment\n", "no body"), ("", "subject is empty")):
            code, error = self.check(message)
            self.assertEqual(code, 1, message)
            self.assertIn(said, error, message)


if __name__ == "__main__":
    unittest.main()
