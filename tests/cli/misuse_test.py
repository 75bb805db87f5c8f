"""Wrong combinations, two processes at once, folders that cannot be written, full disks, and
unusual data."""

import json
import os
import pathlib
import shutil
import subprocess
import unittest

import marquee as m


class Resume(m.Case):
    def setUp(self):
        super().setUp()
        self.run = self.dir / "run"
        self.config = m.write_config(self.dir / "c.yaml", {"train.epochs": 400,
                                                           "train.checkpoint_every_steps": 5})
        process = m.start(*self.words())
        self.assertTrue(m.wait_until(lambda: list((self.run / "checkpoints").glob("step-*")), process))
        process.terminate()
        self.assertEqual(m.finish(process).rc, 1)

    def words(self, *more):
        return ["train", "--config", self.config, "--data", m.dataset(), "--out", self.run, *more]

    def test_another_configuration_is_named_key_by_key(self):
        self.refused(2, ["another configuration", "train.epochs: 400 became 401",
                         "train.seed: 1 became 2", str(self.run), "new --out"],
                     *self.words("--resume", "--set", "train.epochs=401", "--set", "train.seed=2"))

    def test_another_shape_of_configuration_names_the_right_keys(self):
        self.config = m.write_config(self.dir / "mean.yaml", m.MEAN, {
            "train.epochs": 400, "train.checkpoint_every_steps": 5})
        result = self.refused(2, ["another configuration",
                                  "model.history.encoder: attention became mean",
                                  "model.history.blocks: 1"], *self.words("--resume"))
        for innocent in ("dropout", "signal", "epochs"):
            self.assertNotIn(innocent, result.err, f"{innocent!r} did not change:\n{result}")

    def test_another_dataset(self):
        events = m.write_events(self.dir / "events.csv", seed=2)
        other = self.dir / "other"
        self.ok("ingest", "--interactions", events, "--titles", m.raw() / "titles.csv", "--out", other)
        words = [other if w == m.dataset() else w for w in self.words("--resume")]
        result = self.refused(3, ["another dataset", "tiny", "new --out"], *words)
        self.assertIn(str(self.run), result.err)

    def test_what_is_no_run(self):
        for folder, rc, needle in ((m.dataset(), 3, "is a dataset, not a run"),
                                   (m.raw(), 3, "not an artefact")):
            words = ["train", "--config", self.config, "--data", m.dataset(), "--out", folder,
                     "--resume"]
            self.refused(rc, needle, *words, leaves=folder)

    def test_an_unfinished_run_is_not_exported(self):
        self.refused(3, ["not finished", "--resume"], "export", "--run", self.run, "--out",
                     self.dir / "bundle")

    def test_no_resume_and_no_overwrite(self):
        self.refused(2, ["exists already", "--resume", "--overwrite"], *self.words())


class Two(m.Case):
    """Two processes at once."""

    def begun(self, out):
        config = m.write_config(self.dir / "long.yaml", {"train.epochs": 2000})
        words = ["train", "--config", config, "--data", m.dataset(), "--out", out]
        process = m.start(*words)
        self.addCleanup(process.communicate)
        self.addCleanup(process.kill)
        self.assertTrue(m.wait_until(lambda: (out / ".lock").exists(), process))
        return process, words

    def test_a_training_run_belongs_to_one_process(self):
        out = self.dir / "run"
        process, words = self.begun(out)
        config = (out / "config.yaml").read_bytes()
        for more in (["--resume"], ["--overwrite"], ["--resume", "--overwrite"]):
            with self.subTest(more):
                result = self.sane(m.run(*words, *more, timeout=60))
                self.assertEqual(result.rc, 2, str(result))
                self.says(result, "another process is writing", str(out))
                self.assertIsNone(process.poll(), "the first one was disturbed")
                self.assertTrue((out / ".lock").exists())
        result = self.sane(m.run(*words))
        self.assertEqual(result.rc, 2, str(result))
        self.says(result, "exists already")
        process.terminate()
        self.assertEqual(m.finish(process).rc, 1)
        self.is_intact(out)
        self.assertEqual((out / "config.yaml").read_bytes(), config)

    def race(self, words, rounds=3, count=3):
        for number in range(rounds):
            folder = self.dir / f"round-{number}"
            folder.mkdir()
            out = folder / "out"
            results = [m.finish(p) for p in [m.start(*words, "--out", out) for _ in range(count)]]
            codes = sorted(self.sane(r).rc for r in results)
            self.assertEqual(codes, [0] + [2] * (count - 1), "\n".join(map(str, results)))
            for result in results:
                if result.rc == 2:
                    self.assertRegex(result.err, "another process is writing|exists already")
            self.is_intact(out)
            self.assertEqual(os.listdir(folder), ["out"])

    def test_ingests(self):
        self.race(["ingest", "--interactions", m.raw() / "events.csv"])

    def test_trainings(self):
        self.race(["train", "--config", m.config(), "--data", m.dataset()], rounds=2)

    def test_exports(self):
        self.race(["export", "--run", m.trained()], rounds=2)

    def test_a_folder_that_appears_meanwhile_is_not_replaced(self):
        """Both see that there is no folder, and one ends before the other begins to write."""
        out = self.dir / "out"
        words = ["ingest", "--interactions", m.raw() / "events.csv", "--out", out]
        for _ in range(6):
            processes = [m.start(*words) for _ in range(2)]
            codes = sorted(m.finish(p).rc for p in processes)
            self.assertEqual(codes, [0, 2])
            shutil.rmtree(out)


