"""Killed at any moment, a command leaves nothing half-written, the next one works, and a resumed
training ends bit for bit as one that was never stopped."""

import json
import os
import random
import shutil
import signal
import subprocess
import time
import unittest

import marquee as m

SEED = int(os.environ.get("MARQUEE_TEST_SEED") or time.time_ns() % 1_000_000)
STEPS = {"train.epochs": 5, "train.checkpoint_every_steps": 2}


def setUpModule():
    print(f"random times from MARQUEE_TEST_SEED={SEED}")


class Ended(m.Case):
    def setUp(self):
        super().setUp()
        self.draw = random.Random(f"{SEED} {self.id()}")

    def killed(self, *arguments, after=None, when=None, threads=None, with_signal=signal.SIGKILL):
        """Starts the command and sends the signal `after` seconds, or some time after `when()`."""
        process = m.start(*arguments, threads=threads)
        if when is not None:
            m.wait_until(when, process)
        if after:
            try:
                process.wait(after)
            except subprocess.TimeoutExpired:
                pass
        process.send_signal(with_signal)
        return m.finish(process)

    def duration(self, *arguments, **options):
        start = time.monotonic()
        self.ok(*arguments, **options)
        return time.monotonic() - start


class Writing(Ended):
    """Commands that write one folder and end."""

    def check(self, words, points=6, expected_of=lambda folder: m.listing(folder)):
        reference = self.dir / "reference"
        seconds = self.duration(*words, "--out", reference)
        expected = expected_of(reference)
        folder = self.dir / "killed"
        folder.mkdir()
        out = folder / "out"
        kills = 0
        for point in range(points):
            if point % 2:  # somewhere
                result = self.killed(*words, "--out", out, after=self.draw.uniform(0, seconds))
            else:  # while it writes
                result = self.killed(*words, "--out", out, after=self.draw.uniform(0, 0.02),
                                     when=lambda: (folder / ".out.tmp").exists())
            kills += result.rc == -signal.SIGKILL
            if out.exists():
                self.is_intact(out)
                shutil.rmtree(out)
        self.assertGreater(kills, 0, "never killed in time: the test shows nothing")
        self.ok(*words, "--out", out)
        self.assertEqual(expected_of(out), expected)
        self.assertEqual([p.name for p in folder.iterdir()], ["out"])

    def test_synth(self):
        self.check(["synth", "--users", 2000, "--titles", 500, "--interactions", 60_000])

    def test_ingest(self):
        events = m.write_events(self.dir / "events.csv", users=900, events=40_000)
        self.check(["ingest", "--interactions", events, "--titles", m.raw() / "titles.csv"])

    def test_export(self):
        def scores(bundle):
            titles = (bundle / "titles.bin").read_bytes()
            return titles, json.loads((bundle / "golden.json").read_text())[1]["answer"]["items"]

        self.check(["export", "--run", m.trained()], expected_of=scores)

    def test_evaluate(self):
        def metrics(report):
            return json.loads((report / "report.json").read_text())["bundles"]

        self.check(["evaluate", "--bundle", m.bundle(), "--data", m.dataset()], points=4,
                   expected_of=metrics)

    def test_a_replacement_is_the_old_or_the_new_folder(self):
        out = self.dir / "out"
        words = ["ingest", "--interactions", m.raw() / "events.csv", "--out", out]
        seconds = self.duration(*words, "--name", "first")
        for point in range(8):
            self.killed(*words, "--name", f"number {point}", "--overwrite",
                        after=self.draw.uniform(0.3, 1) * seconds)
            self.is_intact(out)
        self.ok(*words, "--name", "last", "--overwrite")
        self.assertEqual([p.name for p in self.dir.iterdir()], ["out"])

    def test_ctrl_c(self):
        """After SIGINT or SIGTERM a command leaves nothing, or ends as if there had been none."""
        events = m.write_events(self.dir / "events.csv", users=900, events=40_000)
        commands = {"ingest": ["ingest", "--interactions", events],
                    "synth": ["synth", "--users", 2000, "--titles", 500, "--interactions", 60_000],
                    "export": ["export", "--run", m.trained()],
                    "evaluate": ["evaluate", "--bundle", m.bundle(), "--data", m.dataset()]}
        for name, words in commands.items():
            for number in (signal.SIGINT, signal.SIGTERM):
                with self.subTest(command=name, signal=number.name):
                    folder = self.dir / f"{name}-{number.name}"
                    folder.mkdir()
                    result = self.sane(self.killed(
                        *words, "--out", folder / "out", with_signal=number,
                        when=lambda: any(folder.iterdir())))
                    left = sorted(p.name for p in folder.iterdir())
                    if result.rc == 0:
                        self.assertEqual(left, ["out"])
                        self.is_intact(folder / "out")
                    else:
                        self.assertEqual((result.rc, left), (1, []), str(result))
                        self.says(result, "interrupted")


