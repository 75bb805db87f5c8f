"""Every model from end to end with its preset made short: on odd data, with every split, and with
several seeds."""

import json
import unittest

import marquee as m

PRESETS = m.SOURCE / "configs"
SHORT = ["--set", "data.max_history=8"]
EPOCHS = ["--set", "train.epochs=2"]
TRAINED = {"bpr", "ials", "mf_ratings", "neural_cf", "svdpp", "two_tower"}  # in epochs
FAMILY = sorted(TRAINED | {"ease", "item_knn", "popularity"})
RATINGS = {"mf_ratings", "svdpp"}


def events(rows):
    return "user_id,title_id,timestamp,event,value\n" + "".join(
        f"{user},{title},{1_600_000_000 + 60 * i},{event},{value}\n"
        for i, (user, title, event, value) in enumerate(rows))


def one_title():
    return [(f"u{u}", "t0", "rating", 3 + u % 3) for u in range(6) for _ in range(4)]


def all_equal():
    return [(f"u{u}", f"t{(u + i) % 9}", "rating", 4) for u in range(12) for i in range(5)]


def whole_catalogue():
    greedy = [("everything", f"t{i}", "rating", 1 + i % 5) for i in range(9)]
    return greedy + [(f"u{u}", f"t{(u * i) % 9}", "rating", 1 + (u + i) % 5)
                     for u in range(12) for i in range(1, 5)]


def browsing():
    return [(f"u{u}", f"t{(u + i) % 9}", "rating", 1 + (u + i) % 5) for i in range(5)
            for u in range(12)]


def duplicates():
    return [row for row in all_equal() for _ in range(3)]


ODD = {"a catalogue of one": one_title, "all ratings equal": all_equal,
       "a user with the whole catalogue": whole_catalogue, "every event three times": duplicates}


class Family(m.Case):
    def dataset(self, rows, name="dataset", split="leave-one-out"):
        file = self.dir / f"{name}.csv"
        file.write_text(events(rows), encoding="utf-8")
        out = self.dir / name
        self.ok("ingest", "--interactions", file, "--out", out, "--split", split)
        return out

    def bundle(self, model, dataset, where):
        out = self.dir / where
        epochs = EPOCHS if model in TRAINED else []
        self.ok("train", "--config", PRESETS / f"{model}.yaml", "--data", dataset, "--out",
                out / "run", *SHORT, *epochs)
        self.ok("export", "--run", out / "run", "--out", out / "bundle")
        return out / "bundle"

    def test_odd_data_is_learnt_evaluated_and_served(self):
        for i, (what, rows) in enumerate(ODD.items()):
            dataset = self.dataset(rows(), f"odd{i}", "random")
            for model in FAMILY:
                with self.subTest(f"{model}, {what}"):
                    bundle = self.bundle(model, dataset, f"{model}{i}")
                    self.ok("similar", "--bundle", bundle, "--title", "t0", "--json")
                    answer = self.ok("recommend", "--bundle", bundle, "--history", "t0", "-k", 3,
                                     "--json").lines()[0]
                    shown = [item["title_id"] for item in answer["items"]]
                    self.assertNotIn("t0", shown)
                    self.assertEqual(len(shown), len(set(shown)))
                    self.assertEqual(len(shown), 0 if rows is one_title else 3)

    def test_every_model_is_evaluated_with_every_split(self):
        for split in ("leave-one-out", "temporal", "random", "strong"):
            dataset = self.dataset(browsing(), split, split)
            bundles = [self.bundle(model, dataset, f"{model}-{split}") for model in FAMILY]
            out = self.dir / f"report-{split}"
            self.ok("evaluate", *(word for b in bundles for word in ("--bundle", b)), "--data",
                    dataset, "--out", out)
            report = json.loads((out / "report.json").read_text(encoding="utf-8"))
            self.assertEqual([b["model"] for b in report["bundles"]], FAMILY)
            for bundle in report["bundles"]:
                with self.subTest(f"{bundle['model']}, {split}"):
                    self.assertIn("ndcg@10", bundle["metrics"]["full_rank"])
                    if bundle["model"] in RATINGS:
                        self.assertGreater(bundle["metrics"]["rating"]["rmse"]["value"], 0)

    def test_seeds_give_mean_and_deviation(self):
        report = self.dir / "report"
        result = self.ok("evaluate", "--bundle", m.bundle("mean"), "--bundle", m.bundle("popularity"),
                         "--data", m.dataset(), "--out", report, "--seeds", 3)
        self.assertIn("mean of 3 seeds", result.out)
        learnt, counted = json.loads((report / "report.json").read_text())["bundles"]
        ndcg = learnt["seeds"]["full_rank"]["ndcg@10"]
        values = ndcg["values"]
        self.assertEqual(values[0], learnt["metrics"]["full_rank"]["ndcg@10"]["value"])
        self.assertEqual(len(values), 3)
        self.assertGreater(len(set(values)), 1, "other seeds, other models")
        mean = sum(values) / 3
        self.assertAlmostEqual(ndcg["mean"], mean)
        self.assertAlmostEqual(ndcg["deviation"] ** 2,
                               sum((v - mean) ** 2 for v in values) / 2)
        self.assertEqual(counted["seeds"]["full_rank"]["ndcg@10"]["deviation"], 0)
        self.assertIn("Variation over seeds", (report / "report.html").read_text(encoding="utf-8"))

    def test_presets_are_configurations(self):
        nowhere = self.dir / "nowhere"
        data = ["--data", nowhere, "--out", self.dir / "out"]
        # What reads the presets of a folder, up to the first thing that it does not find.
        readers = {"tune": ("nowhere", ["tune", *data, "--trials", 2]),
                   "policies": ("nowhere", ["policy", "train", "--log", nowhere, "--out", self.dir / "out"]),
                   "experiments": ("exists already", ["experiment", "--out", self.dir]),
                   "mappings": ("nowhere", ["ingest", "--interactions", nowhere, "--out", self.dir / "out"]),
                   "gates": ("nowhere", ["evaluate", "--bundle", nowhere, "elsewhere", *data])}
        options = {"mappings": "--mapping", "gates": "--gate"}
        presets = sorted(PRESETS.rglob("*.yaml"))
        self.assertGreater(len(presets), 15)
        for preset in presets:
            missing, command = readers.get(preset.parent.name, ("nowhere", ["train", *data]))
            with self.subTest(preset.name):
                option = options.get(preset.parent.name, "--config")
                self.refused(2, missing, *command, option, preset)


if __name__ == "__main__":
    m.main()
