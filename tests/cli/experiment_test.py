"""`marquee experiment`: planted effects are found, what is wrong with an experiment is said."""

import csv
import json
import random
import re

import marquee as m

CONFIG = """experiment:
  units: units.csv
  control: old
metrics:
  hours:
    column: hours
    before: hours_before
  returned:
    kind: share
    column: returned
  cancelled:
    kind: survival
    column: days
    ended: cancelled
    horizon: 28
    role: guardrail
    margin: 0.02
  completion:
    kind: ratio
    column: completed
    denominator: plays
    role: other
"""
COLUMNS = ("user_id", "arm", "hours", "hours_before", "returned", "days", "cancelled", "completed",
           "plays")


def units(members=6000, lift=0.0, leave=0.01, seed=1, arms=("old", "new")):
    """Members by turns in each arm; all but the first have `lift` more hours and hazard `leave`."""
    draw = random.Random(seed)
    rows = []
    for i in range(members):
        arm = arms[i % len(arms)]
        treated = arm != arms[0]
        taste = draw.expovariate(1)
        before = taste + draw.expovariate(2)
        hours = (taste + draw.expovariate(2)) * (1 + lift * treated)
        day = draw.expovariate(leave if treated else 0.01)
        plays = 1 + draw.randrange(20)
        rows.append([f"u{i}", arm, f"{hours:.5f}", f"{before:.5f}", int(draw.random() < 0.6),
                     f"{min(day, 28):.3f}", int(day < 28), draw.randrange(plays + 1), plays])
    return rows


