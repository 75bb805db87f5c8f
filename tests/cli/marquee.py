"""Runs the program as a user does, and makes the small files that the tests of the command line feed
it. Every module of this folder is a program of its own: `MARQUEE=build/release/marquee python3
tests/cli/pipeline_test.py [Class[.test]]`. It ends with 77 where every test skipped."""

import atexit
import functools
import hashlib
import json
import os
import pathlib
import random
import shutil
import signal
import subprocess
import sys
import tempfile
import time
import unittest

SOURCE = pathlib.Path(__file__).resolve().parents[2]
PROGRAM = pathlib.Path(os.environ.get("MARQUEE") or SOURCE / "build/release/marquee").resolve()
TIMEOUT = 150  # seconds; a command here takes about one on an idle machine
SKIPPED = 77

# What must never reach a user: a bug's clothes instead of a sentence.
CRASHES = ("terminate called", "internal error", "Traceback", "what():", "Segmentation fault",
           "Exception raised from", "frame #", "AddressSanitizer", "runtime error:",
           "filesystem error", "[json.exception")


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


# --- The data -----------------------------------------------------------------------------------

GENRES = ("Drama", "Comedy", "Horror", "Romance", "Sci-Fi")


def write_titles(path, titles=80, first=1):
    draw = random.Random(7)
    rows = ["title_id,name,year,genres,actors,directors,studios,language,runtime_minutes,maturity,"
            "available_from,available_until,regions"]
    for i in range(first, first + titles):
        genres = [GENRES[i % 5]] + ([GENRES[(i // 5) % 5]] if i % 3 == 0 else [])
        actors = "|".join(f"Actor {draw.randrange(25)}" for _ in range(draw.randrange(4)))
        name = f'"The ""Ünique"" Title, {i}"' if i % 10 == 0 else f"Title {i}"
        year = "" if i % 9 == 0 else 1950 + draw.randrange(75)
        minutes = "" if i % 11 == 0 else 60 + draw.randrange(120)
        regions = "DE|FR" if i % 4 == 0 else ""
        rows.append(f"t{i},{name},{year},{'|'.join(dict.fromkeys(genres))},{actors},"
                    f"Director {i % 12},Studio {i % 4},{('en', 'de', '')[i % 3]},{minutes},"
                    f"{('PG', 'R', '')[i % 3]},,,{regions}")
    path.write_text("\n".join(rows) + "\n", encoding="utf-8")
    return path


def write_events(path, users=60, titles=80, events=2000, seed=1, shift=0):
    """Members like one genre; what they did is of every kind."""
    draw = random.Random(seed)
    rows = []
    for _ in range(events):
        user = draw.randrange(users)
        title = draw.randrange(titles)
        if draw.random() < 0.7:
            title = title - title % 5 + (user % 5) if title - title % 5 + user % 5 < titles else title
        liked = title % 5 == user % 5
        kind = draw.randrange(6)
        event, value = [("rating", draw.choice((4, 4.5, 5)) if liked else draw.choice((1, 2, 3))),
                        ("", 5 if liked else 2.5), ("play", round(draw.random(), 2)), ("play", ""),
                        ("like" if liked else "dislike", ""), ("list", "")][kind]
        rows.append((1_600_000_000 + draw.randrange(50_000_000), user, title + 1 + shift, event, value))
    rows.sort()
    text = "user_id,title_id,timestamp,event,value\n"
    text += "".join(f"u{u},t{t},{when},{e},{v}\n" for when, u, t, e, v in rows)
    path.write_text(text, encoding="utf-8")
    return path


CONFIG = {
    "model.name": "two_tower", "model.dim": 16, "model.history.encoder": "attention",
    "model.history.blocks": 1, "model.history.heads": 2, "model.loss.kind": "full",
    "data.max_history": 12, "train.epochs": 2, "train.batch_size": 16, "train.warmup_steps": 5,
    "train.learning_rate": 0.01, "train.patience": 0, "train.log_every_steps": 3,
}
SAMPLED = {"model.loss.kind": "sampled", "model.loss.in_batch_negatives": 16,
           "model.loss.uniform_negatives": 16}
MEAN = {"model.history.encoder": "mean", "model.history.blocks": None, "model.history.heads": None}


def yaml_of(keys):
    """Dotted keys as nested YAML; a key of value None is left out."""
    tree = {}
    for key, value in keys.items():
        if value is None:
            continue
        *sections, name = key.split(".")
        node = tree
        for section in sections:
            node = node.setdefault(section, {})
        node[name] = value

    def lines(node, depth):
        for name, value in node.items():
            if isinstance(value, dict):
                yield "  " * depth + f"{name}:"
                yield from lines(value, depth + 1)
            else:
                yield "  " * depth + f"{name}: {value}"

    return "\n".join(lines(tree, 0)) + "\n"


def write_config(path, *changes):
    keys = dict(CONFIG)
    for change in changes:
        keys.update(change)
    path.write_text(yaml_of(keys), encoding="utf-8")
    return path


def must(result):
    if result.rc != 0:
        raise AssertionError(f"this was to prepare a test and failed:\n{result}")
    return result


@functools.cache
def scratch():
    """A folder that is gone when the module ends."""
    folder = pathlib.Path(tempfile.mkdtemp(prefix="marquee-cli-"))
    owner = os.getpid()
    atexit.register(lambda: os.getpid() == owner and shutil.rmtree(folder, ignore_errors=True))
    return folder


@functools.cache
def raw():
    """The folder with events.csv, titles.csv."""
    folder = scratch() / "raw"
    folder.mkdir()
    write_titles(folder / "titles.csv")
    write_events(folder / "events.csv")
    return folder


@functools.cache
def dataset():
    out = scratch() / "dataset"
    must(run("ingest", "--interactions", raw() / "events.csv", "--titles", raw() / "titles.csv",
             "--name", "tiny", "--out", out))
    return out


KINDS = {"attention": {}, "sampled": SAMPLED, "mean": MEAN,
         "popularity": {k: None for k in CONFIG if k != "data.max_history"}
         | {"model.name": "popularity"}}


def remembered(make):
    """`make(kind)` once for each kind."""
    made = functools.cache(make)
    return lambda kind="attention": made(kind)


@remembered
def config(kind):
    return write_config(scratch() / f"{kind}.yaml", KINDS[kind])


@remembered
def trained(kind):
    out = scratch() / f"run-{kind}"
    must(run("train", "--config", config(kind), "--data", dataset(), "--out", out))
    return out


@remembered
def bundle(kind):
    out = scratch() / f"bundle-{kind}"
    must(run("export", "--run", trained(kind), "--out", out))
    return out


# --- Artefacts, looked at without the program ------------------------------------------------------

def sha256(path):
    return hashlib.sha256(pathlib.Path(path).read_bytes()).hexdigest()


def manifest_of(folder):
    return json.loads((folder / "manifest.json").read_text(encoding="utf-8"))


def rewrite_manifest(folder, change=lambda manifest: None):
    """Applies `change`, then makes sizes and hashes match the files again."""
    manifest = manifest_of(folder)
    for entry in manifest["files"]:
        path = folder / entry["path"]
        if path.is_file():
            entry["size"], entry["sha256"] = path.stat().st_size, sha256(path)
    change(manifest)
    (folder / "manifest.json").write_text(json.dumps(manifest, indent=1) + "\n", encoding="utf-8")


def what_is_broken(folder):
    """Why the artefact is not whole, or None."""
    try:
        manifest = manifest_of(folder)
    except (OSError, ValueError) as e:
        return f"{folder}: {e}"
    for entry in manifest["files"]:
        path = folder / entry["path"]
        if not path.is_file():
            return f"{path} is missing"
        if path.stat().st_size != entry["size"] or sha256(path) != entry["sha256"]:
            return f"{path} is not what the manifest says"
    return None


def listing(folder):
    """Every path below `folder`, hidden ones too, with the hash of each file."""
    return {str(p.relative_to(folder)): sha256(p) if p.is_file() else "folder"
            for p in sorted(pathlib.Path(folder).rglob("*"))}


def hidden(folder):
    return [str(p.relative_to(folder)) for p in sorted(pathlib.Path(folder).rglob("*"))
            if p.name.startswith(".") or p.name.endswith(".tmp")]


# --- The test case -------------------------------------------------------------------------------

class Case(unittest.TestCase):
    maxDiff = 2000

    def setUp(self):
        self.dir = pathlib.Path(tempfile.mkdtemp(prefix=self._testMethodName + "-", dir=scratch()))
        self.addCleanup(shutil.rmtree, self.dir, ignore_errors=True)

    def sane(self, result):
        """Nothing that only a programmer could read, and no death by a signal."""
        for crash in CRASHES:
            if crash in result.err or crash in result.out:
                self.fail(f"{crash!r} reached the user:\n{result}")
        if result.rc < 0:
            self.fail(f"killed by {signal.Signals(-result.rc).name}:\n{result}")
        return result

    def ok(self, *arguments, **options):
        result = self.sane(run(*arguments, **options))
        self.assertEqual(result.rc, 0, f"should have worked:\n{result}")
        return result

    def says(self, result, *needles):
        for needle in needles:
            self.assertIn(needle.lower(), result.err.lower(), f"stderr lacks {needle!r}:\n{result}")

    def refused(self, rc, needles, *arguments, leaves=None, **options):
        """The command ends with `rc`, its stderr holds `needles`, and the folder `leaves` (the
        test's own, if not given) is as it was, hidden files included."""
        leaves = self.dir if leaves is None else leaves
        before = listing(leaves)
        result = self.sane(run(*arguments, **options))
        self.assertEqual(result.rc, rc, f"exit code {result.rc}, should be {rc}:\n{result}")
        self.says(result, *([needles] if isinstance(needles, str) else needles))
        self.assertEqual(result.out, "", f"stdout is for results only:\n{result}")
        self.assertEqual(listing(leaves), before, f"files changed or were left behind by\n{result}")
        return result

    def whole(self, folder):
        self.assertIsNone(what_is_broken(folder))

    def nothing_hidden(self, folder):
        self.assertEqual(hidden(folder), [], f"left behind in {folder}")

    def copy(self, folder, name=None):
        return pathlib.Path(shutil.copytree(folder, self.dir / (name or folder.name)))

    def train(self, out, *more, kind="attention", data=None, **options):
        return self.ok("train", "--config", config(kind), "--data", data or dataset(), "--out", out,
                       *more, **options)


def main():
    if not PROGRAM.is_file():
        sys.exit(f"there is no program {PROGRAM}; build it, or name another with MARQUEE=PATH")
    result = unittest.main(module="__main__", exit=False, verbosity=2).result
    if not result.wasSuccessful():
        sys.exit(1)
    if result.skipped and result.testsRun <= len(result.skipped):
        sys.exit(SKIPPED)
