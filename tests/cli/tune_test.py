"""`marquee tune`: the space is read strictly, an interrupted search continues, failed trials are
recorded, and the winner reaches its recorded score."""

import json
import signal
import unittest

import marquee as m

IALS = """model: {name: ials, dim: 8}
train: {epochs: 9, patience: 0}
search:
  model.regularisation: {from: 1e-3, to: 1, scale: log}
  model.unobserved_weight: [0.01, 0.1, 1]
"""


class Tune(m.Case):
    def space(self, text=IALS):
        file = self.dir / "search.yaml"
        file.write_text(text, encoding="utf-8")
        return file

    def arguments(self, out, *more, text=IALS, trials=9):
        return ["tune", "--config", self.space(text), "--data", m.dataset(), "--out", out,
                "--trials", trials, *more]

    def results(self, out):
        records = [json.loads(line) for line in (out / "trials.jsonl").read_text().splitlines()]
        for record in records:
            record.pop("seconds")
        return sorted(records, key=lambda r: (r["rung"], r["trial"]))

    def test_the_winner_is_the_best_of_the_last_rung_and_trains_to_its_score(self):
        out = self.dir / "tuned"
        self.ok(*self.arguments(out))
        self.is_intact(out)
        results = self.results(out)
        self.assertEqual([r["epochs"] for r in results], [1] * 9 + [3] * 3 + [9])
        first = sorted(results[:9], key=lambda r: -r["valid_ndcg@10"])
        self.assertLessEqual({r["trial"] for r in results[9:12]},
                             {r["trial"] for r in first
                              if r["valid_ndcg@10"] >= first[2]["valid_ndcg@10"]})
        facts = m.manifest_of(out)["facts"]
        self.assertEqual(facts["best_trial"], results[-1]["trial"])
        run = self.dir / "run"
        self.ok("train", "--config", out / "best.yaml", "--data", m.dataset(), "--out", run)
        self.assertEqual(m.manifest_of(run)["facts"]["best"]["valid_ndcg@10"],
                         results[-1]["valid_ndcg@10"])
        self.ok("export", "--run", out / "best-run", "--out", self.dir / "bundle")
        page = (out / "report.html").read_text(encoding="utf-8")
        self.assertIn("<svg", page)
        self.assertNotIn("http://", page.replace("http://www.w3.org", ""))

    def test_jobs_and_an_interruption_change_nothing(self):
        reference, stopped = self.dir / "reference", self.dir / "stopped"
        self.ok(*self.arguments(reference))
        process = m.start(*map(str, self.arguments(stopped, "--jobs", 2)))
        self.assertTrue(m.wait_until(lambda: (stopped / "trials.jsonl").exists() and
                                     len((stopped / "trials.jsonl").read_text().splitlines()) > 2,
                                     process))
        process.send_signal(signal.SIGINT)
        result = m.finish(process)
        self.assertEqual(result.rc, 1, result)
        self.assertIn("--resume", result.err)
        self.ok(*self.arguments(stopped, "--jobs", 2, "--resume"))
        self.assertEqual(self.results(reference), self.results(stopped))
        self.assertEqual((reference / "best.yaml").read_text(), (stopped / "best.yaml").read_text())

    def test_a_closed_form_has_one_rung(self):
        out = self.dir / "tuned"
        self.ok(*self.arguments(out, text="model: {name: popularity}\nsearch:\n"
                                          "  model.half_life_days: {from: 1, to: 900}\n",
                                trials=4))
        self.assertEqual([r["rung"] for r in self.results(out)], [0] * 4)

    def test_a_trial_that_diverges_is_recorded_and_the_search_goes_on(self):
        out = self.dir / "tuned"
        text = ("model: {name: two_tower, dim: 8, loss: {temperature: 0.01}}\n"
                "train: {epochs: 40, batch_size: 16, clip_norm: 0, warmup_steps: 0,"
                " weight_decay: 10}\n"
                "search:\n  train.learning_rate: [0.001, 10]\n")
        result = self.ok(*self.arguments(out, text=text, trials=6))
        records = self.results(out)
        failed = [r for r in records if "error" in r]
        self.assertTrue(0 < len(failed) < 6, records)
        self.assertLessEqual({r["trial"] for r in records if r["rung"] > 0},
                             {r["trial"] for r in records if "error" not in r})
        self.assertIn("failed", result.err)
        self.assertIn("not a number", failed[0]["error"])

    def test_a_search_that_is_there_is_not_replaced(self):
        out = self.dir / "tuned"
        text = ("model: {name: ease}\nsearch:\n  model.regularisation: [1, 10]\n"
                "  data.max_history: [50]\n")
        self.ok(*self.arguments(out, text=text, trials=2))
        self.refused(2, "exists already", *self.arguments(out, text=text, trials=2), leaves=out)
        self.refused(2, "another configuration", *self.arguments(out, "--resume", text=text,
                                                                 trials=3), leaves=out)

    def test_says_all_that_is_wrong_with_a_space(self):
        wrong = ("model: {name: ials}\nsearch:\n  model.dimm: [8]\n  model.dim: [0, 8]\n"
                 "  model.regularisation: {from: 1, to: 0.1}\n  train.epochs: []\n"
                 "  model.unobserved_weight: {from: 0, to: 1, scale: log}\n  train.patience: 3\n"
                 "  train.seed: [1, 2]\n")
        self.refused(2, [":3: search.model.dimm: unknown key", "model.dim",
                         ":4: search.model.dim: 0 is below 1",
                         ":5: search.model.regularisation: from 1 is above to 0.1",
                         ":6: search.train.epochs: an empty list allows nothing",
                         ":7: search.model.unobserved_weight: a range with scale log",
                         ":8: search.train.patience: must be a list", "train.seed", "7 problems"],
                     *self.arguments(self.dir / "x", text=wrong))
        self.refused(2, "has no section search", *self.arguments(self.dir / "x",
                                                                 text="model: {name: ials}\n"))
        never = ("model: {name: two_tower}\nsearch:\n  model.dim: [7]\n"
                 "  model.history.heads: [2, 4]\n")
        self.refused(2, ["none of", "draws", "does not divide"],
                     *self.arguments(self.dir / "x", text=never))

    def test_train_refuses_a_search_section(self):
        self.refused(2, [":3: search: is for `marquee tune`"], "train", "--config", self.space(),
                     "--data", m.dataset(), "--out", self.dir / "run")

    def test_train_pauses_and_goes_on_to_the_same_weights(self):
        for kind in ("attention", "mean"):
            out, paused = self.dir / f"{kind}-reference", self.dir / f"{kind}-paused"
            self.train(out, kind=kind)
            self.says(self.train(paused, "--stop-after", 1, kind=kind), "paused after epoch 1")
            self.train(paused, "--resume", kind=kind)
            self.assertEqual(m.sha256(out / "best/model.safetensors"),
                             m.sha256(paused / "best/model.safetensors"))


if __name__ == "__main__":
    m.main()
