"""A training that diverges stops, says where, and leaves no value that is not finite."""

import json
import math
import pathlib
import re
import struct
import unittest

import marquee as m


def tensors(file):
    """name → list of floats, of a safetensors file."""
    content = file.read_bytes()
    length, = struct.unpack_from("<Q", content)
    header = json.loads(content[8:8 + length])
    header.pop("__metadata__", None)
    found = {}
    for name, entry in header.items():
        begin, end = entry["data_offsets"]
        kind, size = {"F32": ("f", 4), "F64": ("d", 8), "I64": ("q", 8), "U8": ("B", 1),
                      "BOOL": ("?", 1)}[entry["dtype"]]
        assert math.prod(entry["shape"]) * size == end - begin, name
        found[name] = struct.unpack(f"<{(end - begin) // size}{kind}",
                                    content[8 + length + begin:8 + length + end])
    return found


# Each diverges: the loss overflows in the forward pass, or a gradient does.
WILD = {
    "huge steps": {"train.learning_rate": 10, "train.clip_norm": 0, "train.weight_decay": 10,
                   "train.warmup_steps": 0, "model.loss.temperature": 0.01, "train.epochs": 200},
    "huge steps, clipped": {"train.learning_rate": 10, "train.weight_decay": 10,
                            "train.warmup_steps": 0, "model.loss.temperature": 0.01,
                            "train.epochs": 200},
    "huge steps, mean": m.MEAN | {"train.learning_rate": 10, "train.clip_norm": 0,
                                  "train.weight_decay": 10, "train.warmup_steps": 0,
                                  "model.loss.temperature": 0.01, "train.epochs": 200},
    "huge steps, sampled": m.SAMPLED | {"train.learning_rate": 10, "train.clip_norm": 0,
                                        "train.weight_decay": 10, "train.warmup_steps": 0,
                                        "model.loss.temperature": 0.01, "train.epochs": 200},
}
# Weights overflow before any loss does: the losses are finite, the weights to be saved are not.
for encoder, keys in (("attention", {}), ("mean", m.MEAN)):
    for epochs in (2, 3, 4):
        WILD[f"weights first, {encoder}, {epochs} epochs"] = keys | {
            "train.learning_rate": 10, "train.weight_decay": 10, "train.clip_norm": 1e-3,
            "train.warmup_steps": 0, "train.final_learning_rate": 1, "train.epochs": epochs,
            "train.batch_size": 20, "model.loss.temperature": 100, "model.title.features": "false"}


class Numbers(m.Case):
    def all_finite(self, run):
        files = sorted(run.rglob("*.safetensors"))
        for file in files:
            for name, values in tensors(file).items():
                if not all(math.isfinite(v) for v in values):
                    self.fail(f"{file.relative_to(run)}: {name} holds a value that is not finite")
        return files

    def test_a_good_run_is_finite(self):
        self.assertTrue(self.all_finite(m.trained()))

    def test_a_loss_that_is_not_a_number_stops_the_run(self):
        stopped = 0
        users = {line.split(",")[0] for line in
                 (m.raw() / "events.csv").read_text().splitlines()[1:]}
        for name, keys in WILD.items():
            for every in (1, 7):
                with self.subTest(name, checkpoint_every_steps=every):
                    run = self.dir / f"{name}-{every}"
                    config = m.write_config(self.dir / "wild.yaml", keys, {
                        "train.checkpoint_every_steps": every, "train.log_every_steps": 5})
                    result = self.sane(m.run("train", "--config", config, "--data", m.dataset(),
                                             "--out", run))
                    self.all_finite(run)
                    if result.rc == 0:
                        self.ok("export", "--run", run, "--out", self.dir / f"bundle {name} {every}")
                        continue
                    stopped += 1
                    self.check_message(result, run, users)
        self.assertGreater(stopped, 0, "no configuration diverged: the test shows nothing")

    def check_message(self, result, run, users):
        self.assertEqual(result.rc, 1, str(result))
        self.says(result, "not a number at step", "its batch held the users", "train.learning_rate",
                  "last good checkpoint")
        named = set(re.findall(r'"(u\d+)"', result.err))
        self.assertTrue(named and named <= users, str(result))
        checkpoint = re.search(r"last good checkpoint: (.+?); lower", result.err).group(1)
        if checkpoint != "none yet":
            folder = pathlib.Path(checkpoint)
            self.is_intact(folder)
            self.assertEqual(folder, max((run / "checkpoints").glob("step-*")))
            step = int(re.search(r"at step (\d+)", result.err).group(1))
            self.assertLessEqual(int(folder.name[5:]), step)
        for line in (run / "metrics.jsonl").read_text().splitlines():
            json.loads(line, parse_constant=lambda text: self.fail(f"{text} in metrics.jsonl"))
        self.assertFalse(m.manifest_of(run)["facts"]["finished"])
        state = self.ok("inspect", run)
        self.assertIn("not finished", state.out)

    def test_wild_times_and_ratings_do_no_harm(self):
        """Times from 0 to the year 9999, ratings from the smallest to the largest."""
        events = "user_id,title_id,timestamp,value\n" + "".join(
            f"u{i % 12},t{1 + i % 23},{(0, 253402300799, 1, 1600000000)[i % 4]},"
            f"{('1e-30', '1e30', '5', '0.5')[i % 4]}\n" for i in range(600))
        (self.dir / "events.csv").write_text(events)
        result = self.sane(m.run("ingest", "--interactions", self.dir / "events.csv", "--out",
                                 self.dir / "data"))
        if result.rc == 2:
            self.says(result, "events.csv:", "value")
            return
        self.assertEqual(result.rc, 0, str(result))
        for kind in ("attention", "mean"):
            with self.subTest(kind):
                run = self.dir / f"run-{kind}"
                self.train(run, kind=kind, data=self.dir / "data")
                self.all_finite(run)
                self.ok("export", "--run", run, "--out", self.dir / f"bundle-{kind}")
                answer = self.ok("recommend", "--bundle", self.dir / f"bundle-{kind}", "--requests",
                                 "-", stdin='{"history":[{"title_id":"t1","timestamp":0}],'
                                 '"at":253402300799}').lines()[0]
                self.assertTrue(all(math.isfinite(i["score"]) for i in answer["items"]))


if __name__ == "__main__":
    m.main()
