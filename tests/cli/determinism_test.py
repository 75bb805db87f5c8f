"""The same seed gives the same bytes, whatever the number of threads that read and write; another
seed gives others."""

import json
import unittest

import marquee as m


def files(folder):
    """The files' hashes. The manifest of a synthetic catalogue or dataset holds no time either."""
    return {entry["path"]: entry["sha256"] for entry in m.manifest_of(folder)["files"]}


class Determinism(m.Case):
    def weights(self, out, kind, *more, **options):
        self.train(out, *more, kind=kind, **options)
        return m.sha256(out / "best" / "model.safetensors")

    def test_training_and_export(self):
        for kind in m.KINDS:
            with self.subTest(kind):
                runs = [self.dir / f"{kind}-{i}" for i in range(2)]
                first, second = (self.weights(run, kind) for run in runs)
                self.assertEqual(first, second)
                bundles = [self.dir / f"bundle-{kind}-{i}" for i in range(2)]
                for run, bundle in zip(runs, bundles):
                    self.ok("export", "--run", run, "--out", bundle)
                for file in ("titles.bin", "titles.csv", "config.yaml"):
                    self.assertEqual(*(m.sha256(b / file) for b in bundles), file)

    def test_another_seed(self):
        for kind in ("attention", "sampled", "mean"):
            with self.subTest(kind):
                runs = {self.weights(self.dir / f"{kind}-{seed}", kind, "--set", f"train.seed={seed}")
                        for seed in (0, 1, 9223372036854775807)}
                self.assertEqual(len(runs), 3)

    def test_a_training_writes_the_same_with_other_checkpoints_and_logs(self):
        """Checkpoints and logs do not change what is learned."""
        plain = self.weights(self.dir / "plain", "sampled")
        often = self.weights(self.dir / "often", "sampled", "--set", "train.checkpoint_every_steps=1",
                             "--set", "train.log_every_steps=7", "--log-format", "json")
        self.assertEqual(plain, often)

    def test_synth(self):
        words = ["synth", "--users", 300, "--titles", 200, "--interactions", 9000]
        for name, more, threads in (("one", [], 1), ("two", [], 2), ("seven", [], 7),
                                    ("option", ["--threads", 3], None), ("other", ["--seed", 2], 1)):
            self.ok(*words, *more, "--out", self.dir / name, threads=threads)
        for name in ("two", "seven", "option"):
            self.assertEqual(files(self.dir / "one"), files(self.dir / name))
        self.assertNotEqual(files(self.dir / "one"), files(self.dir / "other"))

    def test_ingest(self):
        events = m.write_events(self.dir / "events.csv", users=700, events=40_000)
        words = ["ingest", "--interactions", events, "--titles", m.raw() / "titles.csv"]
        for split in ("leave-one-out", "temporal", "random", "strong"):
            with self.subTest(split):
                for threads in (1, 2, 5):
                    self.ok(*words, "--split", split, "--out", self.dir / f"{split}-{threads}",
                            threads=threads)
                one = m.manifest_of(self.dir / f"{split}-1")
                for threads in (2, 5):
                    self.assertEqual(one, m.manifest_of(self.dir / f"{split}-{threads}"))
        for split in ("random", "strong"):
            self.ok(*words, "--split", split, "--seed", 2, "--out", self.dir / f"{split}-other")
            self.assertNotEqual(files(self.dir / f"{split}-1"), files(self.dir / f"{split}-other"))

    def test_evaluation(self):
        for threads in (1, 2):
            self.ok("evaluate", "--bundle", m.bundle(), "--data", m.dataset(), "--out",
                    self.dir / "report", "--overwrite", threads=threads)
            self.copy(self.dir / "report", f"copy-{threads}")
        reports = [json.loads((self.dir / f"copy-{t}" / "report.json").read_text()) for t in (1, 2)]
        for report in reports:
            for timing in report.pop("timings", []):
                self.assertGreaterEqual(timing["answer_seconds"], 0)
        self.assertEqual(*reports)

    def test_answers(self):
        requests = "".join('{"history":["t%d","t%d"],"k":20}\n' % (1 + i % 80, 1 + i * 7 % 80)
                           for i in range(200))
        answers = {self.ok("recommend", "--bundle", m.bundle(), "--requests", "-", stdin=requests,
                           threads=threads).out for threads in (1, 2, 5)}
        self.assertEqual(len(answers), 1)


if __name__ == "__main__":
    m.main()
