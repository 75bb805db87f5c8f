"""marquee train --refit: a run once more, on train and validation; who says so, and what is refused."""

import csv
import json

import marquee as m

IALS = "model: {name: ials, dim: 8}\ntrain: {epochs: 4}\n"
DATA = ("--data", m.dataset())
NEGATIVE = (4, 6)  # dislike and hide: data/events.h


def facts(folder):
    return json.loads((folder / "manifest.json").read_text())["facts"]


def popularity(bundle):
    with open(bundle / "titles.csv", newline="", encoding="utf-8") as file:
        return sum(int(row["popularity"]) for row in csv.DictReader(file))


class Refit(m.Case):
    def first(self, text, *more, data=None, out="run"):
        config = self.dir / "c.yaml"
        config.write_text(text)
        self.ok("train", "--config", config, "--data", data or m.dataset(), "--out", self.dir / out, *more)
        return self.dir / out

    def refit(self, run, *more, out="refit"):
        return self.ok("train", "--refit", run, *DATA, "--out", self.dir / out, *more)

    def export(self, run, out):
        self.ok("export", "--run", run, "--out", self.dir / out)
        self.is_intact(self.dir / out)
        return self.dir / out

    def positives(self, *parts):
        """Interactions of these parts (0: train, 1: valid) of the dataset that are no dislike or hide."""
        part, event = ((m.dataset() / f"interactions.{name}").read_bytes() for name in ("parts", "events"))
        return sum(p in parts and e not in NEGATIVE for p, e in zip(part, event))

    def says_so_everywhere(self, run):
        before = m.listing(run)
        said = self.refit(run).err
        self.assertIn("refit: on train and valid", said)
        self.assertIn("validated on nothing", said)
        self.assertEqual(m.listing(run), before, "the first run is not touched")
        refit = facts(self.dir / "refit")["refit"]
        self.assertEqual(refit["of"], m.sha256(run / "manifest.json"))
        self.assertEqual(refit["epochs"], facts(run / "best")["epoch"])
        self.assertEqual(refit["valid"], facts(run)["best"])
        self.assertEqual(facts(self.dir / "refit")["best"], {}, "the score is not its own")
        self.assertEqual(facts(self.dir / "refit/best")["epoch"], refit["epochs"])
        sources = json.loads((self.dir / "refit/manifest.json").read_text())["sources"]
        self.assertEqual([each["kind"] for each in sources], ["dataset", "run"])
        self.assertIn(f"epochs as run {refit['of'][:8]}", self.ok("inspect", self.dir / "refit").out)

        bundles = [self.export(run, "first"), self.export(self.dir / "refit", "second")]
        self.assertNotIn("learned_from", facts(bundles[0]))
        self.assertRegex(self.ok("inspect", bundles[1]).out, "learned_from +train and valid")
        card = (bundles[1] / "model_card.md").read_text()
        self.assertIn("The train and validation parts were learned from", card)
        self.assertIn(f"chosen by run `{refit['of']}`", card)
        self.assertNotIn("at step", card)
        self.assertEqual(json.loads((bundles[1] / "training.json").read_text())["refit"], refit["of"])
        self.assertEqual(popularity(bundles[0]), self.positives(0))
        self.assertEqual(popularity(bundles[1]), self.positives(0, 1))

        result = self.ok("evaluate", "--bundle", *bundles, *DATA, "--out", self.dir / "report")
        self.assertRegex(result.out, "learned from train and valid: [a-z_]+@")
        self.assertIn("part of their differences comes from the events", result.err)
        one, other = json.loads((self.dir / "report/report.json").read_text())["bundles"]
        self.assertNotIn("learned_from", one)
        self.assertEqual(other["learned_from"], "train and valid")
        page = (self.dir / "report/report.html").read_text()
        self.assertIn("<td>train</td>", page)
        self.assertIn("<td>train and valid</td>", page)
        return bundles

    def test_ials(self):
        self.says_so_everywhere(self.first(IALS))

    def test_two_tower(self):
        first, second = self.says_so_everywhere(m.trained("mean"))
        self.ok("export", "--candidates", first, "--ranking", second, "--count", 20, "--out", self.dir / "both")
        self.assertEqual(facts(self.dir / "both")["learned_from"], "train and valid")
        self.refused(2, ["--refit", "without --seeds"], "evaluate", "--bundle", second, *DATA, "--out",
                     self.dir / "r", "--seeds", 2)

    def test_closed_form(self):
        self.refit(self.first("model: {name: ease}\n"))
        self.assertEqual(facts(self.dir / "refit")["refit"]["epochs"], 1)

    def test_stops_where_the_run_was_best_and_resumes(self):
        run = self.first("model: {name: two_tower, dim: 16, history: {encoder: mean}}\n"
                         "train: {epochs: 12, batch_size: 16, learning_rate: 0.02, patience: 0}\n")
        epochs = facts(run / "best")["epoch"]
        self.assertLess(epochs, 12)
        self.refit(run, out="straight")
        self.assertEqual(facts(self.dir / "straight/best")["epoch"], epochs)
        self.refit(run, "--stop-after", 1)
        self.assertIn("not finished", self.ok("inspect", self.dir / "refit").out)
        self.refused(2, ["was begun as the refit of run", "new --out"], "train", "--config", self.dir / "c.yaml",
                     *DATA, "--out", self.dir / "refit", "--resume")
        self.refit(run, "--resume")
        for file in ("best/model.safetensors", "config.yaml"):
            self.assertEqual(m.sha256(self.dir / "refit" / file), m.sha256(self.dir / "straight" / file))
        self.assertIn("finished already", self.refit(run, "--resume").err)
        self.refused(2, "was begun without --refit", "train", "--refit", run, *DATA, "--out", run, "--resume")

    def test_warm_start(self):
        run = self.first(IALS.replace("ials", "two_tower"), "--from", m.trained("mean"), "--set",
                         "model.dim=16", "--set", "data.max_history=12", "--set", "model.history.encoder=mean")
        self.refit(run)
        start = "start.safetensors"
        self.assertEqual(m.sha256(self.dir / "refit" / start), m.sha256(run / start))
        self.refused(2, ["learned from validation as well", "name the run"], "train", "--config",
                     m.config("mean"), *DATA, "--from", self.dir / "refit", "--out", self.dir / "next")
        broken = self.copy(run, "broken")
        manifest = json.loads((broken / "manifest.json").read_text())
        manifest["files"] = [each for each in manifest["files"] if each["path"] != start]
        (broken / "manifest.json").write_text(json.dumps(manifest))
        self.refused(2, ["--from", start], "train", "--refit", broken, *DATA, "--out", self.dir / "next")


