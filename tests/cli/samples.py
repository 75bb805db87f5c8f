"""The small data, configurations and models that tests feed the program, each made once."""

import atexit
import functools
import os
import pathlib
import random
import shutil
import tempfile

from program import run

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
    """Each user likes one genre; there are events of every kind."""
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
        raise AssertionError(f"preparing a test failed:\n{result}")
    return result


@functools.cache
def scratch():
    """A folder that is removed when the module ends."""
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
