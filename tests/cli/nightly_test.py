"""The way back from the server: its store becomes a dataset, more every night, and scripts/nightly goes once round while
a server is under load: ingest, training from the run before, the gate, the signature, the swap."""

import csv
import json
import pathlib
import shutil
import subprocess
import threading
import unittest

import marquee as m
import redis_server
import serving

ROOT = pathlib.Path(__file__).parents[2]
SMALL = ["train.epochs=2", "model.dim=16", "model.history.blocks=1", "model.history.heads=1", "train.batch_size=16"]


def events_of(dataset):
    """(user, title, time, event) of all interactions, sorted."""
    def texts(name):
        offsets = memoryview((dataset / f"{name}.offsets").read_bytes()).cast("Q")
        data = (dataset / f"{name}.bytes").read_bytes()
        return [data[begin:end].decode() for begin, end in zip(offsets, offsets[1:])]

    users, titles = texts("users.ids"), texts("titles.ids")
    offsets = memoryview((dataset / "interactions.offsets").read_bytes()).cast("Q")
    columns = [memoryview((dataset / f"interactions.{name}").read_bytes()).cast(kind)
               for name, kind in (("titles", "I"), ("times", "q"), ("events", "B"))]
    return sorted((users[user], titles[columns[0][i]], columns[1][i], columns[2][i])
                  for user in range(len(users)) for i in range(offsets[user], offsets[user + 1]))


class Client(threading.Thread):
    """Calls as long as it is not stopped; keeps what failed."""

    def __init__(self, server):
        super().__init__(daemon=True)
        self.server, self.failed, self.models, self.calls = server, [], set(), 0
        self.stopped = threading.Event()

    def run(self):
        while not self.stopped.is_set():
            try:
                status, answer, _ = self.server.call("POST", "/v1/recommend", {"history": ["t1", "t2"], "k": 5})
                self.calls += 1
                if status != 200:
                    self.failed.append((status, answer))
                else:
                    self.models.add(answer["model"])
            except OSError as error:
                self.failed.append(repr(error))