class Refused(m.Case):
    def refused_refit(self, rc, needles, run, *more):
        self.refused(rc, needles, "train", "--refit", run, *(more or DATA), "--out", self.dir / "refit")

    def first(self, text, *more, data=None, out="run"):
        return Refit.first(self, text, *more, data=data, out=out)

    def test_options_that_do_not_go_with_it(self):
        run = m.trained("mean")
        for option, value in (("--config", m.config("mean")), ("--set", "train.epochs=3"), ("--from", run)):
            self.refused_refit(2, [f"{option} and --refit do not go together", f"leave out {option}"], run,
                               *DATA, option, value)
        self.refused(2, "--config, or --refit", "train", *DATA, "--out", self.dir / "run")
        copy = self.copy(run, "run")
        self.refused(2, "is the run that --refit names", "train", "--refit", copy, *DATA, "--out", copy,
                     "--overwrite")

    def test_runs_that_cannot_be(self):
        self.refused_refit(2, "there is no", self.dir / "nothing")
        self.refused_refit(3, "not a run", m.dataset())
        self.ok("train", "--config", m.config("mean"), *DATA, "--out", self.dir / "paused", "--stop-after", 1)
        self.refused_refit(3, "is not finished", self.dir / "paused")
        private = self.first(IALS, "--set", "train.privacy.epsilon=3", "--set", "train.privacy.delta=0.001")
        self.refused_refit(2, "train.privacy.epsilon", private)
        self.ok("train", "--refit", m.trained("mean"), *DATA, "--out", self.dir / "once")
        self.refused_refit(2, "is a refit itself", self.dir / "once")

    def test_another_dataset(self):
        self.ok("ingest", "--interactions", m.raw() / "events.csv", "--out", self.dir / "other")
        self.refused_refit(3, "another dataset", m.trained("mean"), "--data", self.dir / "other")

    def test_nothing_to_validate_on(self):
        lines = (m.raw() / "events.csv").read_text().splitlines()
        rows = [line + (",test" if i % 9 == 0 else ",train") for i, line in enumerate(lines[1:])]
        (self.dir / "e.csv").write_text("\n".join([lines[0] + ",split", *rows]) + "\n")
        data = self.dir / "data"
        self.ok("ingest", "--interactions", self.dir / "e.csv", "--split", "given", "--out", data)
        self.refused_refit(2, ["no validation events", "ingest with a split"], self.first(IALS, data=data),
                           "--data", data)

    def test_privacy_is_audited_with_the_people_it_learned_from(self):
        m.write_events(self.dir / "e.csv", users=600, events=9000)
        data = self.dir / "data"
        self.ok("ingest", "--interactions", self.dir / "e.csv", "--split", "strong", "--out", data)
        run = self.first("model: {name: ease}\n", data=data)
        self.ok("train", "--refit", run, "--data", data, "--out", self.dir / "refit")
        for name in ("run", "refit"):
            self.ok("export", "--run", self.dir / name, "--out", self.dir / (name + "-bundle"))
            self.sane(m.run("audit", "privacy", "--bundle", self.dir / (name + "-bundle"), "--data", data,
                            "--out", self.dir / (name + "-report")))
        pairs = {name: facts(self.dir / (name + "-report"))["pairs"] for name in ("run", "refit")}
        self.assertEqual(pairs["refit"] * 2, pairs["run"], "those of validation are members now")
        self.refused(2, "audit them separately", "audit", "privacy", "--bundle", self.dir / "run-bundle",
                     self.dir / "refit-bundle", "--data", data, "--out", self.dir / "report")


if __name__ == "__main__":
    m.main()
