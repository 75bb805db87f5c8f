"""marquee audit privacy: planted leaks are found, where nothing was planted nothing is found."""

import json
import random

import marquee as m

MEMBERS, TITLES, CANARIES = 1500, 400, 12


def write(path, header, rows):
    path.write_text("\n".join([header, *rows]) + "\n")
    return path


class Privacy(m.Case):
    def service(self, canaries, members=MEMBERS, liked=None):
        """Interactions and users. Everybody watches eight of the first 40 titles at random, the first ones most
        often (where all are as popular, counts alone say who was counted). With `canaries` everybody also
        watches twelve of the others, which hardly anybody else has watched together. `liked(group)`: where a
        group finds its titles instead of among all 40."""
        draw = random.Random(4)
        events, users = [], []
        for i in range(members):
            group = "odd" if i % 3 == 0 else "usual"
            titles = []
            while len(titles) < 8:
                title = draw.choice(liked(group)) if liked else int(40 * draw.random() ** 2)
                titles += [title] if title not in titles else []
            if canaries:
                titles += draw.sample(range(40, TITLES), CANARIES)
                draw.shuffle(titles)
            events += [f"u{i},t{title},{1_600_000_000 + 1000 * n},play" for n, title in enumerate(titles)]
            users.append(f"u{i},{group},{draw.choice(('heads', 'tails'))},{'secret' if i < 5 else ''}")
        titles = [f"t{i},Title {i},Genre {i % 7}" for i in range(TITLES if canaries else 40)]
        return (write(self.dir / "events.csv", "user_id,title_id,timestamp,event", events),
                write(self.dir / "titles.csv", "title_id,name,genres", titles),
                write(self.dir / "users.csv", "user_id,group,coin,rare", users))

    def ingest(self, files, *more, users=True, split="strong", out="data"):
        events, titles, people = files
        self.ok("ingest", "--interactions", events, "--titles", titles, *(["--users", people] if users else []),
                "--split", split, "--out", self.dir / out, *more)

    def bundle(self, model, *more):
        config = self.dir / f"{model}.yaml"
        config.write_text(f"model: {{name: {model}}}\n")
        self.ok("train", "--config", config, "--data", self.dir / "data", "--out", self.dir / f"{model}-run", *more)
        self.ok("export", "--run", self.dir / f"{model}-run", "--out", self.dir / model)
        return self.dir / model

    def audit(self, *more, bundles, out="report", rc=0):
        result = self.sane(m.run("audit", "privacy", "--bundle", *bundles, "--data", self.dir / "data", "--out",
                                 self.dir / out, *more))
        self.assertEqual(result.rc, rc, str(result))
        return result, json.loads((self.dir / out / "report.json").read_text())

    @staticmethod
    def attacks(bundle):
        return {each["attack"]: each for each in bundle["membership"]}

    def test_canaries_are_found_in_models_that_remember_them(self):
        self.ingest(self.service(canaries=True))
        bundles = [self.bundle(model) for model in ("item_knn", "ease")]
        result, report = self.audit("--max-auc", 0.6, bundles=bundles, rc=2)
        self.assertTrue(report["exceeded"])
        self.assertEqual(report["answer"], "Limits are exceeded")
        self.assertEqual(report["pairs"], 300)  # a tenth of the members for valid, and one for test
        for bundle in report["bundles"]:
            attacks = self.attacks(bundle)
            hidden = attacks["hidden_titles"]
            self.assertGreater(hidden["auc"]["low"], 0.75, bundle["bundle"])
            self.assertLess(hidden["adjusted_p"], 1e-6)
            self.assertGreater(hidden["found_at_1_percent"]["low"], 0.1)
            self.assertGreater(attacks["beyond_popularity"]["auc"]["low"], 0.75)
            self.assertGreater(attacks["history_loss"]["auc"]["low"], 0.6)
            self.assertFalse(attacks["popular_lists"]["same_treatment"])
        self.assertFalse(any("popular lists" in each["text"] for each in report["findings"]))
        self.assertIn("! ", result.out)
        self.assertIn("gives away who was in training", result.out)
        page = (self.dir / "report/report.html").read_text()
        self.assertIn("<h1>Limits are exceeded</h1>", page)
        self.is_intact(self.dir / "report")
        self.card_says(bundles, report)
        # Nobody is named, and no group of five is.
        for text in (result.out, page, json.dumps(report)):
            self.assertNotRegex(text, r"\bu\d+\b")
            self.assertNotIn("secret", text)

    def card_says(self, bundles, report):
        """`marquee card` has what reports measured of this bundle, and refuses those of others."""
        for name, words in (("quality", ["evaluate"]), ("fairness", ["audit", "fairness"])):
            self.ok(*words, "--bundle", bundles[0], "--data", self.dir / "data", "--out", self.dir / name)
        card = self.ok("card", "--bundle", bundles[0], "--reports", self.dir / "quality", self.dir / "fairness",
                       self.dir / "report").out
        self.assertTrue(card.startswith((bundles[0] / "model_card.md").read_text()))
        measured = self.attacks(report["bundles"][0])["hidden_titles"]["auc"]["value"]
        self.assertIn(f"| membership, hidden_titles | {measured:.4f} (", card)
        quality = json.loads((self.dir / "quality/report.json").read_text())["bundles"][0]["metrics"]["full_rank"]
        self.assertIn(f"| ndcg@10 (full_rank) | {quality['ndcg@10']['value']:.4f} (", card)
        self.assertIn("- exceeded: ", card)
        self.refused(2, ["a report of other bundles"], "card", "--bundle", bundles[1], "--reports",
                     self.dir / "quality")
        self.refused(3, ["marquee evaluate"], "card", "--bundle", bundles[0], "--reports", bundles[1])

    def test_where_nothing_was_planted_nothing_is_found(self):
        self.ingest(self.service(canaries=False))
        bundle = self.bundle("popularity")
        result, report = self.audit("--max-auc", 0.6, "--max-attribute-auc", 0.6, bundles=[bundle])
        self.assertEqual(report["answer"], "All limits hold")
        only, = report["bundles"]
        attacks = self.attacks(only)
        for name in ("hidden_titles", "beyond_popularity", "history_loss", "similarity"):
            auc = attacks[name]["auc"]
            self.assertTrue(auc["low"] <= 0.5 <= auc["high"], f"{name}: {auc}")
            self.assertEqual(len(attacks[name]["found_by_percent"]), 101)
        # A model that is the same for everybody knows nothing of anybody.
        for name in ("group", "coin"):
            self.assertEqual(only["attributes"][name]["auc"], {"value": 0.5, "low": 0.5, "high": 0.5})
        self.assertNotIn("auc", only["attributes"]["rare"])
        self.assertIn("No attack surely tells who was in training", result.out)
        again = self.audit("--max-auc", 0.6, "--max-attribute-auc", 0.6, bundles=[bundle], out="again")[1]
        for each in (again, report):
            each.pop("command")
        self.assertEqual(again, report)
        _, other = self.audit("--seed", 2, bundles=[bundle], out="other")
        self.assertNotEqual(self.attacks(other["bundles"][0])["hidden_titles"], attacks["hidden_titles"])

    def test_a_planted_attribute_is_found_and_a_coin_is_not(self):
        self.ingest(self.service(canaries=False,
                                 liked=lambda group: range(25) if group == "odd" else range(15, 40)))
        bundles = [self.bundle("ials", "--set", "model.dim=8"), self.bundle("item_knn")]
        result, report = self.audit("--max-attribute-auc", 0.8, bundles=bundles, rc=2)
        for bundle in report["bundles"]:
            group, coin = bundle["attributes"]["group"], bundle["attributes"]["coin"]
            self.assertGreater(group["auc"]["low"], 0.9)
            self.assertGreater(group["auc"]["low"], group["shuffled_high"])
            self.assertEqual([each["name"] for each in group["groups"]], ["odd", "usual"])
            self.assertGreater(coin["adjusted_p"], 0.05)
            self.assertLess(coin["auc"]["value"], 0.57)
        self.assertIn("vectors of ", report["bundles"][0]["inferred_from"])
        self.assertTrue(all('"group" can be inferred' in each["text"] for each in report["findings"]))
        self.assertIn("what people are like", result.out)

    def test_what_cannot_be_audited_is_refused(self):
        files = self.service(canaries=False, members=700)
        self.ingest(files, users=False)
        bundle = self.bundle("popularity")
        result, report = self.audit(bundles=[bundle])
        self.assertEqual(report["bundles"][0]["attributes"], {})
        self.assertIn("No attributes of users", result.out)
        words = ["audit", "privacy", "--out", self.dir / "none", "--bundle", bundle, "--data"]
        self.refused(2, ["--max-attribute-auc", "--users"], *words, self.dir / "data", "--max-attribute-auc", 0.7)
        by_ids = self.bundle("neural_cf", "--set", "model.member=id", "--set", "train.epochs=1")
        self.refused(2, ["knows members by id", "model.member"], "audit", "privacy", "--out", self.dir / "none",
                     "--bundle", by_ids, "--data", self.dir / "data")
        self.ingest(files, split="leave-one-out", out="other")
        self.refused(2, ["leave-one-out holds nobody out", "--split strong"], *words, self.dir / "other")
        self.ingest(files, "--seed", 9, out="seeds")
        self.refused(2, ["was not trained on dataset", "--data"], *words, self.dir / "seeds")
        self.ingest(self.service(canaries=False, members=100), out="few")
        self.refused(2, ["30 of each are needed", "--split strong"], *words, self.dir / "few")
        for option, value in (("--max-auc", "0.4"), ("--max-auc", "nan"), ("--max-tpr", "1.5"),
                              ("--max-attribute-auc", "some"), ("--resamples", "10")):
            self.refused(2, [option], *words, self.dir / "data", option, value)
        self.refused(2, ["--bundle"], "audit", "privacy", "--data", self.dir / "data", "--out", self.dir / "none")

    def test_what_training_hides_is_read_worse(self):
        """Groups like other titles, which a model that is to hide them knows less of."""
        self.ingest(self.service(False, liked=lambda group: range(36) if group == "odd" else range(4, 40)))
        config = self.dir / "two_tower.yaml"
        config.write_text("model: {name: two_tower, dim: 16, history: {encoder: mean}}\n"
                          "train: {epochs: 6, learning_rate: 0.01, warmup_steps: 10}\n")
        read = {}
        for weight in (0, 5):
            self.ok("train", "--config", config, "--data", self.dir / "data", "--out", self.dir / f"run{weight}",
                    *(["--set", "train.groups.attribute=group", "--set", "train.groups.balance=0", "--set",
                        f"model.loss.hide_groups={weight}"]
                      if weight else []))
            self.ok("export", "--run", self.dir / f"run{weight}", "--out", self.dir / f"bundle{weight}")
            _, report = self.audit(bundles=[self.dir / f"bundle{weight}"], out=f"report{weight}")
            read[weight] = report["bundles"][0]["attributes"]["group"]["auc"]
        self.assertIn("The column `group` of the users file was used in training",
                      (self.dir / "bundle5/model_card.md").read_text())
        self.assertLess(read[5]["high"], read[0]["low"] - 0.1, read)
        train = ("train", "--config", config, "--data", self.dir / "data", "--out", self.dir / "none", "--set")
        self.refused(2, ["train.groups.attribute", '"age"', "it has group, coin, rare"], *train,
                     "train.groups.attribute=age")
        self.refused(2, ["train.groups.attribute", '"rare" has 1 groups'], *train, "train.groups.attribute=rare")
        self.refused(2, ["model.loss.hide_groups", "needs train.groups.attribute"], *train,
                     "model.loss.hide_groups=1")
        self.refused(2, ["train.groups.balance"], *train, "train.groups.balance=1")  # of no attribute
        self.refused(2, ["train.groups.attribute", "nothing uses it"], *train, "train.groups.attribute=group",
                     "--set", "train.groups.balance=0")
        self.refused(2, ["train.groups.attribute", "must be empty"], *train, "train.groups.attribute=group", "--set",
                     "train.privacy.epsilon=5", "--set", "train.privacy.delta=1e-5")
        self.ingest(self.service(False), users=False, out="bare")
        self.refused(2, ["ingest it with --users"], "train", "--config", config, "--data", self.dir / "bare", "--out",
                     self.dir / "none", "--set", "train.groups.attribute=group")


if __name__ == "__main__":
    m.main()
