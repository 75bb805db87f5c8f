#!/usr/bin/env python3
"""From events to a report at the size of a large service: seconds and memory of each step.

    bench/scale.py FOLDER [--interactions 100000000] [--users 1000000] [--titles 200000]

Makes in FOLDER (which takes about 100 bytes an interaction) a synthetic service, ingests it,
trains a two_tower with sampled softmax for one epoch, exports and evaluates it on the members that the split `strong`
holds out, and prints a Markdown table with the bytes of each interaction. Steps whose folder is there are skipped."""

import argparse
import pathlib

import steps

ROOT = pathlib.Path(__file__).resolve().parent.parent
CONFIG = """model:
  name: two_tower
  dim: 64
  history: {encoder: mean}
  loss: {kind: sampled, in_batch_negatives: 512, uniform_negatives: 256}
train: {epochs: 1, batch_size: 1024, validation_users: 2000}
"""


def size_of(path):
    files = [path] if path.is_file() else [each for each in path.rglob("*") if each.is_file()]
    return sum(each.stat().st_size for each in files)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder")
    parser.add_argument("--interactions", type=int, default=100_000_000)
    parser.add_argument("--users", type=int, default=1_000_000)
    parser.add_argument("--titles", type=int, default=200_000)
    parser.add_argument("--marquee", default=str(ROOT / "build/release/marquee"))
    options = parser.parse_args()
    folder = pathlib.Path(options.folder)
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "config.yaml").write_text(CONFIG)
    print("| step | seconds | peak memory | on disk | bytes an interaction |\n|---|---|---|---|---|", flush=True)

    def step(name, *words):
        done = steps.step(options.marquee, folder, name, *words)
        if done:
            disk = size_of(folder / name)
            print(f"| {words[0]} | {done[0]:,.0f} | {done[1]:.1f} GiB | {disk / 2**30:.2f} GiB | "
                  f"{disk / options.interactions:.1f} |", flush=True)

    step("raw", "synth", "--titles", options.titles, "--interactions", options.interactions, "--users", options.users)
    step("dataset", "ingest", "--interactions", folder / "raw/interactions.csv", "--titles", folder / "raw/titles.csv",
         "--split", "strong")
    step("run", "train", "--config", folder / "config.yaml", "--data", folder / "dataset")
    step("bundle", "export", "--run", folder / "run")
    step("report", "evaluate", "--bundle", folder / "bundle", "--data", folder / "dataset")


if __name__ == "__main__":
    main()
