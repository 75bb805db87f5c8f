"""Runs the program as a user does, and waits for what it does."""

import json
import os
import pathlib
import subprocess
import time

SOURCE = pathlib.Path(__file__).resolve().parents[2]
PROGRAM = pathlib.Path(os.environ.get("MARQUEE") or SOURCE / "build/release/marquee").resolve()
TIMEOUT = 150  # seconds; a command here takes about one on an idle machine


class Result:
    def __init__(self, arguments, rc, out, err):
        self.arguments = [str(a) for a in arguments]
        self.rc, self.out, self.err = rc, out, err

    def __str__(self):
        words = " ".join(repr(a) if " " in a or not a else a for a in self.arguments)
        return (f"$ marquee {words}\nexit code {self.rc}\n--- stdout\n{self.out[-2000:]}\n"
                f"--- stderr\n{self.err[-3000:]}\n---")

    def lines(self):
        return [json.loads(line) for line in self.out.splitlines()]


def environment(threads=None):
    env = {k: v for k, v in os.environ.items() if not k.startswith("MARQUEE_")}
    env["LC_ALL"] = "C"
    if threads:
        env["MARQUEE_THREADS"] = str(threads)
    return env


def text_of(value):
    return value if isinstance(value, str) else value.decode("utf-8", "replace")


def run(*arguments, stdin=None, timeout=TIMEOUT, threads=None, cwd=None, before=()):
    """`before`: words that the program is started through, such as `unshare -m sh -c ...`."""
    arguments = [str(a) for a in arguments]
    given = stdin.encode() if isinstance(stdin, str) else stdin
    try:
        done = subprocess.run([*before, str(PROGRAM), *arguments], capture_output=True,
                              input=given if given is not None else b"", timeout=timeout,
                              env=environment(threads), cwd=cwd)
    except subprocess.TimeoutExpired as e:
        raise AssertionError(f"marquee {' '.join(arguments)} did not end within {timeout} s:\n"
                             f"{text_of(e.stderr or b'')[-2000:]}") from None
    return Result(arguments, done.returncode, text_of(done.stdout), text_of(done.stderr))


def start(*arguments, threads=None, stdin=subprocess.DEVNULL):
    return subprocess.Popen([str(PROGRAM), *map(str, arguments)], stdin=stdin,
                            stdout=subprocess.PIPE, stderr=subprocess.PIPE,
                            env=environment(threads))


def finish(process, timeout=TIMEOUT):
    try:
        out, err = process.communicate(timeout=timeout)
    except subprocess.TimeoutExpired:
        process.kill()
        out, err = process.communicate()
        raise AssertionError(f"{' '.join(process.args)} did not end within {timeout} s:\n"
                             f"{text_of(err)[-2000:]}") from None
    return Result(process.args[1:], process.returncode, text_of(out), text_of(err))


def wait_until(condition, process=None, timeout=TIMEOUT):
    """Whether `condition` came true before the time was up or `process` ended."""
    end = time.monotonic() + timeout
    while time.monotonic() < end:
        if condition():
            return True
        if process is not None and process.poll() is not None:
            return bool(condition())
        time.sleep(0.001)
    return False