class Nightly(serving.Case):
    def tell(self, server, user, title, at, event="play", **more):
        self.answer(server, "POST", "/v1/events", {"event_id": f"{user}-{title}-{at}-{event}", "user_id": user,
                                                   "title_id": title, "timestamp": at, "event": event, **more})

    def test_a_store_becomes_a_dataset_and_comes_to_one(self):
        server = self.server()
        self.tell(server, "ann", "t3", 1_600_000_000)
        self.tell(server, "ann", "t4", 1_600_000_100, "rating", value=4.5)
        self.tell(server, "bo, \"b\"", "t5", 1_600_000_200, "dislike")
        self.tell(server, "shy", "t5", 1_600_000_300)
        self.answer(server, "PUT", "/v1/users/shy/profile", {"profile": "none"})
        self.answer(server, "PUT", "/v1/titles/new-1", {"name": "Brand New", "year": 2024, "genres": ["Comedy"]})
        self.answer(server, "DELETE", "/v1/titles/t7")
        titles = ("--titles", m.raw() / "titles.csv")
        # While the server runs.
        result = self.ok("ingest", "--state", server.state, *titles, "--out", self.dir / "alone")
        self.assertIn("3 events of 2 members", result.err)
        self.assertIn("who chose to have no profile: 1", result.err)
        self.assertEqual(events_of(self.dir / "alone"),
                         [("ann", "t3", 1_600_000_000, 0), ("ann", "t4", 1_600_000_100, 2),
                          ("bo, \"b\"", "t5", 1_600_000_200, 4)])
        self.is_intact(self.dir / "alone")
        catalogue = (self.dir / "alone" / "titles.names.bytes").read_bytes()
        self.assertIn(b"Brand New", catalogue)
        # Twice the same night adds nothing; the next one adds what came.
        base = self.dir / "data"
        self.ok("ingest", "--interactions", m.raw() / "events.csv", *titles, "--out", base)
        before = events_of(base)
        grow = ("ingest", "--append", base, "--state", server.state, "--out", base, "--overwrite")
        self.assertIn("3 of them new", self.ok(*grow).err)
        self.assertIn("0 of them new", self.ok(*grow).err)
        self.tell(server, "ann", "t3", 1_600_000_000, "like")
        self.tell(server, "ann", "new-1", 1_599_999_999)
        self.assertIn("2 of them new", self.ok(*grow).err)
        mine = [("ann", "new-1", 1_599_999_999, 0), ("ann", "t3", 1_600_000_000, 0), ("ann", "t3", 1_600_000_000, 3),
                ("ann", "t4", 1_600_000_100, 2), ("bo, \"b\"", "t5", 1_600_000_200, 4)]
        self.assertEqual(events_of(base), sorted(before + mine))
        # A withdrawn title stays in the dataset and is not available.
        at = (base / "titles.ids.bytes").read_bytes()
        self.assertIn(b"t7", at)
        ids = memoryview((base / "titles.ids.offsets").read_bytes()).cast("Q")
        until = memoryview((base / "titles.available_until").read_bytes()).cast("q")
        names = [at[begin:end].decode() for begin, end in zip(ids, ids[1:])]
        self.assertEqual([names[i] for i in range(1, len(names)) if until[i] == 0], ["t7"])

    def test_what_is_no_store_is_refused(self):
        self.refused(2, "there is no store", "ingest", "--state", self.dir, "--out", self.dir / "data")
        (self.dir / "history.db").write_bytes(b"no database at all, and long enough to have a header of its own" * 9)
        result = self.sane(m.run("ingest", "--state", self.dir, "--out", self.dir / "data"))
        self.assertNotEqual(result.rc, 0)
        self.assertIn("history.db", result.err)
        self.assertFalse((self.dir / "data").exists())
        self.refused(2, "one of --movielens", "ingest", "--state", self.dir, "--interactions", m.raw() / "events.csv",
                     "--out", self.dir / "data")

    @unittest.skipUnless(redis_server.PROGRAM, "there is no Redis (redis-tools)")
    def test_histories_in_redis_as_well(self):
        redis = redis_server.Redis(self.dir)
        self.addCleanup(redis.stop)
        server = self.server("--redis", redis.address, environment=redis.environment)
        for n in range(300):
            self.tell(server, f"m{n % 40}", f"t{1 + n % 70}", 1_600_000_000 + n)
        done = subprocess.run([m.PROGRAM, "ingest", "--redis", redis.address, "--titles", m.raw() / "titles.csv", "--out",
                               self.dir / "data"], env=m.environment() | redis.environment, capture_output=True, text=True)
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertEqual([row[:3] for row in events_of(self.dir / "data")],
                         sorted((f"m{n % 40}", f"t{1 + n % 70}", 1_600_000_000 + n) for n in range(300)))

    def nightly(self, work, *more):
        words = [word for each in SMALL for word in ("--set", each)]
        return subprocess.run([ROOT / "scripts/nightly", "--work", work, "--config", ROOT / "configs/two_tower.yaml",
                               "--epochs", "1", *map(str, words), *map(str, more)], capture_output=True, text=True,
                              env=m.environment() | {"MARQUEE": str(m.PROGRAM)})

    def gate(self, margin):
        """Of a metric in which two bundles are never certainly level on so few members."""
        path = self.dir / f"gate-{margin}.yaml"
        path.write_text(f"gate: {{certainty: not_worse}}\nmetrics: {{full_rank.recall@20: {margin}}}\n")
        return path

    @unittest.skipUnless(shutil.which("openssl"), "there is no openssl")
    def test_a_night_beside_a_server_under_load(self):
        work = self.dir / "work"
        self.ok("ingest", "--interactions", m.raw() / "events.csv", "--titles", m.raw() / "titles.csv", "--split",
                "temporal", "--out", work / "dataset")
        key = self.dir / "key.pem"
        subprocess.run(["openssl", "genpkey", "-algorithm", "ed25519", "-out", key], check=True, capture_output=True)
        subprocess.run(["openssl", "pkey", "-in", key, "-pubout", "-out", self.dir / "key.pub"], check=True)
        first = self.nightly(work, "--interactions", self.written("none.csv", []), "--key", key)
        self.assertEqual(first.returncode, 0, first.stderr)
        server = self.server("--watch", "--trusted-keys", self.dir / "key.pub", bundle=work / "current")
        name = self.answer(server, "GET", "/v1/model")["version"]
        client = Client(server)
        client.start()
        try:
            for n in range(60):
                self.tell(server, f"new{n % 6}", f"t{1 + n % 30}", 1_700_000_000 + n)
            self.answer(server, "PUT", "/v1/titles/new-1", {"name": "Brand New", "genres": ["Comedy"]})
            second = self.nightly(work, "--state", server.state, "--key", key, "--refit", "--gate", self.gate(9))
            self.assertEqual(second.returncode, 0, second.stderr + second.stdout)
            self.assertIn("starting from", second.stderr)
            self.assertIn("the gate is open", second.stdout)
            m.wait_until(lambda: self.answer(server, "GET", "/v1/model")["version"] != name)
            calls = client.calls
            m.wait_until(lambda: client.calls > calls + 20)
        finally:
            client.stopped.set()
            client.join()
        self.assertEqual(client.failed, [])
        self.assertEqual(len(client.models), 2)
        # What was put by the API has a vector of its own now, and its events count.
        self.assertIn("new-1,", (work / "current" / "titles.csv").read_text())
        facts = m.manifest_of(work / "dataset")["facts"]
        self.assertEqual(facts["store"]["new_events"], 60)
        self.assertEqual(len(list((work / "bundles").iterdir())), 2)
        # A night whose bundle may be worse changes nothing that serves.
        serving_now = (work / "current").resolve()
        third = self.nightly(work, "--state", server.state, "--key", key, "--gate", self.gate(0), "--set",
                             "train.learning_rate=0.3", "--set", "train.warmup_steps=0")
        self.assertEqual(third.returncode, 2, third.stderr + third.stdout)
        self.assertIn("the bundle that serves stays", third.stderr)
        self.assertEqual((work / "current").resolve(), serving_now)
        self.assertFalse((work / "run.next").exists())

    def written(self, name, rows):
        path = self.dir / name
        with open(path, "w", newline="") as file:
            csv.writer(file).writerows([["user_id", "title_id", "timestamp", "event", "value"], *rows])
        return path

    def test_a_gate_says_what_is_worse(self):
        good, bad = m.bundle("attention"), m.bundle("popularity")
        (self.dir / "gate.yaml").write_text("gate: {least_in_slice: 20}\nmetrics: {full_rank.ndcg@10: 0.05}\n"
                                            "slices: {history_length: 0.05}\n")
        better = self.ok("evaluate", "--bundle", good, bad, "--data", m.dataset(), "--out", self.dir / "better", "--gate",
                         self.dir / "gate.yaml", "--set", "gate.certainty=worse")
        self.assertIn("the gate is open", better.out)
        worse = self.sane(m.run("evaluate", "--bundle", bad, good, "--data", m.dataset(), "--out", self.dir / "worse",
                                "--gate", self.dir / "gate.yaml", "--set", "gate.certainty=not_worse"))
        self.assertEqual(worse.rc, 2, str(worse))
        self.assertIn("the gate is closed", worse.out)
        report = json.loads((self.dir / "worse/report.json").read_text())
        self.assertFalse(report["gate"]["open"])
        self.assertTrue(any("the gate is closed" in each for each in report["warnings"]))
        page = (self.dir / "worse/report.html").read_text()
        self.assertIn("The gate is closed by ", page)
        for finding in report["gate"]["findings"]:
            self.assertIn(f"<th scope=\"row\">{finding['what']}</th>", page)
        self.assertIn("The gate is open.", (self.dir / "better/report.html").read_text())
        for bundles, text, needle in (((good,), "metrics: {full_rank.ndcg@10: 0}\n", "first of two bundles"),
                                      ((good, bad), "metrics: {full_rank.ndgc@10: 0}\n", "no such metric"),
                                      ((good, bad), "slices: {age: 0}\n", "no such slices"),
                                      ((good, bad), "metrics: {rating.rmse: 0}\n", "not measured of both"),
                                      ((good, bad), "gate: {certainty: worse}\n", "name at least one metric")):
            (self.dir / "gate.yaml").write_text(text)
            self.refused(2, needle, "evaluate", "--bundle", *bundles, "--data", m.dataset(), "--out", self.dir / "r",
                         "--gate", self.dir / "gate.yaml")


if __name__ == "__main__":
    m.main()