def in_namespace(script):
    """Words that run a command after `script` with mounts of its own; skips if not allowed."""
    words = ["unshare", "-m", "--propagation", "private", "sh", "-c", script + ' && exec "$@"', "sh"]
    try:
        done = subprocess.run([*words, "true"], capture_output=True, timeout=60)
    except (OSError, subprocess.TimeoutExpired) as e:
        raise unittest.SkipTest(f"needs root and unshare -m to mount a disk of its own: {e}")
    if done.returncode != 0:
        raise unittest.SkipTest("needs root and unshare -m to mount a disk of its own: "
                                + done.stderr.decode(errors="replace").strip())
    return words


def writers():
    """Each command that writes, without --out, and the tmpfs (KiB) that is too small for it."""
    return {
        "synth": (["synth", "--users", 3000, "--titles", 500, "--interactions", 30_000], 200),
        "ingest": (["ingest", "--interactions", m.raw() / "events.csv", "--titles",
                    m.raw() / "titles.csv"], 60),
        "train": (["train", "--config", m.config(), "--data", m.dataset()], 60),
        "train popularity": (["train", "--config", m.config("popularity"), "--data", m.dataset()], 8),
        "export": (["export", "--run", m.trained()], 20),
        "evaluate": (["evaluate", "--bundle", m.bundle(), "--data", m.dataset()], 40),
    }


