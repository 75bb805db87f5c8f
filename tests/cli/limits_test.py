"""What a later step would refuse, ingest refuses; ratings of any scale work to the end; and text from
data cannot act on a terminal."""

import json
import unittest

import marquee as m

HEADER = "user_id,title_id,timestamp,value\n"
ESCAPES = "\x1b[31mRed\x1b[0m\x07 \u009b2J \u202etxt"


class Limits(m.Case):
    def test_a_title_id_that_no_request_may_name_is_refused_at_once(self):
        file = self.dir / "plays.csv"
        file.write_text(f"user_id,title_id,timestamp\nu,{7:0257d},1\nv,{7:0257d},2\n")
        self.refused(2, ["plays.csv:2: title_id", "256 bytes", "plays.csv:3:", "2 problems"],
                     "ingest", "--interactions", file, "--out", self.dir / "out")

    def test_the_longest_ids_and_names_go_all_the_way(self):
        name = "n" * 1024
        titles = [f"{i:0256d}" for i in range(8)]
        (self.dir / "titles.csv").write_text(
            "title_id,name,genres\n" + "".join(f"{t},{name},{'g' * 256}\n" for t in titles))
        (self.dir / "plays.csv").write_text(HEADER + "".join(
            f"{'u' * 255}{u},{titles[(u + i) % 8]},{i},\n" for u in range(5) for i in range(5)))
        self.ok("ingest", "--interactions", self.dir / "plays.csv", "--titles",
                self.dir / "titles.csv", "--out", self.dir / "data")
        (self.dir / "c.yaml").write_text("model: {name: popularity}\n")
        self.ok("train", "--config", self.dir / "c.yaml", "--data", self.dir / "data", "--out",
                self.dir / "run")
        self.ok("export", "--run", self.dir / "run", "--out", self.dir / "bundle")
        answer = self.ok("recommend", "--bundle", self.dir / "bundle", "--requests", "-",
                         stdin=json.dumps({"history": titles[:2], "k": 3})).lines()[0]
        self.assertEqual(len(answer["items"]), 3)

    def scale(self, low, high):
        """→ the ratings that mf_ratings predicts, on data whose ratings are from low to high."""
        folder = self.dir / f"{low}-{high}"
        folder.mkdir()
        rows = [f"u{u},t{t},{100 * u + t},{high if (u + t) % 2 else low}\n"
                for u in range(30) for t in range(12) if (u * t) % 5]
        (folder / "plays.csv").write_text(HEADER + "".join(rows))
        self.ok("ingest", "--interactions", folder / "plays.csv", "--out", folder / "data")
        (folder / "c.yaml").write_text("model: {name: mf_ratings, dim: 4, samples: 4}\n"
                                       "train: {epochs: 8, patience: 0}\n")
        self.ok("train", "--config", folder / "c.yaml", "--data", folder / "data", "--out",
                folder / "run")
        self.ok("export", "--run", folder / "run", "--out", folder / "bundle")
        history = [{"title_id": f"t{t}", "timestamp": t, "event": "rating",
                    "value": high if t % 2 else low} for t in range(6)]
        request = {"history": history, "titles": ["t6", "t7", "t8", "t9"]}
        answer = self.ok("predict", "--bundle", folder / "bundle", "--requests", "-",
                         stdin=json.dumps(request)).lines()[0]
        return [r["rating"] for r in answer["ratings"]]

    def test_scales_of_ratings(self):
        for low, high in ((0, 1), (0, 10), (-10, 10), (0.5, 5), (-1e6, 1e6), (-5, -1)):
            with self.subTest(f"{low} to {high}"):
                even, odd, *rest = ratings = self.scale(low, high)
                slack = 1e-4 * (high - low)
                for rating in ratings:
                    self.assertTrue(low - slack <= rating <= high + slack, ratings)
                self.assertGreater(min(odd, rest[1]), max(even, rest[0]), ratings)

    def test_ratings_beyond_every_scale_are_refused(self):
        file = self.dir / "plays.csv"
        file.write_text(HEADER + "u,t,1,1e30\n")
        self.refused(2, 'plays.csv:2: value "1e30"', "ingest", "--interactions", file, "--out",
                     self.dir / "out")


