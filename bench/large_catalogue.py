#!/usr/bin/env python3
"""What a server of a million titles answers in time, exactly and approximately.

    bench/large_catalogue.py FOLDER [--titles 1000000] [--seconds 5]

Makes in FOLDER, unless they are there, a synthetic service of so many titles (5 watched a title and 20 a member on
average), trains a two_tower of 128 values a title on it for one epoch, and exports it. Then finds, for the exact search
and for clusters with several shares, the highest rate whose p99 stays within 10 ms and within 50 ms (bench/serving.py
says how), and prints it with what the server says of recall and how long it takes to be ready."""

import argparse
import functools
import json
import pathlib
import tempfile
import time
import types
import urllib.request

import serving
import steps

CONFIG = """model:
  name: two_tower
  dim: 128
  history: {encoder: mean}
  loss: {kind: sampled, in_batch_negatives: 2048, uniform_negatives: 512}
train: {epochs: 1, batch_size: 2048, validation_users: 500}
"""


def made(options):
    folder = pathlib.Path(options.folder)
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "config.yaml").write_text(CONFIG)

    step = functools.partial(steps.step, options.marquee, folder)
    step("raw", "synth", "--titles", options.titles, "--interactions", 5 * options.titles, "--users", options.titles // 4)
    step("dataset", "ingest", "--interactions", folder / "raw/interactions.csv", "--titles", folder / "raw/titles.csv")
    step("run", "train", "--config", folder / "config.yaml", "--data", folder / "dataset")
    step("bundle", "export", "--run", folder / "run")
    return folder / "bundle"


def measured(options, name, more, bodies):
    start = time.time()
    with tempfile.TemporaryDirectory() as folder:
        server = serving.marquee(options, pathlib.Path(folder), *more)
        try:
            server.wait(bodies.read_bytes().split(b"\n")[0])
            ready = time.time() - start
            with urllib.request.urlopen(f"http://127.0.0.1:{server.port}/v1/model") as answer:
                recall = json.load(answer).get("search", {}).get("recall@100", 1)
            bench = serving.Bench(options, server, bodies)
            few = bench.measure(20)
            print(f"| {name} | {recall:.3f} | {few['p50']:.1f} ms | {few['p99']:.1f} ms | {bench.sustained(10):,} | "
                  f"{bench.sustained(50):,} | {ready:.0f} s | {server.peak_memory():,.0f} MiB |", flush=True)
        finally:
            server.end()


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder")
    parser.add_argument("--titles", type=int, default=1_000_000)
    parser.add_argument("--marquee", default=str(serving.ROOT / "build/release/marquee"))
    parser.add_argument("--load", default=str(serving.ROOT / "build/release/load"))
    parser.add_argument("--seconds", type=int, default=5)
    given = parser.parse_args()
    options = types.SimpleNamespace(**vars(given), bundle=str(made(given)), path="/v1/recommend")
    bodies = pathlib.Path(given.folder) / "bodies.jsonl"
    serving.write_bodies(options.bundle, bodies, options.path)
    print("| search | recall@100 | p50 at 20 a second | p99 | req/s at p99 ≤ 10 ms | at p99 ≤ 50 ms | ready after | memory |\n"
          "|---|---|---|---|---|---|---|---|", flush=True)
    measured(options, "exact", [], bodies)
    for share in (0.01, 0.03, 0.1):
        measured(options, f"clusters, {share:.0%}",
                 ["--set", "retrieval.index=clusters", "--set", f"retrieval.share={share}"], bodies)


if __name__ == "__main__":
    main()
