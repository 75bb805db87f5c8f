"""`marquee simulate`, policies, and experiments on simulated members."""

import csv
import hashlib
import json
import re

import marquee as m
import serving
from artefacts import listing
from samples import scratch

CONFIG = """simulation: {{world: {world}, days: {days}{more}}}
arms:
  popular: {{bundle: {bundle}}}
  learned: {{bundle: {bundle}, policy: {policy}, page: {{repeat_pages: 10}}}}
"""


class Simulate(serving.Case):
    """A small world, its bundle and a policy, made once."""

    @classmethod
    def setUpClass(cls):
        cls.made = scratch() / "simulate"
        if cls.made.exists():
            return
        cls.made.mkdir()
        at = cls.made.joinpath
        (at("ease.yaml")).write_text("model: {name: item_knn}\n")
        for words in (("synth", "--users", "500", "--titles", "200", "--interactions", "12000", "--out", at("world")),
                      ("ingest", "--interactions", at("world/interactions.csv"), "--titles",
                       at("world/titles.csv"), "--out", at("data")),
                      ("train", "--config", at("ease.yaml"), "--data", at("data"), "--out", at("run")),
                      ("export", "--run", at("run"), "--out", at("bundle")),
                      ("policy", "train", "--set", "titles.fill=sampled", "--set", "titles.temperature=0.1",
                       "--out", at("policy"))):
            result = m.run(*words)
            assert result.rc == 0, result

    def config(self, days=28, more="", **named):
        path = self.dir / "simulation.yaml"
        names = {"world": self.made / "world", "bundle": self.made / "bundle", "policy": self.made / "policy"}
        path.write_text(CONFIG.format(days=days, more=more, **(names | named)))
        return path

    def simulated(self, name, *more, threads=None, days=28, **config):
        self.ok("simulate", "--config", self.config(days=days, **config), "--out", self.dir / name, *more,
                threads=threads)
        with open(self.dir / name / "members.csv", encoding="utf-8") as file:
            return list(csv.DictReader(file))

    def test_members_come_watch_and_leave(self):
        members = self.simulated("out")
        self.assertGreater(len(members), 150)
        self.assertEqual({row["arm"] for row in members}, {"popular", "learned"})
        halves = [sum(row["arm"] == arm for row in members) for arm in ("popular", "learned")]
        self.assertLess(abs(halves[0] - halves[1]), 5 * len(members) ** 0.5)
        for row in members:
            self.assertGreaterEqual(int(row["visits"]), 1)  # who takes part has come
            self.assertEqual(int(row["days"]) < 28, row["cancelled"] == "1", row)
            self.assertLessEqual(float(row["shares"]), float(row["watches"]) + 1e-6)
            self.assertLessEqual(int(row["changed_titles"]), int(row["later_titles"]))
            self.assertEqual(int(row["later_titles"]) > 0, int(row["visits"]) > 1)
            if row["newcomer"] == "1":
                self.assertEqual(row["before"], "0")
            if row["retained_1"] == "1":
                self.assertEqual(row["retained_7"], "1")
        share = sum(row["newcomer"] == "1" for row in members) / len(members)
        self.assertTrue(0.1 < share < 0.3, share)
        with open(self.dir / "out/days.csv", encoding="utf-8") as file:
            days = list(csv.DictReader(file))
        self.assertEqual(len(days), 2 * 35)
        self.assertEqual(sum(int(day["watches"]) for day in days), sum(int(row["watches"]) for row in members))
        self.assertEqual(sum(int(day["visits"]) for day in days), sum(int(row["visits"]) for row in members))
        self.assertAlmostEqual(sum(float(day["novelty"]) for day in days),
                               sum(float(row["novelty"]) for row in members), delta=0.1)
        self.assertTrue(all(0 <= float(day["genre_shift"]) <= 1 for day in days))
        self.is_intact(self.dir / "out")
        # The policy learned from a row of each page that was shown, and says so.
        said = self.ok("policy", "inspect", self.dir / "out/arms/learned/policy").out
        self.assertRegex(said, r"thompson@\w+, learned from [1-9][\d,]+ rows")

    def test_floors_are_the_same_with_any_number_of_threads(self):
        """Though what a page shows depends on those before it."""
        more = ["--set", "arms.popular.diversity.floors_of=genre", "--set", "simulation.days=7"]
        members = [self.simulated(str(threads), *more, threads=threads) for threads in (1, 3)]
        self.assertEqual(*members)
        self.assertNotEqual(members[0], self.simulated("none", *more[2:]))

    def test_is_the_same_with_any_number_of_threads(self):
        more = ["--set", "simulation.exposures=true", "--set", "simulation.days=7"]
        one = self.simulated("one", *more, threads=1)
        three = self.simulated("three", *more, threads=3)
        self.assertEqual(one, three)
        for arm in ("popular", "learned"):
            logs = [sorted(path.read_text().splitlines())
                    for name in ("one", "three")
                    for path in (self.dir / name / "arms" / arm / "exposures").glob("*.feedback")]
            self.assertGreater(len(logs[0]), 100)
            self.assertEqual(logs[0], logs[1])
        policies = [listing(self.dir / name / "arms/learned/policy") for name in ("one", "three")]
        self.assertEqual(policies[0]["state.json"], policies[1]["state.json"])
        self.assertNotEqual(one, self.simulated("other", *more, "--set", "simulation.seed=2"))

    def test_titles_come_and_go(self):
        def releases(name):
            with open(self.dir / name / "releases.csv", encoding="utf-8") as file:
                return list(csv.DictReader(file))
        config = self.dir / "coming.yaml"
        config.write_text(f"""simulation: {{world: {self.made / "world"}, days: 14, releases: 20, withdrawals: 40}}
arms:
  usual: {{bundle: {self.tower()}}}
  tries: {{bundle: {self.tower()}, page: {{try_share: 0.2}}}}
""")
        for name, threads in (("one", 1), ("two", 2)):
            self.ok("simulate", "--config", config, "--out", self.dir / name, threads=threads)
        self.assertEqual(releases("one"), releases("two"))
        rows = releases("one")
        self.assertEqual(len(rows), 2 * 20)
        self.assertEqual([int(row["day"]) for row in rows[:20]], [i * 21 // 20 for i in range(20)])
        self.assertTrue(all(row["title_id"] == f"t{201 + i}" for i, row in enumerate(rows[:20])))
        watched = sum(int(row["watches"]) for row in rows)
        self.assertGreater(watched, 0)
        with open(self.dir / "one/members.csv", encoding="utf-8") as file:
            self.assertEqual(sum(int(row["new_watches"]) for row in csv.DictReader(file)), watched)
        # A model without features of titles cannot show them, and says so once.
        said = self.ok("simulate", "--config", self.config(more=", releases: 5", days=3), "--out", self.dir / "knn")
        self.assertEqual(said.err.count("titles that come are not shown"), 2)
        self.assertEqual({row["shown"] for row in releases("knn")}, {"0"})

    def tower(self):
        bundle = self.made / "tower"
        if not bundle.exists():
            (self.dir / "tower.yaml").write_text("model: {name: two_tower, dim: 8}\ntrain: {epochs: 2}\n")
            self.ok("train", "--config", self.dir / "tower.yaml", "--data", self.made / "data", "--out", self.dir / "run")
            self.ok("export", "--run", self.dir / "run", "--out", bundle)
        return bundle

    def test_propensities_are_logged_with_what_the_policy_knew(self):
        self.simulated("out", "--set", "simulation.exposures=true", "--set", "simulation.days=3")
        lines = [json.loads(line[9:]) for path in self.dir.glob("out/arms/learned/exposures/*.feedback")
                 for line in path.read_text().splitlines()]
        shown = [line for line in lines if line["kind"] == "shown"]
        requests = {line["request_id"] for line in shown}
        drawn = 0
        for line in shown:
            self.assertEqual(len(line["features"]), 5)
            self.assertTrue(line["policy"].startswith("thompson@"))
            for row in line["rows"]:
                self.assertTrue(0 < row.get("row_propensity", 1) <= 1)
                if row["propensity"] != 1:
                    self.assertEqual(len(row["propensity"]), len(row["titles"]))
                    drawn += sum(p < 1 for p in row["propensity"])
                self.assertEqual(len(set(row["titles"])), len(row["titles"]))
        self.assertGreater(drawn, 100)
        events = [line for line in lines if line["kind"] == "event"]
        from_pages = [line for line in events if "request_id" in line]
        self.assertGreater(len(from_pages), 10)
        for line in from_pages:
            self.assertIn(line["request_id"], requests)

    def test_members_of_a_dataset(self):
        """Their tastes are fitted to it, and they are those of the dataset."""
        said = self.ok("simulate", "--config", self.config(world=self.made / "data", days=7), "--out",
                       self.dir / "one", threads=1)
        fit = re.search(r"tastes fitted to 12,000 interactions: of 40 titles .* probability (0\.\d+) ", said.err)
        self.assertTrue(0.03 < float(fit[1]) < 0.5, said.err)  # by chance 0.025
        self.ok("simulate", "--config", self.config(world=self.made / "data", days=7), "--out", self.dir / "two",
                threads=2)
        self.assertEqual((self.dir / "one/members.csv").read_text(), (self.dir / "two/members.csv").read_text())
        with open(self.dir / "one/members.csv", encoding="utf-8") as file:
            members = list(csv.DictReader(file))
        self.assertGreater(sum(int(row["watches"]) for row in members), 100)
        with open(self.made / "world/interactions.csv", encoding="utf-8") as file:
            known = {row["user_id"] for row in csv.DictReader(file)}
        self.assertLessEqual({row["user_id"] for row in members}, known)
        sources = json.loads((self.dir / "one/manifest.json").read_text())["sources"]
        self.assertEqual(sources[0]["kind"], "dataset")

    def test_members_of_a_server(self):
        """What they do is the same as with the same bundle in this process."""
        here = self.dir / "here.yaml"
        here.write_text(f"simulation: {{world: {self.made / 'world'}, days: 7}}\n"
                        f"arms: {{one: {{bundle: {self.made / 'bundle'}}}}}\n")
        self.ok("simulate", "--config", here, "--out", self.dir / "here")
        keys = self.dir / "keys"
        keys.write_text("simulator %s\n" % hashlib.sha256(b"of-members").hexdigest())
        (self.dir / "key").write_text("of-members\n")
        server = self.server("--api-keys", keys, bundle=self.made / "bundle")
        there = self.dir / "there.yaml"
        there.write_text(f"simulation: {{world: {self.made / 'world'}, days: 7}}\n"
                         f"arms: {{one: {{server: '{server.address}', server_key: key}}}}\n")
        self.ok("simulate", "--config", there, "--out", self.dir / "there", threads=2)
        self.assertEqual((self.dir / "here/members.csv").read_text(), (self.dir / "there/members.csv").read_text())
        words = ["simulate", "--config", there, "--out", self.dir / "out"]
        self.refused(2, ["answered 401"], *words, "--set", "arms.one.server_key=")
        self.refused(2, ['must be http://HOST:PORT, not "ftp://there"'], *words, "--set",
                     "arms.one.server=ftp://there")
        self.refused(2, ["none of the simulated world's"], *words, "--set",
                     f"simulation.world={self.smaller_world()}", leaves=self.dir / "none")
        server.end()
        self.refused(1, [server.address.rstrip("/")], *words)

    def test_members_who_all_leave_on_the_first_day(self):
        members = self.simulated("out", "--set", "member.leaving.a_day=1", "--set",
                                 "member.leaving.satisfaction=0")
        self.assertTrue(members)
        for row in members:
            self.assertEqual((row["cancelled"], row["days"], row["visits"]), ("1", "0", "1"))

    def test_what_does_not_fit(self):
        self.refused(3, ["marquee synth"], "simulate", "--config", self.config(world=self.made / "run"),
                     "--out", self.dir / "out")
        self.refused(2, ["simulation.releases", "is a dataset"], "simulate", "--config",
                     self.config(world=self.made / "data", more=", releases: 3"), "--out", self.dir / "out")
        self.refused(2, ["name one of the bundle", "a server"], "simulate", "--config", self.config(), "--set",
                     "arms.popular.server=http://127.0.0.1:1", "--out", self.dir / "out")
        self.refused(3, ["marquee export"], "simulate", "--config", self.config(bundle=self.made / "policy"),
                     "--out", self.dir / "out")
        self.refused(3, ["marquee policy train"], "simulate", "--config",
                     self.config(policy=self.made / "bundle"), "--out", self.dir / "out")
        self.refused(2, ["none of the simulated world's"], "simulate", "--config",
                     self.config(bundle=m.bundle("attention"), world=self.smaller_world()), "--out",
                     self.dir / "out", leaves=self.dir / "none")
        self.refused(2, ["simulation.dayz", "did you mean", "nothing was started"], "simulate", "--config",
                     self.config(more=", dayz: 3"), "--out", self.dir / "out")

    def smaller_world(self):
        world = self.dir / "world"
        self.ok("synth", "--users", "20", "--titles", "30", "--interactions", "200", "--out", world)
        (self.dir / "none").mkdir()
        return world

    def test_an_experiment_makes_what_its_arms_need(self):
        (self.dir / "knn.yaml").write_text("model: {name: item_knn}\n")
        (self.dir / "popularity.yaml").write_text("model: {name: popularity}\n")
        (self.dir / "policy.yaml").write_text("rows: {algorithm: epsilon_greedy, epsilon: 0.1}\n")
        config = self.dir / "experiment.yaml"
        config.write_text("""experiment: {control: popularity}
simulation: {users: 500, titles: 200, interactions: 12000}
arms:
  popularity: {model: popularity.yaml}
  learned: {model: knn.yaml, policy: policy.yaml}
metrics:
  hours: {column: hours, before: before}
  stays: {kind: survival, column: days, ended: cancelled, role: guardrail}
""")
        result = self.ok("experiment", "--config", config, "--out", self.dir / "out", "--work", self.dir / "work")
        for step in ("marquee synth", "marquee ingest", "marquee train", "marquee export", "marquee policy train"):
            self.assertIn("$ " + step, result.out)
        report = json.loads((self.dir / "out/report.json").read_text())
        self.assertEqual(report["arms"][0]["name"] if isinstance(report["arms"][0], dict) else report["arms"][0],
                         "popularity")
        self.is_intact(self.dir / "out")
        made_from = {(each["kind"], each["name"].split("-")[0])
                     for each in json.loads((self.dir / "out/manifest.json").read_text())["sources"]}
        self.assertEqual(made_from, {("synth", "world"), ("bundle", "knn"), ("bundle", "popularity"),
                                     ("policy", "policy"), ("units", "members.csv")})
        again = self.ok("experiment", "--config", config, "--out", self.dir / "again", "--work", self.dir / "work")
        self.assertNotIn("$ marquee", again.out)
        # Only what has changed is made again, and all that is made from it.
        (self.dir / "policy.yaml").write_text("rows: {algorithm: boltzmann}\n")
        changed = self.ok("experiment", "--config", config, "--out", self.dir / "third", "--work", self.dir / "work")
        self.assertEqual(changed.out.count("$ marquee"), 1)
        self.assertIn("$ marquee policy train", changed.out)
        other = self.ok("experiment", "--config", config, "--set", "simulation.seed=2", "--out", self.dir / "fourth",
                        "--work", self.dir / "work")
        for step in ("marquee synth", "marquee ingest", "marquee train", "marquee export"):
            self.assertIn("$ " + step, other.out)
        self.assertEqual((self.dir / "again/members.csv").read_text(), (self.dir / "out/members.csv").read_text())

    def test_interleaving_and_what_is_known_early(self):
        (self.dir / "knn.yaml").write_text("model: {name: item_knn}\n")
        (self.dir / "popularity.yaml").write_text("model: {name: popularity}\n")
        config = self.dir / "experiment.yaml"
        config.write_text("""experiment: {control: popularity}
simulation: {users: 3000, titles: 300, interactions: 90000}
arms:
  popularity: {model: popularity.yaml, page: {because_rows: 0, favourite_rows: 0}}
  knn: {model: knn.yaml}
interleaving: {first: popularity, second: knn, share: 1}
metrics:
  hours: {column: hours}
""")
        result = self.ok("experiment", "--config", config, "--out", self.dir / "out", "--work", self.dir / "work")
        self.assertIn("knn is preferred to popularity", result.out)
        found = json.loads((self.dir / "out/report.json").read_text())["interleaving"]
        self.assertEqual(found["arms"], ["popularity", "knn"])
        with open(self.dir / "out/interleaved.csv", newline="") as file:
            rows = list(csv.DictReader(file))
        self.assertEqual(list(rows[0]), ["user_id", "popularity_hours", "knn_hours"])
        self.assertEqual(len(rows), found["members"])
        shares = []
        for row in rows:
            a, b = float(row["popularity_hours"]), float(row["knn_hours"])
            shares.append((b - a) / (a + b) if a + b else 0)
        self.assertAlmostEqual(found["share"]["value"], sum(shares) / len(shares), places=6)
        self.assertLess(found["members_needed"], found["apart"]["members_needed"])
        with open(self.dir / "out/members.csv", newline="") as file:
            members = list(csv.DictReader(file))
        self.assertFalse({row["user_id"] for row in members} & {row["user_id"] for row in rows})
        self.assertIn("Interleaving", (self.dir / "out/report.html").read_text())
        self.assertIn("Hours by day", (self.dir / "out/report.html").read_text())
        self.assertTrue(all(float(row["hours_7"]) <= float(row["hours"]) + 1e-6 for row in members))
        self.assertTrue(any(float(row["hours_7"]) < float(row["hours"]) for row in members))
        # What the same members did later, from their first week.
        early = self.dir / "early.yaml"
        early.write_text("""experiment: {units: out/members.csv, control: popularity}
metrics:
  later: {kind: surrogate, column: hours, early: "hours_7, visits_7", past: out/members.csv}
  hours: {column: hours}
""")
        self.ok("experiment", "--config", early, "--out", self.dir / "early")
        metrics = {each["name"]: each for each in json.loads((self.dir / "early/report.json").read_text())["metrics"]}
        self.assertEqual(metrics["later"]["surrogate"]["arms"], 1)
        self.assertEqual(metrics["later"]["surrogate"]["recalled"], 1)
        self.assertGreater(metrics["later"]["surrogate"]["explained"], 0.2)
        expected, truth = (metrics[name]["comparisons"][0]["relative"]["value"] for name in ("later", "hours"))
        self.assertTrue(0.25 * truth < expected < 1.5 * truth, (expected, truth))
        for override, needles in [("metrics.later.early=hours_7, nothing", ["nothing"]),
                                  ("metrics.later.early=", ["metrics.later.early"]),
                                  ("metrics.later.past=none.csv", ["none.csv"]),
                                  ("metrics.later.early=hours_7, hours_7", ["metrics.later.early", "follows from"])]:
            self.refused(2, needles, "experiment", "--config", early, "--out", self.dir / "none", "--set", override)
        self.refused(2, ["interleaving.second"], "experiment", "--config", config, "--out", self.dir / "none",
                     "--set", "interleaving.second=nobody")
        self.refused(2, ["interleaving.second", "page.repeat_pages"], "experiment", "--config", config, "--out",
                     self.dir / "none", "--set", "arms.knn.page.repeat_pages=5")

    def test_an_arm_that_starts_from_another_model(self):
        small = "dim: 8, history: {encoder: mean}"
        (self.dir / "first.yaml").write_text(
            "model: {name: two_tower, %s}\ntrain: {epochs: 2, batch_size: 32}\n" % small)
        (self.dir / "second.yaml").write_text(
            "model: {name: two_tower, %s, loss: {kind: reinforce}}\ntrain: {epochs: 1}\n" % small)
        config = self.dir / "experiment.yaml"
        config.write_text("""experiment: {control: first}
simulation: {users: 500, titles: 200, interactions: 12000}
arms:
  first: {model: first.yaml}
  second: {model: second.yaml, from: first.yaml}
metrics:
  hours: {column: hours}
""")
        result = self.ok("experiment", "--config", config, "--out", self.dir / "out", "--work", self.dir / "work")
        self.assertEqual(result.out.count("$ marquee train"), 2, "the first is trained once")
        self.assertIn("--from", result.out)
        second = next(self.dir.glob("work/second-run-*"))
        sources = json.loads((second / "manifest.json").read_text())["sources"]
        self.assertEqual([each["kind"] for each in sources], ["dataset", "run"])
        self.refused(2, ["arms.second.from"], "experiment", "--config", config, "--out", self.dir / "none",
                     "--set", "arms.second.model=")
        # Other seeds of a model need what it started from.
        self.refused(2, ["weights of another run"], "evaluate", "--bundle",
                     next(each for each in self.dir.glob("work/second-*") if "run" not in each.name),
                     "--data", next(self.dir.glob("work/dataset-*")), "--seeds", 2, "--out", self.dir / "none")

    def test_a_log_becomes_a_dataset_that_policies_learn_from(self):
        self.simulated("out", "--set", "simulation.exposures=true", "--set", "arms.popular.policy=" +
                       str(self.random_rows()))
        log = self.dir / "out/arms/popular/exposures"
        said = self.ok("ingest", "--feedback", log, "--titles", self.made / "world/titles.csv", "--out",
                       self.dir / "feedback").err
        self.assertRegex(said, r"joined [\d,]+ of [\d,]+ events with [\d,]+ pages")
        self.assertIn("came from no page that is logged", said)  # members also search
        self.is_intact(self.dir / "feedback")
        with open(self.dir / "feedback/shown.csv", encoding="utf-8") as file:
            rows = list(csv.DictReader(file))
        self.assertGreater(sum(float(row["reward"]) for row in rows), 50)
        facts = json.loads((self.dir / "feedback/manifest.json").read_text())["facts"]
        self.assertTrue(facts["has_propensities"])
        self.assertEqual(facts["feedback"]["rows"], len(rows))
        # A policy learns from it, and is estimated on it.
        said = self.ok("policy", "train", "--log", self.dir / "feedback", "--set", "rows.algorithm=boltzmann",
                       "--out", self.dir / "learned").err
        self.assertIn(f"learned from {len(rows):,} rows", said)
        self.ok("ope", "--log", self.dir / "feedback", "--policy", self.dir / "learned", "uniform",
                "--resamples", "100", "--out", self.dir / "ope")
        report = json.loads((self.dir / "ope/report.json").read_text())
        learned, uniform = report["policies"]
        self.assertEqual([learned["result"], uniform["result"]], ["estimated", "estimated"])
        logged = sum(float(row["reward"]) for row in rows) / len(rows)
        # Rows in a random order: the uniform policy is the one that was logged.
        self.assertAlmostEqual(uniform["estimates"]["ips"]["value"], logged, delta=0.05 * logged)
        self.assertGreater(learned["estimates"]["dm"]["value"], logged)
        # A log without what was known and offered cannot say what a policy would have done.
        self.simulated("fixed", "--set", "simulation.exposures=true", "--set", "simulation.days=2")
        self.ok("ingest", "--feedback", self.dir / "fixed/arms/popular/exposures", "--out", self.dir / "plain")
        self.refused(2, ["does not say what was known"], "policy", "train", "--log", self.dir / "plain",
                     "--out", self.dir / "none")
        self.refused(2, ["which a policy needs"], "ope", "--log", self.dir / "plain", "--policy",
                     self.dir / "learned", "--out", self.dir / "none")
        self.refused(2, ["learn nothing"], "policy", "train", "--log", self.dir / "feedback", "--set",
                     "rows.algorithm=random", "--out", self.dir / "none")
        self.refused(2, ["has no segments"], "ingest", "--feedback", self.made, "--out", self.dir / "none")

    def random_rows(self):
        self.ok("policy", "train", "--set", "rows.algorithm=random", "--out", self.dir / "random")
        return self.dir / "random"


if __name__ == "__main__":
    m.main()