class Times(m.Case):
    def test_odd_times_are_reported_and_do_not_decide_what_is_new(self):
        rows = [(f"u{i % 20}", f"t{i % 7}", 1_600_000_000 + i * 3600) for i in range(2000)]
        rows += [("u1", "t9", 4_070_908_800)]  # 2099
        file = self.dir / "plays.csv"
        file.write_text("user_id,title_id,timestamp\n" +
                        "".join(f"{u},{t},{when}\n" for u, t, when in rows))
        warned = self.ok("ingest", "--interactions", file, "--split", "random", "--out",
                         self.dir / "data").err
        self.assertIn("1 interaction is far from the others in time (2099-01-01)", warned)
        self.assertIn("1 interaction is later than the clock of this machine", warned)
        (self.dir / "c.yaml").write_text("model: {name: popularity, half_life_days: 30}\n")
        self.ok("train", "--config", self.dir / "c.yaml", "--data", self.dir / "data", "--out",
                self.dir / "run")
        self.ok("export", "--run", self.dir / "run", "--out", self.dir / "bundle")
        answer = self.ok("recommend", "--bundle", self.dir / "bundle", "--history", "", "-k", 8,
                         "--json").lines()[0]
        scores = {item["title_id"]: item["score"] for item in answer["items"]}
        self.assertGreater(min(score for title, score in scores.items() if title != "t9"), 0.1)

    def test_times_that_are_as_usual_are_not_warned_of(self):
        self.assertNotIn("timestamps", self.ok("ingest", "--interactions", m.raw() / "events.csv",
                                               "--out", self.dir / "data").err)


class Terminal(m.Case):
    def harmless(self, text):
        for character in text:
            self.assertTrue(character == "\n" or character.isprintable(), repr(text))

    def test_names_cannot_act_on_a_terminal(self):
        (self.dir / "titles.csv").write_text(
            f'title_id,name,genres\n' + "".join(
                f'"t{i}\x1b[1m","{ESCAPES}\nline {i}","{ESCAPES}"\n' for i in range(6)))
        (self.dir / "plays.csv").write_text(
            f"user_id,title_id,timestamp,odd{ESCAPES}\n" + "".join(
                f'u{u},"t{(u + i) % 6}\x1b[1m",{i},x\n' for u in range(6) for i in range(4)))
        ingest = self.ok("ingest", "--interactions", self.dir / "plays.csv", "--titles",
                         self.dir / "titles.csv", "--name", ESCAPES, "--out", self.dir / "data")
        self.harmless(ingest.err)
        self.assertIn("odd\\x1b[31m", ingest.err)
        (self.dir / "c.yaml").write_text("model: {name: popularity}\n")
        self.harmless(self.ok("train", "--config", self.dir / "c.yaml", "--data",
                              self.dir / "data", "--out", self.dir / "run").err)
        self.harmless(self.ok("export", "--run", self.dir / "run", "--out",
                              self.dir / "bundle").err)
        for path in ("data", "run", "bundle"):
            self.harmless(self.ok("inspect", self.dir / path).out)
        history = "t0\x1b[1m"
        shown = self.ok("recommend", "--bundle", self.dir / "bundle", "--history",
                        history + ",no\x1b[2Jwhere", "-k", 4)
        self.harmless(shown.out)
        self.harmless(shown.err)
        self.assertEqual(len(shown.out.splitlines()), 2 + 4, shown.out)
        similar = self.ok("similar", "--bundle", self.dir / "bundle", "--title", history, "-k", 3)
        self.harmless(similar.out)
        self.assertEqual(len(similar.out.splitlines()), 2 + 3, similar.out)
        answer = self.ok("recommend", "--bundle", self.dir / "bundle", "--history", history, "-k",
                         1, "--json")
        self.assertTrue(answer.lines()[0]["items"][0]["name"].startswith(ESCAPES))
        for words in (("similar", "--bundle", self.dir / "bundle", "--title", ESCAPES),
                      ("recommend", "--bundle", self.dir / "bundle", "--user", ESCAPES, "--data",
                       self.dir / "data"), (ESCAPES,)):
            self.harmless(self.sane(m.run(*words)).err)


if __name__ == "__main__":
    m.main()
