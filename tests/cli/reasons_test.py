"""Reasons of every model that says what a history adds to a score: of titles that are always watched
together the one explains the other."""

import random
import unittest

import marquee as m

PAIRS, USERS, LEARNED, OF_A_USER = 12, 1040, 1000, 2
LEARNING = "train: {batch_size: 16, patience: 0, warmup_steps: 20, "
CONFIGS = {
    "ease": "model: {name: ease}",
    "item_knn": "model: {name: item_knn, neighbours: 10}",
    "ials": "model: {name: ials, dim: 16}\ntrain: {epochs: 8}",
    "bpr": "model: {name: bpr, dim: 16}\n" + LEARNING + "epochs: 30, learning_rate: 0.01}",
    "neural_cf": "model: {name: neural_cf, dim: 16, negatives: 16, history: {encoder: mean, age: false}}\n" +
                 LEARNING + "epochs: 12, learning_rate: 0.005}",
}


def events():
    """Both titles of some pairs, in any order; the last events of the last users are not train."""
    draw = random.Random(5)
    lines = ["user_id,title_id,timestamp,event,split"]
    for user in range(USERS):
        watched = [half + str(pair) for pair in draw.sample(range(PAIRS), OF_A_USER) for half in "ab"]
        draw.shuffle(watched)
        for i, title in enumerate(watched):
            part = "train" if user < LEARNED or i < OF_A_USER else ("valid", "test")[i % 2]
            lines.append(f"u{user},{title},{1000 + 60 * i},play,{part}")
    return "\n".join(lines) + "\n"


def titles():
    return "title_id,name\n" + "".join(f"{half}{pair},{half.upper()} of {pair}\n"
                                       for pair in range(PAIRS) for half in "ab")


class Reasons(m.Case):
    def dataset(self):
        (self.dir / "events.csv").write_text(events(), encoding="utf-8")
        (self.dir / "titles.csv").write_text(titles(), encoding="utf-8")
        self.ok("ingest", "--interactions", self.dir / "events.csv", "--titles",
                self.dir / "titles.csv", "--split", "given", "--out", self.dir / "dataset")
        return self.dir / "dataset"

    def bundle(self, model, dataset):
        run, bundle, config = (self.dir / f"{model}{end}" for end in ("-run", "", ".yaml"))
        config.write_text(CONFIGS[model] + "\n", encoding="utf-8")
        self.ok("train", "--config", config, "--data", dataset, "--out", run)
        self.ok("export", "--run", run, "--out", bundle)
        return bundle

    def partners_are_named(self, bundle):
        answer = self.ok("recommend", "--bundle", bundle, "--history", "a1,b4", "-k", 2, "--json").lines()[0]
        reasons = {item["title_id"]: item["reasons"] for item in answer["items"]}
        self.assertEqual(reasons, {"b1": ["because you watched A of 1"],
                                   "a4": ["because you watched B of 4"]})
        new = self.ok("recommend", "--bundle", bundle, "--history", "", "-k", 3, "--json").lines()[0]
        for item in new["items"]:
            self.assertNotIn("because", " ".join(item["reasons"]))

    def test_of_a_pair_that_is_always_watched_together(self):
        dataset = self.dataset()
        bundles = {}
        for model in CONFIGS:
            with self.subTest(model):
                bundles[model] = self.bundle(model, dataset)
                self.partners_are_named(bundles[model])
        both = self.dir / "two_stage"
        self.ok("export", "--candidates", bundles["ease"], "--ranking", bundles["neural_cf"],
                "--count", 10, "--out", both)
        with self.subTest("two_stage"):
            self.partners_are_named(both)


if __name__ == "__main__":
    m.main()
