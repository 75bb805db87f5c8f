"""What comes every day: added to a dataset, it gives what one ingest of everything gives; and what is refused."""

import csv
import signal
import time

import marquee as m


class Append(m.Case):
    def setUp(self):
        super().setUp()
        with open(m.raw() / "events.csv", newline="") as file:
            reader = csv.reader(file)
            self.header, *self.rows = reader

    def write(self, name, rows):
        path = self.dir / name
        with open(path, "w", newline="") as file:
            writer = csv.writer(file)
            writer.writerow(self.header)
            writer.writerows(rows)
        return path

    def ingest(self, *files, out="data", more=()):
        return ["ingest", "--interactions", *files, "--titles", m.raw() / "titles.csv", "--name", "tiny", "--out",
                self.dir / out, *more]

    def same(self, folder, other):
        self.is_intact(self.dir / folder)
        def columns(of):
            return [name for name, kind in m.listing(self.dir / of).items()
                    if kind != "folder" and name not in ("manifest.json", ".replaced")]

        self.assertEqual(columns(folder), columns(other))
        for name in columns(folder):
            self.assertEqual(m.sha256(self.dir / folder / name), m.sha256(self.dir / other / name), name)

    def same_facts(self):
        facts = m.manifest_of(self.dir / "data")["facts"]
        self.assertEqual(len(facts.pop("grown_from")), 2)
        self.assertEqual(facts, m.manifest_of(self.dir / "all")["facts"])

    def days(self):
        """By time, in three parts; some of the last part is older than all others."""
        rows = sorted(self.rows, key=lambda row: float(row[2]))
        late, rows = rows[:30], rows[30:]
        return rows[:1200], rows[1200:1600], rows[1600:] + late

    def test_day_by_day_is_all_at_once(self):
        files = [self.write(f"day{i}.csv", rows) for i, rows in enumerate(self.days())]
        for split in (("--split", "temporal"), ("--split", "random", "--seed", 5)):
            with self.subTest(split=split):
                self.ok(*self.ingest(*files, out="all", more=(*split, "--overwrite")))
                self.ok(*self.ingest(files[0], more=(*split, "--overwrite")))
                for file in files[1:]:  # in place, with the split and the seed of the dataset
                    before = m.manifest_of(self.dir / "data")["facts"]["interactions"]
                    result = self.ok(*self.ingest(file, more=("--append", self.dir / "data", "--overwrite")))
                    self.assertIn("appended to ", result.err)
                    self.assertGreater(m.manifest_of(self.dir / "data")["facts"]["interactions"], before)
                self.same("data", "all")
                self.same_facts()

    def test_a_mapping_goes_with_the_dataset(self):
        files = [self.write(f"day{i}.csv", rows) for i, rows in enumerate(self.days())]
        rules = ("--set", "least.rating=2.5", "--set", "events.list=leave-out", "--set", "weights.dislike=-0.5")
        self.ok(*self.ingest(*files, out="all", more=rules))
        self.ok(*self.ingest(files[0], more=rules))
        for file in files[1:]:
            self.ok(*self.ingest(file, more=("--append", self.dir / "data", "--overwrite")))
        self.same("data", "all")
        self.same_facts()

    def test_rules_look_at_whole_histories_again(self):
        """Who had too few interactions yesterday may have enough today, and is forgotten whole."""
        days = [*self.days()]
        days[0].append(["loner", *days[0][0][1:]])
        files = [self.write(f"day{i}.csv", rows) for i, rows in enumerate(days)]
        rules = ("--set", "keep.least_of_user=12", "--set", "keep.least_of_title=4", "--set", "keep.session_minutes=30",
                 "--set", "keep.most_a_day=200")
        self.ok(*self.ingest(*files, out="all", more=rules))
        self.assertIn("keep.least_of_user", self.ok(*self.ingest(files[0], more=rules)).err)
        yesterday = m.manifest_of(self.dir / "data")["facts"]
        for file in files[1:]:
            self.ok(*self.ingest(file, more=("--append", self.dir / "data", "--overwrite")))
        self.same("data", "all")
        self.same_facts()
        facts = m.manifest_of(self.dir / "data")["facts"]
        self.assertGreater(facts["users"], yesterday["users"])
        self.assertGreater(facts["left_out"]["keep.least"], 0)

        whole = self.dir / "data/whole/users.ids.bytes"
        self.assertIn(b"loner", whole.read_bytes())
        self.assertNotIn(b"loner", (self.dir / "data/users.ids.bytes").read_bytes())
        self.ok("forget", "--dataset", self.dir / "data", "--user", "loner")
        self.assertNotIn(b"loner", whole.read_bytes())
        self.is_intact(self.dir / "data")
        self.ok(*self.ingest(files[2], more=("--append", self.dir / "data", "--overwrite")))
        self.assertNotIn(b"loner", whole.read_bytes())

    def test_what_would_not_be_the_same_is_refused(self):
        first, second, _ = [self.write(f"day{i}.csv", rows) for i, rows in enumerate(self.days())]
        self.ok(*self.ingest(first))
        before = m.sha256(self.dir / "data/manifest.json")
        for more, needle in ((("--split", "temporal"), "was made with --split leave-one-out, not temporal"),
                             (("--seed", 2), "was made with --seed 1, not 2"),
                             (("--set", "least.rating=3"), "was made with a mapping"),
                             (("--set", "keep.least_of_user=3"), "was made with a mapping")):
            result = self.sane(m.run(*self.ingest(second, more=("--append", self.dir / "data", "--overwrite", *more))))
            self.assertEqual(result.rc, 2)
            self.assertIn(needle, result.err)
        self.assertIn("needs --interactions", self.sane(m.run(
            "ingest", "--append", self.dir / "data", "--out", self.dir / "other")).err)
        bad = self.write("bad.csv", [*self.days()[1][:5], ["u1", "t1", "soon", "", ""]])
        self.refused(2, ["bad.csv:7", "soon"], *self.ingest(bad, more=("--append", self.dir / "data", "--overwrite")))
        self.assertEqual(m.sha256(self.dir / "data/manifest.json"), before)
        (self.dir / "data/interactions.titles").write_bytes(b"x")
        result = self.sane(m.run(*self.ingest(second, more=("--append", self.dir / "data", "--overwrite"))))
        self.assertEqual(result.rc, 3, str(result))

    def test_a_killed_append_leaves_the_dataset_whole(self):
        first, second, _ = self.days()
        many = self.write("many.csv", [[f"{row[0]}-{i}", *row[1:]] for i in range(150) for row in second])
        self.ok(*self.ingest(self.write("day.csv", first)))
        before = m.sha256(self.dir / "data/manifest.json")
        words = self.ingest(many, more=("--append", self.dir / "data", "--overwrite"))
        for delay in (0.02, 0.1, 0.2):
            process = m.start(*words)
            time.sleep(delay)
            process.send_signal(signal.SIGKILL)
            process.communicate()
            if m.sha256(self.dir / "data/manifest.json") != before:
                break  # it was faster
            self.is_intact(self.dir / "data")
        self.ok(*words)
        self.assertEqual(m.hidden(self.dir), ["data/.replaced"])


if __name__ == "__main__":
    m.main()
