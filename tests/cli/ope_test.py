"""`marquee ope`: reports, refusals and bad logs."""

import json
import os
import pathlib
import random
import unittest

import marquee as m

HEADER = "item_id,position,click,propensity_score\n"
DATA = pathlib.Path(os.environ.get("MARQUEE_DATA") or m.SOURCE / "../shared/data") / "open-bandit"


def log_text(rows=2000, seed=1, propensities=(.5, .3, .2), rewards=(.1, .2, .4)):
    draw = random.Random(seed)
    lines = []
    for _ in range(rows):
        item = draw.choices(range(3), propensities)[0]
        lines.append(f"i{item},1,{int(draw.random() < rewards[item])},{propensities[item]}\n")
    return HEADER + "".join(lines)


class Ope(m.Case):
    def write(self, name, text):
        path = self.dir / name
        path.write_text(text, encoding="utf-8")
        return path

    def report(self, name="report"):
        return json.loads((self.dir / name / "report.json").read_text())

    def test_a_report_that_leads_with_the_answer(self):
        log = self.write("log.csv", log_text())
        better = self.write("better.csv", "item_id,probability\ni1,.2\ni2,.8\n")
        result = self.ok("ope", "--log", log, "--policy", "uniform", f"better={better}", "--out",
                         self.dir / "report")
        self.assertRegex(result.out, r"\nbetter +0\.\d+")
        report = self.report()
        self.assertEqual([p["result"] for p in report["policies"]], ["estimated"] * 2)
        best = report["policies"][1]["estimates"][report["leading"]]
        self.assertLess(best["low"], .2 * .2 + .8 * .4)
        self.assertGreater(best["high"], .2 * .2 + .8 * .4)
        self.assertGreater(best["over_log"]["low"], 0)
        self.assertEqual(report["command"].split()[:2], ["marquee", "ope"])
        page = (self.dir / "report" / "report.html").read_text(encoding="utf-8")
        self.assertIn("<h1>Policy better would earn more than what was shown</h1>", page)
        self.assertNotIn("http", page.replace("http-equiv", ""))
        self.ok("inspect", self.dir / "report")
        again = self.dir / "again"
        self.ok("ope", "--log", log, "--policy", "uniform", f"better={better}", "--out", again,
                threads=1)
        mine, other = self.report(), self.report("again")
        mine.pop("command"), other.pop("command")
        self.assertEqual(mine, other)

    def test_a_policy_that_the_log_cannot_tell_about_is_refused(self):
        log = self.write("log.csv", log_text(propensities=(.7, .2999, .0001)))
        rare = self.write("rare.csv", "item_id,probability\ni1,.1\ni0,.9\n")
        other = self.write("other.csv", "item_id,probability\ni1,1\n")
        self.ok("ope", "--log", log, "--policy", f"rare={rare}", f"other={other}", "--out",
                self.dir / "fine")
        text = log_text(rows=200, propensities=(.98, .01, .01))
        few = self.write("few.csv", text)
        result = m.run("ope", "--log", few, "--policy", f"other={other}", "--out",
                       self.dir / "report")
        self.assertEqual(result.rc, 2, result)
        self.assertIn("other is refused", result.out)
        self.assertIn("it needs", result.out)
        policy = self.report()["policies"][0]
        self.assertEqual(policy["result"], "refused")
        self.assertNotIn("estimates", policy)
        page = (self.dir / "report" / "report.html").read_text(encoding="utf-8")
        self.assertIn("This log cannot say", page)
        self.assertIn("refused", page)

    def test_clusters_of_actions(self):
        log = self.write("log.csv", log_text())
        run = ["ope", "--log", log, "--policy", "uniform", "--out", self.dir / "report",
               "--overwrite", "--clusters"]
        mips = []
        for text in ("item_id,cluster\ni0,a\ni1,b\ni2,c\n", "item_id,cluster\ni0,a\ni1,a\ni2,b\n"):
            self.ok(*run, self.write("clusters.csv", text))
            mips.append(self.report()["policies"][0]["estimates"]["mips"]["value"])
        clicks = {item: [0, 0] for item in ("i0", "i1", "i2")}
        for line in log_text().splitlines()[1:]:
            item, _, click, _ = line.split(",")
            clicks[item][0] += int(click)
            clicks[item][1] += 1
        self.assertAlmostEqual(mips[0], sum(c / n for c, n in clicks.values()) / 3, places=9)
        (a, m1), (b, n), (c, o) = clicks.values()
        self.assertAlmostEqual(mips[1], 2 / 3 * (a + b) / (m1 + n) + 1 / 3 * c / o, places=9)
        self.ok(*run, str(self.write("other.csv", "item_id,maker\ni0,a\ni1,a\ni2,b\n")) + ":maker")
        for text, needles in [("item_id,cluster\ni0,a\ni0,b\n", [":3: item_id", "no line of the item \"i1\""]),
                              ("item_id,maker\ni0,a\n", "cluster")]:
            self.refused(2, needles, *run, self.write("clusters.csv", text))

    def test_every_bad_line_is_named(self):
        bad = {"i1,1,1,0": "propensity_score: must be a probability above 0 and at most 1, not \"0\"",
               "i1,1,1,1.5": "at most 1, not \"1.5\"", "i1,1,1,": "not \"\"", "i1,1,1,-0.1": "-0.1",
               "i1,1,nan,0.5": "click: must be a finite number", "i1,1,,0.5": "click",
               ",1,1,0.5": "item_id", "i1,x,1,0.5": "position: must be a number",
               "i1,1,1,nan": "propensity_score"}
        log = self.write("log.csv", HEADER + "".join(line + "\n" for line in bad))
        result = self.refused(2, [f"log.csv:{i}: " for i in range(2, len(bad) + 2)], "ope", "--log",
                              log, "--policy", "uniform", "--out", self.dir / "report")
        for words in bad.values():
            self.assertIn(words, result.err)
        self.assertFalse((self.dir / "report").exists())

    def test_files_that_do_not_fit(self):
        log = self.write("log.csv", log_text(100))
        cases = {
            "item_id,probability\ni0,.5\n": "sum to 0.5, not to 1",
            "item_id,probability\ni9,1\n": '"i9" is not in the log',
            "item_id,probability\ni0,2\n": 'must be from 0 to 1, not "2"',
            "item_id,probability,position\ni0,1,1\n": "position: must be from 0 to 0",
            "item\ni0\n": 'no column "item_id"',
        }
        for i, (text, words) in enumerate(cases.items()):
            policy = self.write(f"p{i}.csv", text)
            self.refused(2, words, "ope", "--log", log, "--policy", f"mine={policy}", "--out",
                         self.dir / "report")
        for policy, words in (("greedy", "must be uniform, thompson="), ("mine=none.csv", "none.csv"),
                              ("thompson=none.yaml", "none.yaml")):
            self.refused(2, words, "ope", "--log", log, "--policy", policy, "--out",
                         self.dir / "report")
        prior = self.write("prior.yaml", "all:\n  alpha: [1, 2]\n  beta: [1, 2]\n")
        self.refused(2, "alpha has 2 values and the log has 3 actions", "ope", "--log", log, "--policy",
                     f"thompson={prior}:all", "--out", self.dir / "report")
        self.refused(2, 'no section "men"', "ope", "--log", log, "--policy", f"thompson={prior}:men",
                     "--out", self.dir / "report")
        self.refused(2, "two named", "ope", "--log", log, "--policy", "uniform", "uniform", "--out",
                     self.dir / "report")
        empty = self.write("empty.csv", HEADER)
        self.refused(2, "no rows", "ope", "--log", empty, "--policy", "uniform", "--out",
                     self.dir / "report")
        nothing = self.write("nothing.csv", "item_id,position,click\ni0,1,1\n")
        self.refused(2, 'no column "propensity_score" and no "propensity"', "ope", "--log", nothing,
                     "--policy", "uniform", "--out", self.dir / "report")

    @unittest.skipUnless(DATA.is_dir(), f"no open-bandit at {DATA}; MARQUEE_DATA names its folder")
    def test_real_logs_of_a_shop(self):
        for campaign, code in (("all", 0), ("men", 0), ("women", 2)):
            result = m.run("ope", "--log", DATA / "bts" / campaign / f"{campaign}.csv", "--policy",
                           "uniform", "--out", self.dir / campaign)
            self.assertEqual(result.rc, code, result)
        self.assertIn("2.08 effective rows of 10,000", result.out)


if __name__ == "__main__":
    m.main()
