"""Parquet: the same dataset as from CSV, whatever the types of columns and however the rows are divided into files;
and what is damaged or does not fit. Skips unless MARQUEE_PYARROW names PyPI's pyarrow, with which files are made."""

import csv
import json
import os
import pathlib
import subprocess
import threading
import time
import unittest

import marquee as m

PYARROW = os.environ.get("MARQUEE_PYARROW", "")
PYTHON = "/usr/bin/python3"  # which scripts/setup installed it for


def python(code, *words, **options):
    return subprocess.run([PYTHON, "-c", code, *map(str, words)], capture_output=True, text=True, check=True,
                          env={**os.environ, "PYTHONPATH": str(pathlib.Path(PYARROW).parent)}, **options)


# Rows on stdin as JSON lines; `schema` is an expression of pyarrow's, or None.
WRITE = """
import json, sys
import pyarrow as pa, pyarrow.parquet as pq
from decimal import Decimal
out, schema, options = sys.argv[1], eval(sys.argv[2]), eval(sys.argv[3])
rows = [json.loads(line) for line in sys.stdin]
if schema is not None and any(pa.types.is_decimal(field.type) for field in schema):
    for row in rows:
        row["value"] = None if row["value"] is None else Decimal(str(row["value"]))
pq.write_table(pa.Table.from_pylist(rows, schema), out, **options)
"""