class Experiment(m.Case):
    def write(self, rows, config=CONFIG):
        text = ",".join(COLUMNS) + "\n" + "".join(",".join(map(str, row)) + "\n" for row in rows)
        (self.dir / "units.csv").write_text(text)
        path = self.dir / "experiment.yaml"
        path.write_text(config)
        return path

    def report(self, rows, *more, config=CONFIG):
        path = self.write(rows, config)
        result = self.ok("experiment", "--config", path, "--out", self.dir / "report", "--overwrite",
                         *more)
        page = (self.dir / "report" / "report.html").read_text(encoding="utf-8")
        self.assertNotIn("http", page.replace("http-equiv", ""))
        return json.loads((self.dir / "report" / "report.json").read_text()), result, page

    def metric(self, report, name):
        return next(each for each in report["metrics"] if each["name"] == name)

    def test_segments_say_among_whom(self):
        draw = random.Random(3)
        rows = ["user_id,arm,hours,country"]
        for i in range(6000):
            arm, country = ("old", "new")[i % 2], ("DE", 'F"R', "U,S")[i % 3]
            lift = 0.3 if arm == "new" and country == "DE" else 0
            rows.append(f'u{i},{arm},{draw.expovariate(1) * (1 + lift):.5f},"{country.replace(chr(34), chr(34) * 2)}"')
        (self.dir / "units.csv").write_text("\n".join(rows) + "\n")
        config = self.dir / "experiment.yaml"
        text = ("experiment: {units: units.csv, control: old, segments: 'country, arm'}\n"
                "metrics: {hours: {column: hours}}\n")
        config.write_text(text)
        result = self.ok("experiment", "--config", config, "--out", self.dir / "report")
        report = json.loads((self.dir / "report/report.json").read_text())
        by_value = {each["value"]: each for each in report["segments"]}
        # By arm there is nothing to compare: each value has one arm.
        self.assertEqual(set(by_value), {"DE", 'F"R', "U,S"})
        self.assertEqual({each["users"] for each in by_value.values()}, {2000})
        found = {value: each["metrics"][0]["comparisons"][0] for value, each in by_value.items()}
        self.assertTrue(found["DE"]["better"])
        self.assertTrue(0.1 < found["DE"]["relative"]["low"] < 0.3 < found["DE"]["relative"]["high"] < 0.5)
        self.assertEqual([found[value]["better"] or found[value]["worse"] for value in ('F"R', "U,S")],
                         [False, False])
        # Three tests together: Benjamini and Hochberg's of the smallest is three times its own.
        self.assertAlmostEqual(found["DE"]["bh_p"], min(1, 3 * found["DE"]["absolute"]["p"]), places=12)
        self.assertIn("country DE: hours of new is better", result.out)
        page = (self.dir / "report/report.html").read_text()
        self.assertIn("F&quot;R", page)
        # Too many values, and a column that is not there.
        config.write_text(text.replace("'country, arm'", "hours"))
        self.refused(2, ["hours", "50 are the most"], "experiment", "--config", config, "--out", self.dir / "none")
        config.write_text(text.replace("'country, arm'", "city"))
        self.refused(2, ["city"], "experiment", "--config", config, "--out", self.dir / "none")

    def test_members_are_given_arms(self):
        config = self.dir / "experiment.yaml"
        text = ("experiment: {units: units.csv, control: old}\nshares: {new: 1, old: 3}\n"
                "metrics: {hours: {column: hours}}\n")
        config.write_text(text)
        ids = [f"u{i}" for i in range(4000)] + ['with "quotes", and a comma']
        quoted = ['"' + each.replace('"', '""') + '"' for each in ids]
        users = self.dir / "users.csv"
        users.write_text("age,user_id\n" + "".join(f"9,{each}\n" for each in quoted + quoted[:5]))

        def arms(name, *more):
            self.ok("experiment", "--config", config, "--assign", users, "--out", self.dir / name, *more)
            with open(self.dir / name, newline="", encoding="utf-8") as file:
                rows = list(csv.DictReader(file))
            self.assertEqual([row["user_id"] for row in rows], ids)
            return [row["arm"] for row in rows]
        first = arms("arms.csv")
        self.assertLess(abs(first.count("new") - 1000), 4 * (4000 * 0.25 * 0.75) ** 0.5)
        self.assertEqual(arms("again.csv"), first)
        other = arms("other.csv", "--set", "experiment.salt=layer2")
        both = sum(a == b == "new" for a, b in zip(first, other))
        self.assertLess(abs(both - 250), 4 * (4000 / 16 * 15 / 16) ** 0.5)  # independent
        self.refused(2, ["exists already"], "experiment", "--config", config, "--assign", users, "--out",
                     self.dir / "arms.csv")
        users.write_text("user_id\na\n\"\"\n")
        self.refused(2, [":3", "user_id"], "experiment", "--config", config, "--assign", users, "--out",
                     self.dir / "none.csv")
        config.write_text(text.replace("{new: 1, old: 3}", "{}"))
        self.refused(2, ["shares"], "experiment", "--config", config, "--assign", users, "--out",
                     self.dir / "none.csv")

    def test_quantiles_of_pages_count_members(self):
        draw = random.Random(4)
        rows, pages = ["user_id,arm,hours,plan"], ["user_id,ms"]
        for i in range(8000):
            arm = ("old", "new")[i % 2]
            plan = "no pages" if i % 100 < 2 else "one member" if i % 100 in (2, 3) else "usual"
            rows.append(f"u{i},{arm},{draw.random():.4f},{plan}")
            if plan == "no pages" or (plan == "one member" and i > 3):
                continue
            usual = draw.expovariate(0.1) * (1.5 if arm == "new" else 1)
            pages += [f"u{i},{usual + draw.random():.4f}" for _ in range(draw.randrange(8))]
        pages += ["somebody_else,1e9"] * 9
        (self.dir / "units.csv").write_text("\n".join(rows) + "\n")
        (self.dir / "pages.csv").write_text("\n".join(pages) + "\n")
        config = self.dir / "experiment.yaml"
        text = """experiment: {units: units.csv, control: old, looks: mixture, mixture: 0.5, segments: plan}
metrics:
  hours: {column: hours}
  median_hours: {kind: quantile, column: hours, quantile: 0.5, role: other}
  p95_ms: {kind: quantile, column: ms, values: pages.csv, better: lower, role: guardrail, margin: 0.05}
"""
        config.write_text(text)
        result = self.ok("experiment", "--config", config, "--out", self.dir / "report")
        report = json.loads((self.dir / "report/report.json").read_text())
        latency = self.metric(report, "p95_ms")["comparisons"][0]
        old = sorted(float(row.split(",")[1]) for row in pages[1:] if row[0] == "u" and int(row.split(",")[0][1:]) % 2 == 0)
        place = 0.95 * (len(old) - 1)
        expected = old[int(place)] + (place % 1) * (old[int(place) + 1] - old[int(place)])
        self.assertAlmostEqual(latency["control"], expected, places=9)
        self.assertTrue(0.05 < latency["relative"]["low"] < 0.48 < latency["relative"]["high"] < 0.9, latency)
        self.assertIn("guardrail p95_ms is broken", result.out + str(report["decisions"]))
        self.assertTrue(abs(self.metric(report, "median_hours")["comparisons"][0]["relative"]["value"]) < 0.1)
        self.assertEqual({each["value"] for each in report["segments"]}, {"no pages", "one member", "usual"})
        self.assertIn("hold however often", (self.dir / "report/report.html").read_text())
        (self.dir / "pages.csv").write_text("user_id,ms\nu1,fast\n")
        self.refused(2, ["pages.csv:2", "ms", "fast"], "experiment", "--config", config, "--out", self.dir / "none")
        (self.dir / "pages.csv").write_text("user_id,ms\nnobody,1\n")
        self.refused(2, ["no row is of a member"], "experiment", "--config", config, "--out", self.dir / "none")

    def test_an_effect_that_is_there_is_found_and_shipped(self):
        report, result, page = self.report(units(lift=0.1))
        decision, = report["decisions"]
        self.assertEqual(decision["decision"], "ship", decision)
        self.assertIn("<h1>Ship new</h1>", page)
        self.assertIn("Ship new: hours is better", result.out)
        hours = self.metric(report, "hours")["comparisons"][0]
        self.assertLess(hours["relative"]["low"], 0.1)
        self.assertGreater(hours["relative"]["high"], 0.1)
        self.assertLess(hours["holm_p"], 0.01)
        self.assertGreater(hours["variance_taken"], 0.3)  # taste is most of it
        self.assertFalse(self.metric(report, "returned")["comparisons"][0]["better"])
        self.ok("inspect", self.dir / "report")
        # Without what is known from before, the interval is wider.
        plain, _, _ = self.report(units(lift=0.1), config=CONFIG.replace(
            "    before: hours_before\n", ""))
        other = self.metric(plain, "hours")["comparisons"][0]["absolute"]
        self.assertGreater(other["high"] - other["low"],
                           1.2 * (hours["absolute"]["high"] - hours["absolute"]["low"]))
        # Intervals that hold at every look are wider too.
        looks, _, _ = self.report(units(lift=0.1), "--set", "experiment.looks=any")
        other = self.metric(looks, "hours")["comparisons"][0]["absolute"]
        self.assertGreater(other["high"] - other["low"],
                           1.2 * (hours["absolute"]["high"] - hours["absolute"]["low"]))

    def test_the_example_of_the_documentation(self):
        page = (m.SOURCE / "docs/experiments.md").read_text(encoding="utf-8")
        config = re.search(r"<!-- example: experiment -->\n```yaml\n(.*?)```", page, re.S)[1]
        report, _, _ = self.report(units(lift=0.1), config=config)
        self.assertEqual([each["name"] for each in report["metrics"]],
                         ["hours", "returned", "cancelled", "completion"])

    def test_no_effect_is_not_decided(self):
        report, _, page = self.report(units(seed=3))
        self.assertEqual(report["decisions"][0]["decision"], "wait")
        self.assertIn("No decision yet on new", page)

    def test_a_broken_guardrail_stops_what_is_better(self):
        report, result, _ = self.report(units(lift=0.1, leave=0.03))
        self.assertEqual(report["decisions"][0]["decision"], "stop")
        self.assertIn("guardrail cancelled is broken", result.out)
        cancelled = self.metric(report, "cancelled")["comparisons"][0]
        self.assertEqual(cancelled["guard"], "broken")
        self.assertLess(cancelled["log_rank"]["p"], 1e-6)

    def test_several_arms_are_adjusted_for(self):
        report, _, _ = self.report(units(members=9000, arms=("old", "a", "b")))
        self.assertEqual([d["arm"] for d in report["decisions"]], ["a", "b"])
        for metric in report["metrics"]:
            if metric["role"] == "success":
                for each in metric["comparisons"]:
                    self.assertGreaterEqual(each["holm_p"], each["absolute"]["p"])
                    self.assertGreaterEqual(each["holm_p"], each["bh_p"])

    def test_an_experiment_that_is_not_to_be_trusted(self):
        rows = units(lift=0.1)
        uneven = [row for i, row in enumerate(rows) if row[1] == "old" or i % 7]
        report, _, page = self.report(uneven)
        self.assertEqual(report["decisions"][0]["decision"], "unhealthy")
        self.assertLess(report["sample_ratio_p"], 0.001)
        self.assertIn("not to be trusted", page)
        # As many as were meant to be are fine.
        share = sum(row[1] == "new" for row in uneven) / sum(row[1] == "old" for row in uneven)
        report, _, _ = self.report(uneven, config=CONFIG + f"shares:\n  old: 1\n  new: {share}\n")
        self.assertEqual(report["decisions"][0]["decision"], "ship")
        crossed = rows + [[row[0], "new", *row[2:]] for row in rows[:200] if row[1] == "old"]
        report, result, _ = self.report(crossed)
        self.assertEqual(report["crossed"], 100)
        self.assertEqual(sum(arm["users"] for arm in report["arms"]), 5900)
        self.assertIn("had two arms", result.out)

    def test_a_metric_that_does_not_vary_is_said(self):
        rows = [[*row[:4], 1, *row[5:]] for row in units()]
        report, result, _ = self.report(rows)
        self.assertEqual(self.metric(report, "returned")["comparisons"], [])
        self.assertIn("returned: it does not vary", result.out)
        rows = [[*row[:2], 0, *row[3:]] for row in units()]
        report, _, _ = self.report(rows)
        self.assertIn("note", self.metric(report, "hours"))

    def test_bad_members_are_named(self):
        rows = units(20)
        rows[3][2] = "nan"
        rows[4][2] = ""
        rows[5][1] = ""
        rows[7][0] = "u5"
        rows[9][0] = "u8"
        path = self.write(rows)
        self.refused(2, ["units.csv:5: hours: must be a finite number", "units.csv:6: hours",
                         "units.csv:7: arm: must not be empty"], "experiment",
                     "--config", path, "--out", self.dir / "report")
        rows = units(20)
        rows[2][0] = "u0"  # the same arm
        self.refused(2, "units.csv:4: user_id: has a row already", "experiment", "--config",
                     self.write(rows), "--out", self.dir / "report")
        self.refused(2, 'no row has the arm "old"', "experiment", "--config",
                     self.write([row for row in units(20) if row[1] == "new"]), "--out",
                     self.dir / "report")
        self.refused(2, "there is one arm", "experiment", "--config",
                     self.write([row for row in units(20) if row[1] == "old"]), "--out",
                     self.dir / "report")
        self.refused(2, 'the arm "third" (shares) has no members', "experiment", "--config",
                     self.write(units(20), CONFIG + "shares:\n  old: 1\n  new: 1\n  third: 1\n"),
                     "--out", self.dir / "report")

    def test_bad_configurations_are_named(self):
        cases = {
            CONFIG.replace("column: hours\n", "colum: hours\n"): ['unknown key (did you mean "metrics.hours.column"?)', "metrics.hours.column"],
            CONFIG.replace("kind: share", "kind: sum"): "must be one of mean, share, ratio, quantile, survival",
            CONFIG.replace("    denominator: plays\n", ""): "a ratio needs one",
            CONFIG.replace("    ended: cancelled\n", ""): "a survival metric needs",
            CONFIG.replace("  control: old\n", ""): "experiment.control: name the arm",
            CONFIG.replace("column: returned", "column: nothing"): 'no column "nothing"',
            "experiment:\n  units: units.csv\n  control: old\n": "metrics: name at least one",
            CONFIG.replace("margin: 0.02", "margin: 2"): "2 is above 1",
            CONFIG.replace("  hours:\n", "  hours:\n    margin: 0.1\n"): "metrics.hours.margin: unknown key",
        }
        for config, words in cases.items():
            self.refused(2, words, "experiment", "--config", self.write(units(20), config), "--out",
                         self.dir / "report")
        self.refused(2, "there is no configuration", "experiment", "--config", self.dir / "none.yaml",
                     "--out", self.dir / "report")


if __name__ == "__main__":
    m.main()
