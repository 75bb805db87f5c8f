"""What ingest reads: compressed files, standard input, several files of titles and of members."""

import gzip
import hashlib

import marquee as m

EVENTS = "user_id,title_id,timestamp\n" + "".join(
    f"u{i % 20},t{(i * 7) % 30},{1_600_000_000 + i}\n" for i in range(600))
TITLES = [f"t{i},Title {i},Kind {i % 3}\n" for i in range(30)]
HEADER = "title_id,name,genres\n"


class Inputs(m.Case):
    def setUp(self):
        super().setUp()
        (self.dir / "events.csv").write_text(EVENTS)
        (self.dir / "titles.csv").write_text(HEADER + "".join(TITLES))

    def ingest(self, *words, out="data", stdin=None):
        return m.run("ingest", *words, "--name", "x", "--out", self.dir / out, stdin=stdin)

    def plain(self):
        self.ok("ingest", "--interactions", self.dir / "events.csv", "--titles", self.dir / "titles.csv", "--name", "x",
                "--out", self.dir / "plain")
        return m.manifest_of(self.dir / "plain")

    def same(self, out="data"):
        manifest, plain = m.manifest_of(self.dir / out), self.plain()
        self.assertEqual(manifest["files"], plain["files"])
        self.assertEqual(manifest["facts"], plain["facts"])
        return manifest

    def test_compressed_parts_and_titles_in_parts(self):
        lines = EVENTS.splitlines(keepends=True)
        lake = self.dir / "lake"
        lake.mkdir()
        for part, rows in enumerate((lines[1:300], lines[300:450], lines[450:])):
            text = lines[0] + "".join(rows)
            if part == 1:
                (lake / "part-1.csv").write_text(text)
            else:
                (lake / f"part-{part}.csv.gz").write_bytes(gzip.compress(text.encode()))
        (self.dir / "titles-1.csv").write_text(HEADER + "".join(TITLES[:20]))
        (self.dir / "titles-2.csv").write_text(HEADER + "".join(TITLES[20:]))
        self.ok("ingest", "--interactions", lake, "--titles", self.dir / "titles-1.csv", self.dir / "titles-2.csv",
                "--name", "x", "--out", self.dir / "data")
        sources = {each["name"]: each["sha256"] for each in self.same()["sources"]}
        self.assertEqual(sources["part-0.csv.gz"], m.sha256(lake / "part-0.csv.gz"))
        self.assertEqual(len(sources), 5)

        bad = gzip.compress(b"user_id,title_id,timestamp\nu1,t1,1600000000\nu1,t1,soon\n")
        (lake / "part-3.csv.gz").write_bytes(bad)
        self.refused(2, ["part-3.csv.gz:3", "soon"], "ingest", "--interactions", lake, "--out", self.dir / "no")
        (lake / "part-3.csv.gz").write_bytes(bad[:-9])
        self.refused(2, ["part-3.csv.gz", "not complete"], "ingest", "--interactions", lake, "--out", self.dir / "no")
        (lake / "part-3.csv.gz").write_bytes(bad + b"rubbish")
        self.refused(2, ["part-3.csv.gz", "something else follows"], "ingest", "--interactions", lake, "--out",
                     self.dir / "no")
        (lake / "part-3.csv.gz").write_bytes(gzip.compress(b"0" * (70 << 20)))
        self.refused(2, ["part-3.csv.gz", "200 times"], "ingest", "--interactions", lake, "--out", self.dir / "no")

    def test_standard_input(self):
        words = ("--interactions", "-", "--titles", self.dir / "titles.csv")
        for text, out in ((EVENTS.encode(), "data"), (gzip.compress(EVENTS.encode()), "packed")):
            result = self.sane(self.ingest(*words, out=out, stdin=text))
            self.assertEqual(result.rc, 0, str(result))
            manifest = m.manifest_of(self.dir / out)
            self.assertIn({"kind": "file", "name": "standard input", "sha256": hashlib.sha256(text).hexdigest()},
                          manifest["sources"])
        self.same()
        result = self.sane(self.ingest(*words, out="no", stdin=EVENTS + "u1,t1,soon\n"))
        self.assertEqual(result.rc, 2, str(result))
        self.assertIn("standard input:602: timestamp", result.err)
        for stdin, needle in (("", "standard input: the file is empty"), (EVENTS, "can be read once")):
            more = ("--users", "-") if stdin else ()
            result = self.sane(self.ingest(*words, *more, out="no", stdin=stdin))
            self.assertEqual(result.rc, 2, str(result))
            self.assertIn(needle, result.err)
        self.assertEqual(m.hidden(self.dir), [])


if __name__ == "__main__":
    m.main()
