"""Training in several processes: what they learn is what one learns; who ends and who goes on. With
torchrun where MARQUEE_PYTHON names a Python with torch."""

import array
import json
import os
import random
import signal
import socket
import subprocess
import time
import unittest

import marquee as m

EXACT = ("model: {dim: 16, history: {blocks: 1, dropout: 0}, title: {id_dropout: 0}}\n"
         "train:\n  epochs: 1\n  batch_size: 16\n")
LONG = ("model: {dim: 16, history: {blocks: 1}}\n"
        "train: {epochs: 40, batch_size: 8, patience: 0, checkpoint_every_steps: 7}\n")


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def tensors(file):
    raw = file.read_bytes()
    size = int.from_bytes(raw[:8], "little")
    table = json.loads(raw[8:8 + size])
    values = {}
    for name, entry in table.items():
        if name == "__metadata__" or entry["dtype"] != "F32":
            continue
        begin, end = entry["data_offsets"]
        values[name] = array.array("f", raw[8 + size + begin:8 + size + end])
    return values


def listening_on(port):
    """The addresses, as in /proc/net/tcp, on which something listens at the port."""
    found = set()
    for table in ("/proc/net/tcp", "/proc/net/tcp6"):
        with open(table) as file:
            lines = file.read().splitlines()[1:]
        for line in lines:
            local, state = line.split()[1], line.split()[3]
            if state == "0A" and int(local.split(":")[1], 16) == port:
                found.add(local.split(":")[0])
    return found