class Disk(m.Case):
    def mounted(self, options):
        (self.dir / "disk").mkdir(exist_ok=True)
        return in_namespace(f"mount -t tmpfs -o {options} tmpfs '{self.dir}/disk'")

    def test_a_full_disk(self):
        for name, (words, kilobytes) in writers().items():
            for size in (kilobytes // 4 or 4, kilobytes // 2, kilobytes):
                with self.subTest(command=name, kilobytes=size):
                    out = self.dir / "disk" / "out"
                    before = [*self.mounted(f"size={size}k"), "sh", "-c",
                              f"\"$@\"; rc=$?; ls -A '{self.dir}/disk' >&3; exit $rc", "sh"]
                    result, left = self.run_listing(before, *words, "--out", out)
                    self.sane(result)
                    self.assertEqual(result.rc, 1, str(result))
                    self.says(result, "No space left on device", str(self.dir / "disk"))
                    # A run stays: it can be resumed from its last checkpoint.
                    expected = (["out"], []) if name.startswith("train") else ([],)
                    self.assertIn(left, expected, f"left behind by\n{result}")

    def run_listing(self, before, *words):
        """Runs, and reads what the shell around it writes to descriptor 3."""
        reader, writer = os.pipe()
        try:
            process = subprocess.Popen(
                ["sh", "-c", f"exec 3>&{writer}; exec \"$@\"", "sh", *before, str(m.PROGRAM),
                 *map(str, words)],
                stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
                pass_fds=[writer], env=m.environment())
            result = m.finish(process)
        finally:
            os.close(writer)
            left = os.fdopen(reader).read().split()
        return m.Result(words, result.rc, result.out, result.err), left

    def test_a_full_disk_while_training_can_be_resumed(self):
        """There is space for some checkpoints, not for all; then there is more."""
        disk = self.dir / "disk"
        disk.mkdir()
        config = m.write_config(self.dir / "c.yaml", {"train.checkpoint_every_steps": 4,
                                                      "train.keep_checkpoints": 50})
        reference = self.dir / "reference"
        words = ["train", "--config", config, "--data", m.dataset()]
        self.ok(*words, "--out", reference, threads=1)
        script = (f"P='{m.PROGRAM}'; D='{disk}'; export MARQUEE_THREADS=1; "
                  f"\"$P\" \"$@\" --out $D/run; first=$?; mount -o remount,size=20m $D || exit 90; "
                  f"\"$P\" \"$@\" --out $D/run --resume || exit 91; cp -r $D/run '{self.dir}/copy'; "
                  f"exit $first")
        done = subprocess.run([*self.mounted("size=700k"), "sh", "-c", script, "sh", *map(str, words)],
                              capture_output=True, timeout=m.TIMEOUT, env=m.environment())
        result = self.sane(m.Result(words, done.returncode, m.text_of(done.stdout),
                                    m.text_of(done.stderr)))
        self.assertEqual(result.rc, 1, str(result))
        self.says(result, "No space left", "going on from step")
        self.assertEqual(m.sha256(self.dir / "copy" / "best" / "model.safetensors"),
                         m.sha256(reference / "best" / "model.safetensors"))

    def test_a_read_only_folder(self):
        for name, (words, _) in writers().items():
            with self.subTest(name):
                before = self.mounted("ro,size=1m")
                for out in (self.dir / "disk" / "out", self.dir / "disk" / "a" / "b"):
                    result = self.sane(m.run(*words, "--out", out, before=before))
                    self.assertEqual(result.rc, 1, str(result))
                    self.says(result, "read-only file system", str(self.dir / "disk"))

    def test_a_parent_that_is_a_file(self):
        (self.dir / "file").write_text("")
        for name, (words, _) in writers().items():
            with self.subTest(name):
                result = self.sane(m.run(*words, "--out", self.dir / "file" / "out"))
                self.assertIn(result.rc, (1, 2), str(result))
                self.says(result, str(self.dir / "file"), "not a directory")

    def test_reports_and_requests_on_a_read_only_disk_still_work(self):
        """Reading needs no place to write."""
        disk = self.dir / "disk"
        disk.mkdir()
        before = in_namespace(f"mount --bind '{m.bundle()}' '{disk}' && "
                              f"mount -o remount,ro,bind '{disk}'")
        result = self.sane(m.run("recommend", "--bundle", disk, "--history", "t1", "--json",
                                 before=before))
        self.assertEqual(result.rc, 0, str(result))


class Inputs(m.Case):
    def ingest(self, events, *more, titles=None):
        if isinstance(events, str):
            (self.dir / "events.csv").write_text(events, encoding="utf-8")
            events = self.dir / "events.csv"
        words = ["ingest", "--interactions", events, "--out", self.dir / "data", *more]
        return words + (["--titles", titles] if titles else [])

    def test_no_input_and_two_inputs(self):
        self.refused(2, ["--movielens", "--interactions"], "ingest", "--out", self.dir / "d")
        self.refused(2, ["--movielens", "--interactions"], "ingest", "--out", self.dir / "d",
                     "--interactions", "x", "--movielens", "y")
        for words in (["--interactions", self.dir / "nope.csv"], ["--movielens", self.dir / "nope"],
                      ["--interactions", m.raw() / "events.csv", "--titles", self.dir / "nope.csv"],
                      ["--interactions", m.raw() / "events.csv", "--users", self.dir / "nope.csv"]):
            with self.subTest(words[-2]):
                self.refused(2, "nope", "ingest", "--out", self.dir / "d", *words)
        self.refused(2, str(self.dir), "ingest", "--out", self.dir / "d", "--interactions", self.dir)
        self.refused(2, ["--split", "leave-one-out, temporal, random, strong or given"], "ingest",
                     "--interactions", m.raw() / "events.csv", "--out", self.dir / "d", "--split",
                     "half")

    def test_every_bad_row_is_reported(self):
        (self.dir / "e.csv").write_text(
            "user_id,title_id,timestamp,event,value\nu1,t1,100,,4\n,t2,100,,4\nu1,t3,yesterday,,\n"
            "u1,t4,100,watched,\nu1,t5,100,play,7\nu1,t6,100,rating,nan\n")
        self.refused(2, ["e.csv:3", "e.csv:4", "e.csv:5", "e.csv:6", "e.csv:7", "yesterday", "watched",
                         "5 problems", "nothing was written"], *self.ingest(self.dir / "e.csv"))

    def test_empty_files(self):
        for name, text in (("nothing", ""), ("header", "user_id,title_id,timestamp\n"),
                           ("no-title", "user_id,timestamp\nu1,3\n")):
            (self.dir / f"{name}.csv").write_text(text)
            with self.subTest(name):
                self.refused(2, f"{name}.csv", *self.ingest(self.dir / f"{name}.csv"))

    def through(self, data, sets=(), evaluates=True, kinds=("attention", "popularity")):
        """The whole pipeline on an unusual dataset."""
        for kind in kinds:
            with self.subTest(kind):
                run, bundle = self.dir / f"run-{kind}", self.dir / f"bundle-{kind}"
                self.train(run, *(sets if kind != "popularity" else ()), kind=kind, data=data)
                self.ok("inspect", run)
                self.ok("export", "--run", run, "--out", bundle)
                answer = self.ok("recommend", "--bundle", bundle, "--history", "t1", "--json")
                self.assertEqual(len(answer.lines()), 1)
                self.ok("recommend", "--bundle", bundle, "--history", "")
                self.ok("similar", "--bundle", bundle, "--title", "t1", "--json")
                words = ["evaluate", "--bundle", bundle, "--data", data, "--out",
                         self.dir / f"report-{kind}"]
                if evaluates:
                    self.ok(*words)
                else:
                    self.refused(2, ["no test interactions", "split"], *words)
        self.ok("inspect", data)

    def test_one_user(self):
        events = "user_id,title_id,timestamp,value\n" + "".join(
            f"u1,t{i},{100 + i},{1 + i % 5}\n" for i in range(1, 30))
        self.ok(*self.ingest(events))
        self.through(self.dir / "data")

    def test_one_title(self):
        events = "user_id,title_id,timestamp,value\n" + "".join(
            f"u{i},t1,{100 + i},{1 + i % 5}\n" for i in range(1, 30))
        result = self.ok(*self.ingest(events))
        self.says(result, "no test interactions")
        self.through(self.dir / "data", evaluates=False)

    def test_one_title_many_times(self):
        events = "user_id,title_id,timestamp\n" + "".join(f"u1,t1,{i}\n" for i in range(1, 9))
        self.ok(*self.ingest(events))
        self.through(self.dir / "data", evaluates=False)

    def test_one_event(self):
        self.ok(*self.ingest("user_id,title_id,timestamp\nu1,t1,5\n"))
        self.through(self.dir / "data", evaluates=False, kinds=m.KINDS)

    def test_no_test_events(self):
        events = "user_id,title_id,timestamp\n" + "".join(
            f"u{i},t{j},{10 * i + j}\n" for i in range(20) for j in (1 + i % 7, 1 + (i + 3) % 7))
        result = self.ok(*self.ingest(events))
        self.says(result, "no test interactions")
        self.through(self.dir / "data", evaluates=False)

    def test_nothing_to_learn_from(self):
        events = "user_id,title_id,timestamp,split\n" + "".join(
            f"u{i},t{1 + i % 3},{i},{('test', 'valid')[i % 2]}\n" for i in range(8))
        result = self.ok(*self.ingest(events, "--split", "given"))
        self.says(result, "no interaction is for training")
        for kind in ("attention", "popularity"):
            with self.subTest(kind):
                self.refused(2, ["no train interactions", "--split"], "train", "--config", m.config(kind), "--data",
                             self.dir / "data", "--out", self.dir / f"run-{kind}")

    def test_all_ratings_equal(self):
        events = "user_id,title_id,timestamp,value\n" + "".join(
            f"u{i % 20},t{1 + (i * 7) % 31},{i},3\n" for i in range(400))
        self.ok(*self.ingest(events))
        self.through(self.dir / "data")

    def test_all_at_one_time(self):
        events = "user_id,title_id,timestamp\n" + "".join(
            f"u{i % 20},t{1 + (i * 7) % 31},1600000000\n" for i in range(400))
        self.ok(*self.ingest(events))
        self.through(self.dir / "data")

    def test_a_user_who_has_seen_everything(self):
        rows = [f"all,t{i},{i},4\n" for i in range(1, 41)]
        rows += [f"u{i % 9},t{1 + (i * 11) % 40},{i},3\n" for i in range(150)]
        self.ok(*self.ingest("user_id,title_id,timestamp,value\n" + "".join(rows)))
        self.through(self.dir / "data")
        answer = self.ok("recommend", "--bundle", self.dir / "bundle-attention", "--user", "all",
                         "--data", self.dir / "data", "--json").lines()[0]
        self.assertEqual(answer["items"], [])

    def test_a_history_of_one(self):
        """max_history 1: a window of two events."""
        self.through(m.dataset(), ("--set", "data.max_history=1"),
                     kinds=("attention", "sampled", "mean"))

    def test_a_batch_larger_than_the_data_and_of_one(self):
        for size in (1, 1_000_000):
            self.train(self.dir / f"run-{size}", "--set", f"train.batch_size={size}", "--set",
                       "train.epochs=1")

    def test_more_negatives_than_titles(self):
        self.train(self.dir / "run", "--set", "model.loss.uniform_negatives=5000", "--set",
                   "model.loss.in_batch_negatives=5000", kind="sampled")
        self.train(self.dir / "only", "--set", "model.loss.in_batch_negatives=0", kind="sampled")

    def test_titles_without_interactions(self):
        titles = m.write_titles(self.dir / "titles.csv", titles=200)
        self.ok(*self.ingest(m.raw() / "events.csv", titles=titles))
        facts = m.manifest_of(self.dir / "data")["facts"]
        self.assertEqual((facts["titles"], facts["titles_only_in_interactions"]), (200, 0))
        self.assertEqual(facts["titles_without_interactions"], 120)
        self.through(self.dir / "data")
        answer = self.ok("recommend", "--bundle", self.dir / "bundle-attention", "--history", "t150",
                         "-k", 1000, "--json").lines()[0]
        self.assertEqual(len(answer["items"]), 199)

    def test_titles_that_no_titles_file_knows(self):
        titles = m.write_titles(self.dir / "titles.csv", titles=50)
        self.ok(*self.ingest(m.raw() / "events.csv", titles=titles))
        facts = m.manifest_of(self.dir / "data")["facts"]
        self.assertEqual((facts["titles"], facts["titles_only_in_interactions"]), (80, 30))
        self.through(self.dir / "data")

    def test_a_titles_file_of_other_titles(self):
        titles = m.write_titles(self.dir / "titles.csv", titles=40, first=1000)
        result = self.ok(*self.ingest(m.raw() / "events.csv", titles=titles))
        facts = m.manifest_of(self.dir / "data")["facts"]
        self.assertEqual((facts["titles"], facts["titles_without_interactions"],
                          facts["titles_only_in_interactions"]), (120, 40, 80))
        self.says(result, "titles")  # no title was joined: that needs a warning
        self.assertRegex(result.err, r"(?m)^W .*titles file")

    def test_a_bundle_and_a_dataset_of_other_titles(self):
        events = m.write_events(self.dir / "events.csv", shift=1000)
        self.ok("ingest", "--interactions", events, "--out", self.dir / "data")
        result = self.sane(m.run("evaluate", "--bundle", m.bundle(), "--data", self.dir / "data",
                                 "--out", self.dir / "report"))
        self.assertEqual(result.rc, 3, str(result))
        self.assertFalse((self.dir / "report").exists())

    def test_kinds_mixed_up(self):
        out = ["--out", self.dir / "out"]
        self.refused(3, ["is a bundle, not a dataset", "marquee ingest"], "train", "--config",
                     m.config(), "--data", m.bundle(), *out)
        self.refused(3, ["is a dataset, not a run", "marquee train"], "export", "--run", m.dataset(),
                     *out)
        self.refused(3, ["is a run, not a bundle", "marquee export"], "evaluate", "--bundle",
                     m.trained(), "--data", m.dataset(), *out)
        self.refused(3, ["is a dataset, not a bundle"], "recommend", "--bundle", m.dataset(),
                     "--history", "t1")
        for words in (["export", "--run", self.dir / "nope", *out],
                      ["evaluate", "--bundle", self.dir / "nope", "--data", m.dataset(), *out],
                      ["train", "--config", m.config(), "--data", self.dir / "nope", *out],
                      ["similar", "--bundle", self.dir / "nope", "--title", "t1"]):
            self.refused(2, ["there is no", "nope"], *words)

    def test_bundles_named_twice_and_bad_candidates(self):
        words = ["evaluate", "--data", m.dataset(), "--out", self.dir / "out", "--bundle"]
        self.refused(2, "twice", *words, m.bundle(), m.bundle())
        candidates = self.dir / "candidates.csv"
        for text, needle in (("user_id,title_id\nnobody,t1\n", "candidates.csv"),
                             ("user,title\nu1,t1\n", "user_id"), ("", "candidates.csv")):
            candidates.write_text(text)
            with self.subTest(text):
                self.refused(2, needle, *words, m.bundle(), "--candidates", candidates)
        self.refused(2, "nope.csv", *words, m.bundle(), "--candidates", self.dir / "nope.csv")


if __name__ == "__main__":
    m.main()
