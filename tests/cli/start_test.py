"""How the program starts: without LibTorch where it needs no tensor, as one process, and what it says where the
program with LibTorch is missing."""

import os
import shutil
import signal
import subprocess
import unittest

import marquee as m


def libraries(program):
    return subprocess.run(["ldd", str(program)], check=True, capture_output=True, text=True).stdout


@unittest.skipUnless((m.PROGRAM.parent / "CMakeCache.txt").exists(), "the program is not one of a build folder")
class Start(m.Case):
    def test_nothing_of_libtorch_is_loaded_for_help(self):
        self.assertNotIn("torch", libraries(m.PROGRAM))
        self.assertIn("torch", libraries(m.PROGRAM.parent / "marquee-tensors"))

    def alone(self):
        program = self.dir / "alone/marquee"
        program.parent.mkdir()
        shutil.copy2(m.PROGRAM, program)
        return program

    def test_what_needs_no_tensor_needs_no_other_program(self):
        program = self.alone()
        for words in (["--version"], ["train", "--help"], ["completion", "bash"], ["inspect", m.dataset()],
                      ["ingest", "--interactions", m.raw() / "events.csv", "--titles", m.raw() / "titles.csv", "--out",
                       self.dir / "data"]):
            done = subprocess.run([str(program), *map(str, words)], capture_output=True, text=True, check=False)
            self.assertEqual(done.returncode, 0, done.stderr)

    def test_command_lines_are_refused_without_it(self):
        program = self.alone()
        config = m.SOURCE / "configs/two_tower.yaml"
        train = ["train", "--data", "x", "--out", "y"]
        for words, needle in ((["train", "--data", "x"], "--out is required"),
                              (train, "train needs --config"),
                              ([*train, "--config", config, "--set", "model.dmi=3"], "model.dmi"),
                              ([*train, "--config", config, "--refit", "z"], "--refit"),
                              (["recommend", "--bundle", "x"], "recommend needs one of"),
                              (["export", "--out", "x"], "export needs --run"),
                              (["export", "--out", "x", "--format", "triton"], "needs --bundle")):
            refused = subprocess.run([str(program), *map(str, words)], capture_output=True, text=True, check=False)
            self.assertEqual(refused.returncode, 2, refused.stderr)
            self.assertIn(needle, refused.stderr)

    def test_a_missing_program_is_named(self):
        done = subprocess.run([str(self.alone()), "doctor"], capture_output=True, text=True, check=False)
        self.assertEqual(done.returncode, 1, done.stderr)
        self.assertIn("marquee-tensors", done.stderr)
        self.assertIn("build or install marquee again", done.stderr)

    def test_a_link_finds_it(self):
        link = self.dir / "marquee"
        link.symlink_to(m.PROGRAM)
        done = subprocess.run([str(link), "doctor"], capture_output=True, text=True, check=False)
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertIn("LibTorch", done.stdout)

    def test_it_stays_one_process_with_memory_settings_where_they_help(self):
        config = self.dir / "c.yaml"
        config.write_text("model: {dim: 8}\ntrain: {epochs: 10000, patience: 0}\n")
        process = m.start("train", "--config", config, "--data", m.dataset(), "--out", self.dir / "run")
        m.wait_until(lambda: (self.dir / "run/manifest.json").exists(), process)
        self.assertTrue(os.readlink(f"/proc/{process.pid}/exe").endswith("marquee-tensors"))
        with open(f"/proc/{process.pid}/environ", "rb") as file:
            self.assertIn(b"MALLOC_CONF=dirty_decay_ms:-1", file.read())
        process.send_signal(signal.SIGINT)
        self.assertEqual(m.finish(process).rc, 1)


if __name__ == "__main__":
    m.main()
