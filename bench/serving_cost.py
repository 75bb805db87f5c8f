#!/usr/bin/env python3
"""What the log of what was shown, a policy and settings cost a server: processor time for each page,
and the rate that it can keep up, without and with them by turns, on the same machine.

    bench/serving_cost.py BUNDLE [--policy DIR] [--set KEY=VALUE[,KEY=VALUE...]]... [--path /v1/page]
                          [--rate 800] [--rounds 3] [--seconds 8]

Each --set is a server of its own.

MARQUEE is the program; default: build/release/marquee."""

import argparse
import functools
import os
import pathlib
import statistics
import tempfile

import serving

TICKS = os.sysconf("SC_CLK_TCK")


def processor_seconds(process):
    fields = pathlib.Path(f"/proc/{process.pid}/stat").read_text().rsplit(")", 1)[1].split()
    return (int(fields[11]) + int(fields[12])) / TICKS


def with_settings(words, options, folder):
    return serving.marquee(options, folder, *words)


def measured(options, make, bodies):
    """Milliseconds of processor time a page at a steady rate, and pages a second at p99 ≤ 50 ms."""
    with tempfile.TemporaryDirectory() as name:
        server = make(options, pathlib.Path(name))
        try:
            server.wait(bodies.read_bytes().split(b"\n")[0])
            bench = serving.Bench(options, server, bodies)
            bench.measure(options.rate)
            before = processor_seconds(server.process)
            got = bench.measure(options.rate)
            spent = processor_seconds(server.process) - before
            return 1_000 * spent / (got["answered"] * options.seconds), bench.sustained(50)
        finally:
            server.end()


def main():
    options = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    options.add_argument("bundle")
    options.add_argument("--policy")
    options.add_argument("--set", action="append", default=[])
    options.add_argument("--path", default="/v1/page")
    options.add_argument("--rate", type=int, default=800)
    options.add_argument("--rounds", type=int, default=3)
    options.add_argument("--seconds", type=int, default=8)
    options = options.parse_args()
    options.marquee = os.environ.get("MARQUEE", str(serving.ROOT / "build/release/marquee"))
    options.load = str(serving.ROOT / "build/release/load")
    makers = {"neither": serving.marquee, "--exposures": serving.with_exposures}
    if options.policy:
        makers["--policy"] = serving.with_policy
    for settings in options.set:
        words = [word for each in settings.split(",") for word in ("--set", each)]
        makers[settings.replace(",", ", ")] = functools.partial(with_settings, words)
    got = {name: [] for name in makers}
    with tempfile.TemporaryDirectory() as folder:
        bodies = pathlib.Path(folder) / "bodies.jsonl"
        serving.write_bodies(options.bundle, bodies, options.path)
        for _ in range(options.rounds):
            for name, make in makers.items():
                got[name].append(measured(options, make, bodies))
    base = [statistics.median(values) for values in zip(*got["neither"])]
    print("| with | processor time a page | | pages a second at p99 ≤ 50 ms | |\n|---|---|---|---|---|")
    for name, values in got.items():
        time, rate = (statistics.median(each) for each in zip(*values))
        print(f"| {name} | {time:.3f} ms | {time / base[0] - 1:+.1%} | {rate:,.0f} | {rate / base[1] - 1:+.1%} |")


if __name__ == "__main__":
    main()