class Ranks(m.Case):
    def words(self, text, out, *more):
        config = self.dir / "c.yaml"
        config.write_text(text)
        return [str(word) for word in ("train", "--config", config, "--data", m.dataset(), "--out",
                                       self.dir / out, *more)]

    @staticmethod
    def began(count, words, **variables):
        """`count` processes that know of each other."""
        port = str(free_port())
        return [subprocess.Popen([str(m.PROGRAM), *words], stdout=subprocess.PIPE, stderr=subprocess.PIPE,
                                 env={**m.environment(), "WORLD_SIZE": str(count), "RANK": str(rank),
                                      "MASTER_PORT": port, **variables}) for rank in range(count)]

    def ended(self, processes, rc=0):
        results = [m.finish(each) for each in processes]
        self.assertEqual([each.rc for each in results], [rc] * len(results), "\n".join(map(str, results)))
        return results

    def test_learn_what_one_process_learns(self):
        self.ok(*self.words(EXACT, "alone"))
        alone = tensors(self.dir / "alone/best/model.safetensors")
        for count in (2, 4):
            results = self.ended(self.began(count, self.words(EXACT, f"of{count}")))
            self.assertIn(f"in each of {count} processes", results[0].err)
            self.assertEqual([each.err for each in results[1:]], [""] * (count - 1), "only the first one speaks")
            together = tensors(self.dir / f"of{count}/best/model.safetensors")
            self.assertEqual(together.keys(), alone.keys())
            worst = max(abs(a - b) for name in alone for a, b in zip(alone[name], together[name]))
            self.assertLess(worst, 1e-5)
            self.assertGreater(max(map(abs, alone["titles.id_embedding"])), 0.01)
            records = [[json.loads(line) for line in (self.dir / run / "metrics.jsonl").read_text().splitlines()]
                       for run in ("alone", f"of{count}")]
            for one, other in zip(*records, strict=True):
                self.assertAlmostEqual(one.get("loss", 0), other.get("loss", 0), places=5)
                self.assertEqual(one.get("valid_ndcg@10"), other.get("valid_ndcg@10"))
        self.ok("export", "--run", self.dir / "of4", "--out", self.dir / "bundle")

    def test_one_that_is_killed_ends_all_and_resume_goes_on_with_another_number(self):
        draw = random.Random(1)
        processes = self.began(3, self.words(LONG, "run"))
        m.wait_until(lambda: list((self.dir / "run/checkpoints").glob("step-*")), processes[0])
        time.sleep(draw.uniform(0, 0.3))
        processes[draw.randrange(3)].kill()
        results = [m.finish(each) for each in processes]
        left = [each for each in results if each.rc != -signal.SIGKILL]
        self.assertEqual([each.rc for each in left], [1, 1], "\n".join(map(str, results)))
        for each in left:
            self.assertIn("another rank ended", each.err)
            self.assertIn("--resume", each.err)
        self.assertIn("going on from step", self.ended(self.began(2, self.words(LONG, "run", "--resume")))[0].err)
        self.assertIn("finished already", self.ended(self.began(2, self.words(LONG, "run", "--resume")))[0].err)
        self.ok("export", "--run", self.dir / "run", "--out", self.dir / "bundle")

    def test_interrupted_together_they_resume_bit_for_bit(self):
        self.ended(self.began(2, self.words(LONG, "whole")))
        processes = self.began(2, self.words(LONG, "run"))
        m.wait_until(lambda: list((self.dir / "run/checkpoints").glob("step-*")), processes[0])
        for each in processes:
            each.send_signal(signal.SIGINT)
        self.assertIn("--resume goes on", self.ended(processes, rc=1)[0].err)
        self.ended(self.began(2, self.words(LONG, "run", "--resume")))
        self.assertEqual(m.sha256(self.dir / "run/best/model.safetensors"),
                         m.sha256(self.dir / "whole/best/model.safetensors"))

    def test_nothing_listens_beyond_loopback_unless_told(self):
        port = free_port()
        first = self.began(1, self.words(EXACT, "run"), MASTER_PORT=str(port), WORLD_SIZE="2")[0]
        m.wait_until(lambda: listening_on(port), first)
        self.assertEqual(listening_on(port), {"0100007F"})
        first.kill()
        m.finish(first)

    def test_what_cannot_be_is_refused(self):
        def refused(needles, text=EXACT, **variables):
            process = subprocess.Popen([str(m.PROGRAM), *self.words(text, "none")], stdout=subprocess.PIPE,
                                       stderr=subprocess.PIPE, env={**m.environment(), **variables})
            result = m.finish(process)
            self.assertEqual(result.rc, 2, str(result))
            self.says(result, *needles)
            self.assertFalse((self.dir / "none").exists())

        refused(["WORLD_SIZE is 2", "RANK is not set", "torchrun"], WORLD_SIZE="2")
        refused(["RANK", '"2"', "0 to 1"], WORLD_SIZE="2", RANK="2")
        refused(["WORLD_SIZE", '"two"', "1 to"], WORLD_SIZE="two", RANK="0")
        refused(["MASTER_PORT", '"99999"'], WORLD_SIZE="2", RANK="0", MASTER_PORT="99999")
        with socket.socket() as taken:
            taken.bind(("127.0.0.1", 0))
            taken.listen()
            refused(["MASTER_PORT", "in use"], WORLD_SIZE="2", RANK="0", MASTER_PORT=str(taken.getsockname()[1]))
        for text, needle in (("model: {name: ials, dim: 4}\n", "ials is trained by one process"),
                             (EXACT + "  privacy: {epsilon: 4}\n", "train.privacy.epsilon is for one")):
            for result in self.ended(self.began(2, self.words(text, "none")), rc=2):
                self.says(result, needle)
        self.assertFalse((self.dir / "none").exists())

    def test_torchrun_starts_them_again(self):
        python = os.environ.get("MARQUEE_PYTHON")
        if not python or subprocess.run([python, "-c", "import torch.distributed.run"], check=False,
                                        capture_output=True).returncode != 0:
            self.skipTest("MARQUEE_PYTHON names no Python with torch")
        words = self.words(LONG, "run", "--resume")
        torchrun = subprocess.Popen(
            [python, "-m", "torch.distributed.run", "--no-python", "--nproc-per-node", "2", "--max-restarts", "2",
             "--master-port", str(free_port()), str(m.PROGRAM), *words],
            stdout=subprocess.PIPE, stderr=subprocess.PIPE, env=m.environment())
        m.wait_until(lambda: list((self.dir / "run/checkpoints").glob("step-*")), torchrun)
        children = subprocess.run(["pgrep", "-P", str(torchrun.pid)], check=True, capture_output=True, text=True)
        os.kill(int(children.stdout.split()[-1]), signal.SIGKILL)
        result = m.finish(torchrun)
        self.assertEqual(result.rc, 0, str(result))
        self.assertIn("going on from step", result.err)
        self.ok("export", "--run", self.dir / "run", "--out", self.dir / "bundle")


if __name__ == "__main__":
    m.main()