@unittest.skipUnless(PYARROW, "MARQUEE_PYARROW names no pyarrow (scripts/setup)")
class Parquet(m.Case):
    def setUp(self):
        super().setUp()
        with open(m.raw() / "events.csv", newline="") as file:
            self.rows = [{"user_id": row["user_id"], "title_id": row["title_id"], "timestamp": int(row["timestamp"]),
                          "event": row["event"] or None, "value": float(row["value"]) if row["value"] else None}
                         for row in csv.DictReader(file)]

    def write(self, rows, out, schema="None", **options):
        out.parent.mkdir(parents=True, exist_ok=True)
        python(WRITE, out, schema, repr(options), input="\n".join(map(json.dumps, rows)))
        return out

    def ingest(self, *paths, titles=None, out="data", **named):
        self.ok("ingest", "--interactions", *paths, "--titles", titles or m.raw() / "titles.csv", "--name", "tiny",
                "--overwrite", "--out", self.dir / out, **named)
        return self.dir / out

    def same(self, folder, other):
        self.is_intact(folder)
        columns = [name for name in m.listing(other) if name != "manifest.json"]
        self.assertEqual({name: m.sha256(folder / name) for name in columns},
                         {name: m.sha256(other / name) for name in columns})

    def expected(self):
        path = self.dir / "rows.csv"
        with open(path, "w", newline="") as file:
            writer = csv.DictWriter(file, self.rows[0].keys())
            writer.writeheader()
            writer.writerows(self.rows)
        return self.ingest(path, out="expected")

    TYPES = {
        "plain": "None",
        "dictionaries": "pa.schema([('user_id', pa.dictionary(pa.int32(), pa.string())), ('title_id', "
                        "pa.large_string()), ('timestamp', pa.int64()), ('event', pa.dictionary(pa.int8(), "
                        "pa.string())), ('value', pa.float32())])",
        "milliseconds": "ms", "microseconds": "us", "nanoseconds": "ns", "decimals": "decimal"}

    def test_every_type_gives_what_csv_gives(self):
        expected = self.expected()
        for name, schema in self.TYPES.items():
            rows = self.rows
            if schema in ("ms", "us", "ns"):
                scale = {"ms": 1_000, "us": 1_000_000, "ns": 1_000_000_000}[schema]
                rows = [row | {"timestamp": row["timestamp"] * scale + 1} for row in rows]
                zone = ", tz='Europe/Berlin'" if schema == "us" else ""
                schema = (f"pa.schema([('user_id', pa.string()), ('title_id', pa.string()), ('timestamp', "
                          f"pa.timestamp('{schema}'{zone})), ('event', pa.string()), ('value', pa.float64())])")
            elif schema == "decimal":
                schema = ("pa.schema([('user_id', pa.binary()), ('title_id', pa.string()), ('timestamp', pa.uint32()), "
                          "('event', pa.string()), ('value', pa.decimal128(9, 3))])")
                rows = [row | {"user_id": row["user_id"]} for row in rows]
            with self.subTest(name):
                file = self.write(rows, self.dir / f"{name}.parquet", schema.replace("pa.binary()", "pa.string()"),
                                  row_group_size=300, compression="zstd" if name == "plain" else "snappy")
                self.same(self.ingest(file), expected)

    def test_parts_of_a_folder_are_one_table(self):
        expected = self.expected()
        half = len(self.rows) // 2
        lake = self.dir / "lake"
        self.write(self.rows[:half], lake / "day=2026-01-01/part-0.parquet")
        self.write(self.rows[half:], lake / "day=2026-01-02/part-0.parquet", row_group_size=100)
        (lake / "_SUCCESS").write_text("")
        (lake / "day=2026-01-02/.part-0.parquet.crc").write_text("x")
        self.same(self.ingest(lake), expected)
        self.same(self.ingest(lake, threads=1), expected)
        self.same(self.ingest(lake / "day=2026-01-01", lake / "day=2026-01-02/part-0.parquet"), expected)
        self.same(self.ingest(self.dir / "lake/day=*"), expected)
        # Other kinds of files beside them.
        with open(lake / "day=2026-01-02/part-1.csv", "w") as file:
            file.write("user_id,title_id,timestamp\nu1,t1,1700000000\n")
        with open(lake / "day=2026-01-02/part-2.jsonl", "w") as file:
            file.write('{"user_id":"u1","title_id":"t2","timestamp":1700000001}\n')
        facts = json.loads((self.ingest(lake) / "manifest.json").read_text())
        self.assertEqual(facts["facts"]["interactions"], len(self.rows) + 2)
        self.assertEqual(len([each for each in facts["sources"] if each["kind"] == "file"]), 5)

    def test_columns_in_the_names_of_folders(self):
        plays = [row | {"event": "play", "value": None} for row in self.rows]
        self.rows = plays[::2] + [row | {"event": "like"} for row in plays[1::2]]
        expected = self.expected()
        lake = self.dir / "lake"
        for event, rows in (("play", plays[::2]), ("like", plays[1::2])):
            self.write([{key: row[key] for key in ("user_id", "title_id", "timestamp")} for row in rows],
                       lake / f"event={event}/a.parquet")
        got = self.ingest(lake)
        # The folders come in the order of their names, ties in time keep the order of rows.
        self.assertEqual(json.loads((got / "manifest.json").read_text())["facts"]["interactions"], len(self.rows))
        count = lambda folder: sorted((folder / "interactions.events").read_bytes())  # noqa: E731
        self.assertEqual(count(got), count(expected))

    def test_names_of_folders_are_checked_as_cells_are(self):
        row = {"user_id": "u1", "title_id": "t1", "timestamp": 1}
        lake = self.dir / "rows.parquet"
        self.write([{key: row[key] for key in ("title_id", "timestamp")}], lake / "user_id=a%2Fb/a.parquet")
        data = self.ingest(lake)
        self.assertEqual((data / "users.ids.bytes").read_bytes(), b"a/b")
        for name, needle in (("event=played", "event"), ("event=%00", "UTF-8"), ("event=%ff", "UTF-8"),
                             ("event=%4", "two digits")):
            self.write([row], lake / name / "a.parquet")
            self.refused(lake, needle)
            (lake / name / "a.parquet").unlink()

    def test_titles_with_lists(self):
        with open(m.raw() / "titles.csv", newline="") as file:
            titles = list(csv.DictReader(file))
        lists = [{key: (value.split("|") if value else []) if key in ("genres", "actors", "directors", "studios") else
                  (int(value) if value else None) if key in ("year", "runtime_minutes") else value
                  for key, value in title.items()} for title in titles]
        self.assertTrue(any(isinstance(value, list) and len(value) > 1 for row in lists for value in row.values()))
        file = self.write(lists, self.dir / "titles.parquet")
        events = m.raw() / "events.csv"
        self.same(self.ingest(events, titles=file), self.ingest(events, out="expected"))

    def refused(self, file, *needles):
        super().refused(2, ["rows.parquet", *needles], "ingest", "--interactions", file, "--out", self.dir / "none")
        self.assertFalse((self.dir / "none").exists())

    def test_what_is_damaged_or_does_not_fit_is_refused(self):
        file = self.write(self.rows, self.dir / "rows.parquet", row_group_size=500)
        raw = file.read_bytes()
        file.write_bytes(raw[:len(raw) // 2])
        self.refused(file, "footer", "1 problem; nothing was written")
        file.write_bytes(b"PAR1x")
        self.refused(file, "smaller than the minimum file footer")
        file.write_bytes(raw[:-12] + b"\xff" * 4 + raw[-8:])
        self.refused(file, "rows.parquet")
        middle = len(raw) // 3
        file.write_bytes(raw[:middle] + bytes(200) + raw[middle + 200:])
        self.refused(file, "row group")
        file.write_bytes(b"PARE" + raw[4:])
        self.refused(file, "encrypted")
        file.write_bytes(b"user" + raw[4:])
        self.refused(file, "damaged, or not complete")
        self.write([row | {"timestamp": "soon"} for row in self.rows], file)
        self.refused(file, "row group 0, row 0", "timestamp", "soon")
        rows = [dict(row) for row in self.rows]
        rows[1234 % len(rows)]["user_id"] = ""
        self.write(rows, file, row_group_size=100)
        self.refused(file, f"row group {1234 % len(rows) // 100}, row {1234 % len(rows) % 100}", "user_id")
        self.write([{"user_id": "a", "title": "b", "timestamp": 1}], file)
        self.refused(file, '"title_id"', "user_id,title,timestamp")
        self.write([{"user_id": {"id": "a"}, "title_id": "b", "timestamp": 1}], file)
        self.refused(file, '"user_id"', "struct")
        self.write(self.rows[:50], self.dir / "lake/part-0.parquet")  # one part of many is of another type
        os.replace(file, self.dir / "lake/rows.parquet")
        self.refused(self.dir / "lake", '"user_id"', "struct")
        # The codec of the column user_id, as Thrift's compact protocol writes it: Snappy (1) to LZO (3).
        self.write(self.rows, file, compression="snappy")
        raw = file.read_bytes()
        self.assertIn(b"\x19\x18\x07user_id\x15\x02", raw)
        file.write_bytes(raw.replace(b"\x19\x18\x07user_id\x15\x02", b"\x19\x18\x07user_id\x15\x06"))
        self.refused(file, "row group 0", "LZO")

    def test_parts_that_appear_while_reading_are_whole_or_not_there(self):
        """A writer renames parts into place; each ingest has all rows of the parts that it names."""
        parts = [self.rows[i::8] for i in range(8)]
        lake = self.dir / "lake"
        for i, part in enumerate(parts):
            self.write(part, self.dir / f"ready/part-{i}.parquet")
        lake.mkdir()
        os.replace(self.dir / "ready/part-0.parquet", lake / "part-0.parquet")

        def appear():
            for i in range(1, 8):
                time.sleep(0.02)
                os.replace(self.dir / f"ready/part-{i}.parquet", lake / f"part-{i}.parquet")

        writer = threading.Thread(target=appear)
        writer.start()
        for attempt in range(6):
            manifest = m.manifest_of(self.ingest(lake, out=f"data{attempt}"))
            named = {each["name"] for each in manifest["sources"]}
            rows = sum(len(part) for i, part in enumerate(parts) if f"part-{i}.parquet" in named)
            self.assertEqual(manifest["facts"]["interactions"], rows)
        writer.join()
        self.refused(self.dir / "rows.parquet/none", "there is no")


READ = """
import json, sys
import pyarrow.parquet as pq
table = pq.read_table(sys.argv[1])
print(json.dumps({"types": {field.name: str(field.type) for field in table.schema}, "rows": table.to_pylist()}))
"""


@unittest.skipUnless(PYARROW, "MARQUEE_PYARROW names no pyarrow (scripts/setup)")
class Results(m.Case):
    """What is written as Parquet is what is written otherwise."""

    def read(self, file):
        table = json.loads(python(READ, file).stdout)
        return table["types"], table["rows"]

    def test_lists(self):
        lines = [{"id": f"r{i}", "history": [f"t{i + 1}", "t40"], "k": 3} for i in range(40)]
        text = "".join(json.dumps(each) + "\n" for each in lines[:20]) + '{"id": "bad", "k": 0}\n{no json\n' + "".join(
            json.dumps(each) + "\n" for each in lines[20:])
        (self.dir / "requests").write_text(text)
        words = ("recommend", "--bundle", m.bundle("attention"), "--requests", self.dir / "requests")
        printed = m.run(*words)
        self.assertEqual(printed.rc, 2)
        result = self.sane(m.run(*words, "--parquet", self.dir / "lists.parquet"))
        self.assertEqual((result.rc, result.out), (2, ""), str(result))
        types, rows = self.read(self.dir / "lists.parquet")
        self.assertEqual(types, {"id": "string", "line": "int64", "place": "int64", "title_id": "string", "score": "float",
                                 "reasons": "list<element: string>", "model": "string", "error": "string"})
        answers = printed.lines()
        wanted = []
        for number, answer in enumerate(answers, 1):
            for place, item in enumerate(answer.get("items", []), 1):
                wanted.append((answer["id"], number, place, item["title_id"], item["reasons"]))
            if "error" in answer:
                wanted.append((answer["id"], answer["line"], None, None, []))
        self.assertEqual([(r["id"], r["line"], r["place"], r["title_id"], r["reasons"]) for r in rows], wanted)
        scores = [item["score"] for answer in answers for item in answer.get("items", [])]
        self.assertEqual([round(r["score"], 5) for r in rows if r["title_id"]], [round(score, 5) for score in scores])
        self.assertEqual([r["line"] for r in rows if r["error"]], [21, 22])
        self.assertEqual(m.hidden(self.dir), [])
        self.refused(2, ["--parquet goes with --requests"], "recommend", "--bundle", m.bundle("attention"), "--history",
                     "t1", "--parquet", self.dir / "x.parquet")
        gone = self.sane(m.run(*words, "--parquet", self.dir / "no/x.parquet"))
        self.assertEqual(gone.rc, 1, str(gone))

    def test_titles(self):
        (self.dir / "knn.yaml").write_text("model: {name: item_knn}\n")
        self.ok("train", "--config", self.dir / "knn.yaml", "--data", m.dataset(), "--out", self.dir / "run")
        self.ok("export", "--run", self.dir / "run", "--out", self.dir / "item_knn")
        for bundle in (m.bundle("attention"), self.dir / "item_knn"):
            self.ok("export", "--format", "parquet", "--bundle", bundle, "--out", self.dir / "table", "--overwrite")
            self.is_intact(self.dir / "table")
            types, rows = self.read(self.dir / "table/titles.parquet")
            with open(bundle / "titles.csv", newline="") as file:
                titles = list(csv.DictReader(file))
            self.assertEqual([row["title_id"] for row in rows], [title["title_id"] for title in titles])
            self.assertEqual([row["name"] for row in rows], [title["name"] for title in titles])
            self.assertEqual(["|".join(row["genres"]) for row in rows], [title["genres"] for title in titles])
            self.assertEqual([row["popularity"] for row in rows], [int(title["popularity"]) for title in titles])
            self.assertEqual([str(row["year"] or "") for row in rows], [title["year"] for title in titles])
            dim = m.manifest_of(bundle)["facts"]["dim"]
            self.assertEqual("vector" in types, dim > 0)
            if dim > 0:
                floats = memoryview((bundle / "titles.bin").read_bytes()).cast("f")
                self.assertEqual(len(rows[0]["vector"]), dim)
                self.assertEqual([x for row in rows for x in row["vector"]], list(floats[dim:]))
        self.assertEqual(dim, 0)

    def test_metrics(self):
        self.ok("evaluate", "--bundle", m.bundle("attention"), m.bundle("popularity"), "--data", m.dataset(), "--out",
                self.dir / "report", "--parquet")
        self.is_intact(self.dir / "report")
        _, rows = self.read(self.dir / "report/metrics.parquet")
        report = json.loads((self.dir / "report/report.json").read_text())
        for bundle in report["bundles"]:
            own = {(r["protocol"], r["metric"]): (r["value"], r["low"], r["high"]) for r in rows
                   if r["sha256"] == bundle["sha256"] and r["slice"] is None}
            wanted = {(protocol, name): (each["value"], each["low"], each["high"])
                      for protocol, metrics in bundle["metrics"].items() for name, each in metrics.items()}
            self.assertEqual(own, wanted)
            slices = {(r["slice"], r["part"], r["metric"]): (r["value"], r["n"]) for r in rows
                      if r["sha256"] == bundle["sha256"] and r["slice"]}
            self.assertEqual(slices, {(kind, part["slice"], name): (part[name]["value"], part["n"])
                                      for kind, parts in bundle["slices"].items() for part in parts
                                      for name in ("hr@10", "ndcg@10") if name in part})


if __name__ == "__main__":
    m.main()