class Training(Ended):
    def words(self, out, kind):
        changes = dict(m.KINDS[kind], **STEPS)
        config = m.write_config(self.dir / f"{kind}.yaml", changes)
        return ["train", "--config", config, "--data", m.dataset(), "--out", out]

    def reference(self, kind, threads):
        out = self.dir / f"reference-{kind}-{threads}"
        seconds = self.duration(*self.words(out, kind), threads=threads)
        return out, seconds

    def check_intact(self, run):
        """After a kill, everything in the run that has its final name is intact."""
        if not run.exists():
            return
        self.is_intact(run)
        if (run / "best").exists():
            self.is_intact(run / "best")
        if (run / "checkpoints").exists():
            for checkpoint in (run / "checkpoints").glob("step-*"):
                self.is_intact(checkpoint)

    def check_same(self, run, reference):
        self.assertEqual(m.sha256(run / "best" / "model.safetensors"),
                         m.sha256(reference / "best" / "model.safetensors"),
                         "the resumed run's weights differ from the uninterrupted run's")
        facts, expected = m.manifest_of(run)["facts"], m.manifest_of(reference)["facts"]
        facts.pop("seconds"), expected.pop("seconds")
        self.assertEqual(facts, expected)
        records = [[(r["step"], r.get("loss"), r.get("valid_ndcg@10")) for r in
                    map(json.loads, (folder / "metrics.jsonl").read_text().splitlines())]
                   for folder in (run, reference)]
        self.assertEqual(records[0], records[1], "metrics.jsonl")
        self.is_intact(run)
        self.assertEqual(sorted(p for p in m.listing(run) if "tensorboard" not in p),
                         sorted(p for p in m.listing(reference) if "tensorboard" not in p))

    def kill_and_resume(self, kind, threads, points, with_signals=(signal.SIGKILL,)):
        reference, seconds = self.reference(kind, threads)
        run = self.dir / "run"
        words = self.words(run, kind)
        kills = finished = 0
        attempts = 0
        while kills < points and attempts < 4 * points:
            attempts += 1
            number = with_signals[attempts % len(with_signals)]
            wait = self.draw.uniform(0, 0.25 * seconds)
            when = None
            if attempts % 3 == 0:  # while a checkpoint or the best weights are being written
                wait = self.draw.uniform(0, 0.01)
                seen = set(os.listdir(run / "checkpoints")) if (run / "checkpoints").is_dir() else set()
                when = lambda: (run / "checkpoints").is_dir() and set(
                    os.listdir(run / "checkpoints")) - seen
            else:
                when = lambda: (run / ".lock").exists()  # from here on it trains
            result = self.killed(*words, "--resume", after=wait, when=when, threads=threads,
                                 with_signal=number)
            if result.rc == 0:
                finished += 1
                self.check_same(run, reference)
                shutil.rmtree(run)
                continue
            kills += 1
            if number == signal.SIGKILL:
                self.assertEqual(result.rc, -signal.SIGKILL, str(result))
            else:
                self.sane(result)
                self.assertEqual(result.rc, 1, str(result))
                self.says(result, "interrupted at step", "--resume", str(run))
            self.check_intact(run)
            if run.exists():
                state = self.ok("inspect", run)
                self.assertIn("not finished", state.out)
                refused = self.sane(m.run("export", "--run", run, "--out", self.dir / "bundle"))
                self.assertEqual(refused.rc, 3, str(refused))
                self.says(refused, "not finished", "--resume")
        self.assertGreaterEqual(kills, points, "killed in time too seldom")
        last = self.ok(*words, "--resume", threads=threads)
        self.check_same(run, reference)
        self.assertEqual([p for p in m.hidden(self.dir)], [])
        self.ok("export", "--run", run, "--out", self.dir / "bundle")
        return last

    def test_sigkill_full_loss(self):
        self.kill_and_resume("attention", 1, 10)

    def test_sigkill_sampled_loss(self):
        self.kill_and_resume("sampled", 1, 10)

    def test_sigkill_two_threads(self):
        self.kill_and_resume("attention", 2, 3)

    def test_signals_full_loss(self):
        self.kill_and_resume("attention", 1, 4, (signal.SIGINT, signal.SIGTERM))

    def test_signals_sampled_loss(self):
        self.kill_and_resume("sampled", 1, 4, (signal.SIGINT, signal.SIGTERM))

    def stopped(self, run, kind="attention"):
        """A run that was killed after its fifth checkpoint."""
        words = self.words(run, kind)
        result = self.killed(*words, threads=1, when=lambda: any(
            p.name >= "step-0000000010" for p in (run / "checkpoints").glob("step-*")))
        self.assertEqual(result.rc, -signal.SIGKILL, "was done too soon")
        return words, sorted((run / "checkpoints").glob("step-*"))

    def test_a_damaged_newest_checkpoint_is_skipped(self):
        for kind in ("attention", "sampled"):
            reference, _ = self.reference(kind, 1)
            for file in ("model.safetensors", "optimizer.safetensors", "state.json", "manifest.json"):
                with self.subTest(loss=kind, file=file):
                    run = self.dir / f"{kind}-{file}"
                    words, checkpoints = self.stopped(run, kind)
                    damaged = checkpoints[-1] / file
                    content = bytearray(damaged.read_bytes())
                    content[len(content) // 2] ^= 0x10
                    damaged.write_bytes(content)
                    result = self.ok(*words, "--resume", threads=1)
                    self.says(result, "skipping a damaged checkpoint", str(checkpoints[-1]),
                              f"going on from step {int(checkpoints[-2].name[5:])}")
                    self.check_same(run, reference)

    def test_every_checkpoint_damaged_starts_again(self):
        reference, _ = self.reference("attention", 1)
        run = self.dir / "run"
        words, checkpoints = self.stopped(run)
        for checkpoint in checkpoints:
            (checkpoint / "model.safetensors").write_bytes(b"")
        result = self.ok(*words, "--resume", threads=1)
        self.says(result, *("skipping a damaged checkpoint" for _ in checkpoints))
        self.check_same(run, reference)

    def test_temporary_files_of_a_kill_do_no_harm(self):
        """What a kill during an atomic write can leave in a run."""
        reference, _ = self.reference("attention", 1)
        run = self.dir / "run"
        words, checkpoints = self.stopped(run)
        (run / ".manifest.json.tmp").write_text('{"kind": "ru')
        (run / ".metrics.jsonl.tmp").write_text('{"step": 1}\n{"st')
        with open(run / "metrics.jsonl", "a") as metrics:
            metrics.write('{"step":')
        (run / ".best.tmp").mkdir(exist_ok=True)
        (run / ".best.tmp" / "model.safetensors").write_bytes(b"half")
        (run / ".best.lock").touch()
        aside = run / "checkpoints" / ".step-0000000099.tmp"
        aside.mkdir()
        (aside / "model.safetensors").write_bytes(b"half")
        (run / "checkpoints" / ".step-0000000099.lock").touch()
        (run / "checkpoints" / ".step-0000000002.old").mkdir()
        (checkpoints[-1].parent / "step-0000000098").mkdir()  # its files never reached the disk
        self.ok(*words, "--resume", threads=1)
        self.ok("inspect", run)
        self.ok("export", "--run", run, "--out", self.dir / "bundle")
        self.assertEqual(m.sha256(run / "best" / "model.safetensors"),
                         m.sha256(reference / "best" / "model.safetensors"))
        self.assertEqual(m.hidden(run), [], "left from the kill")

    def test_resuming_what_is_finished_changes_nothing(self):
        run = self.dir / "run"
        words = self.words(run, "attention")
        self.ok(*words)
        before = m.listing(run)
        result = self.ok(*words, "--resume")
        self.says(result, "finished already")
        self.assertEqual(m.listing(run), before)

    def test_resuming_what_is_not_there_starts(self):
        run = self.dir / "run"
        self.ok(*self.words(run, "attention"), "--resume")
        self.is_intact(run)

    def test_a_second_signal_ends_at_once(self):
        run = self.dir / "run"
        process = m.start(*self.words(run, "attention"))
        self.assertTrue(m.wait_until(lambda: (run / ".lock").exists(), process))
        process.send_signal(signal.SIGTERM)
        process.send_signal(signal.SIGTERM)
        result = m.finish(process)
        self.assertIn(result.rc, (1, -signal.SIGTERM), str(result))
        self.check_intact(run)


if __name__ == "__main__":
    m.main()
