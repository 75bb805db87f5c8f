"""Models that protect members: what is refused, and where the guarantee is written."""

import csv
import json

import marquee as m


class PrivateTraining(m.Case):
    def learned(self, config, *more):
        """The bundle of a model that was learned with this configuration."""
        file = self.dir / "c.yaml"
        file.write_text(config)
        self.ok("train", "--config", file, "--data", m.dataset(), "--out", self.dir / "run", *more)
        self.ok("export", "--run", self.dir / "run", "--out", self.dir / "bundle")
        return self.dir / "bundle"

    def says_what_it_guarantees(self, bundle, mechanism, epsilon):
        facts = json.loads((bundle / "manifest.json").read_text())["facts"]["privacy"]
        run = json.loads((self.dir / "run/manifest.json").read_text())["facts"]["privacy"]
        self.assertEqual(facts, run)
        self.assertEqual(facts["mechanism"], mechanism)
        self.assertTrue(epsilon * 0.99 < facts["epsilon"] <= epsilon, facts)
        self.assertEqual(facts["delta"], 0.001)
        self.assertEqual(facts["adjacency"], "one member added or removed")
        self.assertIn("Canonne", facts["conversion"])
        for key in ("noise", "sampling", "steps", "counts_noise"):
            self.assertGreater(facts[key], 0, key)
        card = (bundle / "model_card.md").read_text()
        self.assertIn("differential privacy of members: epsilon", card)
        self.assertNotIn("interactions,", card, "an exact number of interactions is no part of it")
        for artefact in (bundle, self.dir / "run"):
            self.assertIn("delta 0.001 for one member added or removed", self.ok("inspect", artefact).out)

    def test_ials(self):
        bundle = self.learned("model: {name: ials, dim: 8}\ntrain: {epochs: 2}\n", "--set",
                              "train.privacy.epsilon=3", "--set", "train.privacy.delta=0.001")
        self.says_what_it_guarantees(bundle, "DPALS", 3)
        self.ok("recommend", "--bundle", bundle, "--history", "t1,t2")
        self.ok("evaluate", "--bundle", bundle, "--data", m.dataset(), "--out", self.dir / "report")
        evaluated, = json.loads((self.dir / "report/report.json").read_text())["bundles"]
        self.assertEqual(evaluated["privacy"]["mechanism"], "DPALS")
        self.assertRegex((self.dir / "report/report.html").read_text(), r">ε [\d.]+<small>δ ")
        self.assertEqual(json.loads((bundle / "training.json").read_text())["points"], [],
                         "losses and scores are computed from members without noise")

    def test_two_tower(self):
        bundle = self.learned("model: {name: two_tower, dim: 8, history: {encoder: mean}}\n"
                              "train: {epochs: 1, batch_size: 20, privacy: {epsilon: 9, delta: 0.001}}\n")
        self.says_what_it_guarantees(bundle, "DP-SGD", 9)

    def test_popularity_in_the_bundle_has_noise(self):
        def popularity(bundle):
            with open(bundle / "titles.csv", newline="", encoding="utf-8") as file:
                return [int(row["popularity"]) for row in csv.DictReader(file)]

        config = "model: {name: ials, dim: 8}\ntrain: {epochs: 1}\n"
        plain = popularity(self.learned(config))
        private = ["--set", "train.privacy.epsilon=1", "--set", "train.privacy.delta=0.001", "--overwrite"]
        seen = []
        for name in ("one", "two"):
            file = self.dir / "c.yaml"
            self.ok("train", "--config", file, "--data", m.dataset(), "--out", self.dir / name, *private)
            self.ok("export", "--run", self.dir / name, "--out", self.dir / (name + "-bundle"))
            seen.append(popularity(self.dir / (name + "-bundle")))
        self.assertNotEqual(seen[0], plain)
        self.assertNotEqual(seen[0], seen[1], "the same seed does not give the same noise")
        self.assertTrue(all(count >= 0 for count in seen[0]))

    def test_a_model_without_it_says_so(self):
        self.assertIn("without differential privacy", (m.bundle("mean") / "model_card.md").read_text())
        self.assertNotIn("privacy ", self.ok("inspect", m.bundle("mean")).out)

    def test_what_is_refused(self):
        file = self.dir / "c.yaml"
        file.write_text("model: {name: ials, dim: 8}\n")
        words = ["train", "--config", file, "--data", m.dataset(), "--out", self.dir / "run", "--set"]
        self.refused(2, ["epsilon", "out of reach"], *words, "train.privacy.epsilon=1e-7")
        self.refused(2, ["train.privacy.epsilon: -1 is below 0"], *words, "train.privacy.epsilon=-1")
        self.refused(2, ["train.privacy.delta", "members"], *words, "train.privacy.epsilon=1", "--set",
                     "train.privacy.delta=0.1")
        self.refused(2, ["train.privacy.clip: unknown key"], *words, "train.privacy.epsilon=1", "--set",
                     "train.privacy.clip=1")
        self.refused(2, ["train.privacy"], *words, "model.name=ease", "--set", "train.privacy.epsilon=1")
        # Titles that are known from interactions alone are in the order in which members watched them.
        strangers = self.dir / "strangers"
        self.ok("ingest", "--interactions", m.write_events(self.dir / "events.csv"), "--out", strangers)
        self.refused(2, ["in no titles file", "ingest a titles file"], "train", "--config", file, "--data", strangers,
                     "--out", self.dir / "run", "--set", "train.privacy.epsilon=1", "--set",
                     "train.privacy.delta=0.001")


if __name__ == "__main__":
    m.main()
