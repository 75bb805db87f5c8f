"""The examples for Spark and Ray: what their processes answer is what one process answers, also where one of them is
killed. Skips unless MARQUEE_ENGINES names a Python with pyspark, ray and pyarrow; Spark needs Java 17 or later."""

import json
import os
import pathlib
import random
import shutil
import signal
import subprocess
import sys
import time
import unittest

import marquee as m

PYTHON = os.environ.get("MARQUEE_ENGINES", "")
MEMBERS, PARTS = 24_000, 6

# Runs under PYTHON. write: JSON lines on stdin → Parquet of PARTS files; read: Parquet → JSON lines, by id.
PARQUET = """
import glob, json, os, sys
import pyarrow as pa, pyarrow.parquet as pq
job, folder, parts = sys.argv[1], sys.argv[2], int(sys.argv[3])
if job == "write":
    rows = [json.loads(line) for line in sys.stdin]
    os.makedirs(folder)
    for part in range(parts):
        pq.write_table(pa.Table.from_pylist(rows[part::parts]), f"{folder}/part-{part}.parquet")
else:
    rows = [row for file in glob.glob(f"{folder}/*.parquet") for row in pq.ParquetFile(file).read().to_pylist()]
    for row in sorted(rows, key=lambda row: row["id"]):
        print(json.dumps(row))
"""


def python(*words, **options):
    return subprocess.run([PYTHON, *map(str, words)], capture_output=True, text=True, check=True, **options).stdout


def descendants(pid):
    """Processes below `pid`, with their command lines."""
    found = {}
    parents = {}
    for entry in pathlib.Path("/proc").iterdir():
        if entry.name.isdigit():
            try:
                parents[int(entry.name)] = int((entry / "stat").read_text().rsplit(")", 1)[1].split()[1])
                found[int(entry.name)] = (entry / "cmdline").read_bytes().replace(b"\0", b" ").decode()
            except (OSError, IndexError):
                continue

    def is_below(process):
        while process > 1 and process != pid:
            process = parents.get(process, 0)
        return process == pid

    return {process: line for process, line in found.items() if process != pid and is_below(process)}


@unittest.skipUnless(PYTHON, "MARQUEE_ENGINES names no Python with pyspark and ray")
class Engines(m.Case):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        draw = random.Random(1)
        cls.requests = []
        for member in range(MEMBERS):
            history = [f"t{draw.randint(1, 80)}" for _ in range(draw.randint(0, 20))]
            cls.requests.append({"id": f"m{member:06}", "history": history, "k": 5})
        cls.requests[7]["k"] = 0  # is refused, and the others are answered

    def expected(self):
        lines = "\n".join(map(json.dumps, self.requests))
        result = m.run("recommend", "--bundle", m.bundle("attention"), "--requests", "-", stdin=lines)
        self.assertEqual(result.rc, 2)
        return result.lines()

    def lists(self, command, **variables):
        """What the engine writes; one of its processes is killed as soon as there is one."""
        requests = self.dir / "requests"
        python("-c", PARQUET, "write", requests, PARTS, input="\n".join(map(json.dumps, self.requests)))
        out = self.dir / "lists"
        words = [*command, "--bundle", m.bundle("attention"), "--requests", requests, "--out", out, "--marquee",
                 m.PROGRAM]
        with open(self.dir / "engine.log", "w+") as log:
            process = subprocess.Popen([str(word) for word in words], stdout=log, stderr=log, cwd=self.dir,
                                       env={**m.environment(), **variables})
            killed = None
            while process.poll() is None and killed is None:
                for pid, line in descendants(process.pid).items():
                    if "recommend --bundle" in line and "marquee-tensors" in os.readlink(f"/proc/{pid}/exe"):
                        os.kill(pid, signal.SIGKILL)
                        killed = pid
                        break
                time.sleep(0.02)
            process.wait(timeout=600)
            log.seek(0)
            said = log.read()
        self.assertEqual(process.returncode, 0, said[-3000:])
        self.assertIsNotNone(killed, "no process was there to kill")
        return [json.loads(line) for line in python("-c", PARQUET, "read", out, PARTS).splitlines()]

    def same(self, lists):
        expected = self.expected()
        self.assertEqual(len(lists), len(expected))
        for got, one in zip(lists, expected):
            self.assertEqual(got["id"], one["id"])
            self.assertEqual(got["error"], one.get("error"))
            self.assertEqual([item["title_id"] for item in got["items"]],
                             [item["title_id"] for item in one.get("items", [])])
            for item, other in zip(got["items"], one.get("items", [])):
                self.assertAlmostEqual(item["score"], other["score"], places=4)
                self.assertEqual(item["reasons"], other["reasons"])

    @unittest.skipUnless(shutil.which("java"), "there is no Java")
    def test_spark(self):
        submit = pathlib.Path(PYTHON).parent / "spark-submit"
        self.same(self.lists(
            [submit, "--master", "local[2,3]", "--conf", "spark.ui.enabled=false", "--conf",
             "spark.driver.bindAddress=127.0.0.1", "--conf", "spark.driver.host=127.0.0.1",
             m.SOURCE / "examples/spark/recommend.py"],
            PATH=f"{submit.parent}:{os.environ['PATH']}"))

    def test_ray(self):
        self.same(self.lists([PYTHON, m.SOURCE / "examples/ray/recommend.py", "--batch", "4000"],
                             RAY_USAGE_STATS_ENABLED="0"))


if __name__ == "__main__":
    sys.exit(m.main())
