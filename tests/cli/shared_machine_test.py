"""A machine that is not the program's alone: quotas of processor time, waiting that lets others work,
and memory that is kept from step to step."""

import contextlib
import os
import pathlib
import re
import resource
import subprocess
import sys
import unittest

import marquee as m

WIDE = ("--set", "model.dim=256", "--set", "data.max_history=200", "--set", "train.batch_size=64")
JEMALLOC_DEFAULT = "thp:default"


def environment(**more):
    return {k: v for k, v in m.environment().items() if k != "MALLOC_CONF"} | more


@contextlib.contextmanager
def busy_processes(count):
    busy = [subprocess.Popen([sys.executable, "-c", "while True: pass"]) for _ in range(count)]
    try:
        yield
    finally:
        for process in busy:
            process.kill()
            process.wait()


@contextlib.contextmanager
def quota_of_one_processor():
    """The file to join a group whose processes have the time of one processor."""
    group = pathlib.Path("/sys/fs/cgroup/cpu") / f"marquee-{os.getpid()}"  # v1
    limits = {"cpu.cfs_period_us": "100000", "cpu.cfs_quota_us": "100000"}
    if not group.parent.is_dir():
        group = pathlib.Path("/sys/fs/cgroup") / group.name  # v2
        limits = {"cpu.max": "100000 100000"}
    try:
        group.mkdir()
        for name, value in limits.items():
            (group / name).write_text(value)
    except OSError as e:
        with contextlib.suppress(OSError):
            group.rmdir()
        raise unittest.SkipTest(f"this machine lets no control group be made: {e}")
    try:
        yield group / "cgroup.procs"
    finally:
        group.rmdir()


class SharedMachine(m.Case):
    def doctor(self, before=()):
        return int(re.search(r"(\d+) threads?\b", self.ok("doctor", before=before).out)[1])

    def test_threads_follow_the_quota(self):
        if self.doctor() < 2:
            self.skipTest("there is one processor")
        with quota_of_one_processor() as join:
            join = ["sh", "-c", f'echo $$ > {join}; exec "$@"', "sh"]
            self.assertEqual(self.doctor(join), 1)
            self.assertIn("1 threads", self.train(self.dir / "run", before=join).err)

    def test_threads_follow_the_affinity(self):
        one = min(os.sched_getaffinity(0))
        self.assertEqual(self.doctor(["taskset", "-c", str(one)]), 1)

    def started(self, **given):
        """A training run that takes long, in an environment with these variables, and its log."""
        arguments = [m.PROGRAM, "--log-level", "debug", "--log-format", "json", "--threads", "2",
                     "train", "--config", m.config("attention"), "--data", m.dataset(), "--out",
                     self.dir / "run", "--overwrite", "--set", "train.epochs=10000", *WIDE]
        process = subprocess.Popen(arguments, env=environment(**given), stderr=subprocess.PIPE,
                                   text=True)
        self.addCleanup(process.stderr.close)
        self.addCleanup(process.wait)
        self.addCleanup(process.kill)
        return process

    def malloc_settings(self, **given):
        process = self.started(**given)
        for line in process.stderr:
            if "training" in line:
                break
        variables = pathlib.Path(f"/proc/{process.pid}/environ").read_bytes().decode().split("\0")
        return [v for v in variables if v.startswith("MALLOC_CONF=")]

    def test_training_sets_what_the_user_has_not(self):
        self.assertEqual(self.malloc_settings(MALLOC_CONF="narenas:2"), ["MALLOC_CONF=narenas:2"])
        self.assertEqual(self.malloc_settings(MALLOC_CONF=""), ["MALLOC_CONF="])
        self.assertIn("dirty_decay_ms:-1", self.malloc_settings()[0])

    def test_threads_that_wait_sleep_where_others_want_the_processors(self):
        if not pathlib.Path("/proc/self/schedstat").exists():
            self.skipTest("the system does not say how long threads wait")
        process = self.started()
        log = iter(process.stderr)
        with busy_processes(2 * os.cpu_count()):
            self.assertTrue(any("threads that wait sleep at once" in line for line in log))
        self.assertTrue(any("threads that wait poll" in line for line in log))

    def page_faults(self, **given):
        """Of a training run, beyond those of a start of the program."""
        before = resource.getrusage(resource.RUSAGE_CHILDREN).ru_minflt
        arguments = ["train", "--config", m.config("attention"), "--data", m.dataset(), "--out",
                     self.dir / "run", "--overwrite", "--set", "train.epochs=4", *WIDE]
        subprocess.run([m.PROGRAM, *arguments], check=True, env=environment(**given),
                       stderr=subprocess.DEVNULL)
        return resource.getrusage(resource.RUSAGE_CHILDREN).ru_minflt - before

    def test_memory_is_kept_from_step_to_step(self):
        self.assertLess(self.page_faults(), 0.5 * self.page_faults(MALLOC_CONF=JEMALLOC_DEFAULT))


if __name__ == "__main__":
    m.main()
