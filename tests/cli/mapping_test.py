"""Files that speak another language than Marquee's: what ingest --mapping makes of them, and what it refuses."""

import csv
import pathlib
import re

import marquee as m

ROOT = pathlib.Path(__file__).parents[2]
EVENTS = ROOT / "configs" / "mappings" / "events.yaml"
HEADER = "account_id,content_id,event_time,action,progress\n"


class Mapping(m.Case):
    def write(self, name, text):
        path = self.dir / name
        path.write_text(text)
        return path

    def ingest(self, interactions, *words, out="data"):
        return self.sane(m.run("ingest", "--interactions", interactions, "--out", self.dir / out, "--name", "x", *words))

    def test_the_example_reads_what_a_player_writes(self):
        events = self.write("player.csv", HEADER + "".join(
            f"a,{title},{1_750_000_000_000 + ms},{action},{progress}\n" for title, ms, action, progress in [
                ("x", 0, "start", ""), ("x", 1, "progress", 5), ("x", 2_000, "progress", 40),
                ("x", 3_000, "progress", 80), ("x", 9_000, "thumbs_up", ""), ("y", 4_000_000, "watch_75", ""),
                ("z", 8_000_000, "finished", 1)]) + "b,x,1600000000000,finished,\n")
        result = self.ingest(events, "--mapping", EVENTS)
        self.assertEqual(result.rc, 0, str(result))
        for line in ('event "start" (left out): 1', 'event "progress" (play): 3', 'event "watch_25" (play): no record',
                     "interactions left out by keep.from: 1", "interactions left out by least: 1",
                     "interactions left out by keep.session_minutes: 1", "1 members, 3 titles, 4 interactions"):
            self.assertIn(line, result.err)
        facts = m.manifest_of(self.dir / "data")["facts"]
        self.assertEqual(facts["left_out"], {"events": 1, "keep.from": 1, "least": 1, "keep.session_minutes": 1})
        self.assertIn("play: 0.01", (self.dir / "data" / "mapping.yaml").read_text())
        self.is_intact(self.dir / "data")

    def test_movielens_as_the_literature_prepares_it_is_one_command(self):
        folder = self.dir / "ml"
        folder.mkdir()
        ratings = [(user, movie, (user * 7 + movie * 3) % 10 / 2 + 0.5) for user in range(1, 31) for movie in
                   range(1, 41) if (user * movie) % 5 != user % 3]
        (folder / "ratings.csv").write_text("userId,movieId,rating,timestamp\n" + "".join(
            f"{user},{movie},{rating},{1_000_000_000 + user * 100 + movie}\n" for user, movie, rating in ratings))
        (folder / "movies.csv").write_text("movieId,title,genres\n" + "".join(
            f"{movie},M{movie},Drama\n" for movie in range(1, 41)))
        self.ok("ingest", "--movielens", folder, "--mapping", ROOT / "configs/mappings/liked_titles.yaml",
                "--set", "keep.least_of_user=12", "--out", self.dir / "data")
        liked = [(user, movie) for user, movie, rating in ratings if rating >= 4]
        many = [row for row in liked if sum(user == row[0] for user, _ in liked) >= 12]
        self.assertTrue(0 < len(many) < len(liked))
        facts = m.manifest_of(self.dir / "data")["facts"]
        self.assertEqual(facts["interactions"], len(many))
        self.assertEqual(facts["users"], len({user for user, _ in many}))
        self.assertEqual(facts["left_out"]["least"], len(ratings) - len(liked))
        self.assertEqual(facts["titles"], 40)

    def test_a_mapping_of_the_same_names_changes_no_column(self):
        plain, mapped = self.dir / "plain", self.dir / "mapped"
        with open(m.raw() / "events.csv", newline="") as file:
            rows = list(csv.DictReader(file))
        other = self.write("other.csv", "who,what,at,event,value\n" + "".join(
            f'{r["user_id"]},{r["title_id"]},{int(r["timestamp"]) * 1000},{r["event"]},{r["value"]}\n' for r in rows))
        mapping = self.write("m.yaml", "interactions: {user_id: who, title_id: what, timestamp: at}\n"
                                       "time_unit: milliseconds\n")
        titles = m.raw() / "titles.csv"
        self.ok("ingest", "--interactions", m.raw() / "events.csv", "--titles", titles, "--out", plain)
        self.ok("ingest", "--interactions", other, "--titles", titles, "--mapping", mapping, "--out", mapped)
        names = [name for name in m.listing(plain) if name != "manifest.json"]
        self.assertEqual({name: m.sha256(plain / name) for name in names},
                         {name: m.sha256(mapped / name) for name in names})

    def test_what_is_wrong_is_named_with_its_line(self):
        events = self.write("e.csv", HEADER + "a,x,1750000000000,stop,\n")
        result = self.ingest(events, "--mapping", EVENTS)
        self.assertEqual(result.rc, 2)
        self.assertRegex(result.err, r'e\.csv:2: action "stop": unknown event; .* a mapping must say what it means')
        bad = self.write("bad.yaml", "interactions: {member: a}\nevents:\n  x: likes\n  y: play much\nleast: {stars: 4}\n")
        result = self.ingest(events, "--mapping", bad)
        self.assertEqual(result.rc, 2)
        self.assertIn("bad.yaml:1: interactions.member: unknown key", result.err)
        bad.write_text("events:\n  x: likes\nleast: {stars: 4}\n")
        result = self.ingest(events, "--mapping", bad)
        self.assertIn('bad.yaml:2: events.x: "likes" is no kind of event', result.err)
        self.assertIn("(did you mean like?)", result.err)
        self.assertIn('bad.yaml:3: least.stars: "stars" is no kind of event', result.err)
        bad.write_text("events: {y: play much}\nkeep: {from: soon, until: 2020-13-01}\n")
        result = self.ingest(events, "--mapping", bad)
        self.assertIn('events.y: "play much" must be a kind of event and a number', result.err)
        self.assertIn('keep.from: "soon" must be a day', result.err)
        self.assertIn('keep.until: "2020-13-01" must be a day', result.err)
        result = self.ingest(events, "--set", "keep.from=2026-01-01", "--set", "keep.until=2025-01-01")
        self.assertIn('keep.from: "2026-01-01" must be before keep.until', result.err)
        self.assertIn("columns of a MovieLens folder are known", self.sane(m.run(
            "ingest", "--movielens", self.dir, "--mapping", EVENTS, "--out", self.dir / "data")).err)
        self.assertIn("--mapping is for files", self.sane(m.run(
            "ingest", "--feedback", self.dir, "--set", "keep.from=2026", "--out", self.dir / "data")).err)
        self.assertFalse((self.dir / "data").exists())

    def test_rules_that_leave_nothing_write_nothing(self):
        events = self.write("e.csv", HEADER.replace("account_id,content_id,event_time,action,progress",
                                                    "user_id,title_id,timestamp,event,value") + "a,x,5,,\n")
        for rule, word in (("keep.from=2020-01-01", "keep.from"), ("keep.least_of_title=2", "keep.least")):
            result = self.ingest(events, "--set", rule)
            self.assertEqual(result.rc, 2)
            self.assertTrue(re.search(f'"{word}":1', result.err), result.err)
            self.assertFalse((self.dir / "data").exists())
        for rule in ("weights.play=-1", "weights.play=-0.1"):
            result = self.ingest(events, "--set", rule)
            self.assertEqual(result.rc, 2)
            self.assertIn("every interaction is negative feedback", result.err)
            self.assertFalse((self.dir / "data").exists())


if __name__ == "__main__":
    m.main()
