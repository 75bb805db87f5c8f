#!/usr/bin/env python3
"""Training alone and beside busy processes.

    bench/shared_machine.py ML1M ML100K [--before PROGRAM] [--busy 1] [--rounds 3] [--seconds 20]

ML1M and ML100K are datasets of those sizes; docs/performance.md says how they are made. Trains
two_tower of configs/ml-1m and neural_cf of configs/ml-100k, alternating: with --before, another build of
the program, and with this one. Prints a Markdown table: events trained a second (medians over the run
and the rounds), the same beside as many busy processes, and of those alone page faults a step, the share
of processor time spent in the kernel, and peak memory."""

import argparse
import json
import os
import pathlib
import signal
import statistics
import subprocess
import sys
import tempfile
import time

ROOT = pathlib.Path(__file__).parent.parent


def train(options, program, config, data):
    """Events a second, page faults a step, the share of time in the kernel, peak memory in GiB."""
    with tempfile.TemporaryDirectory() as folder:
        out = pathlib.Path(folder) / "run"
        words = [program, "--quiet", "train", "--config", ROOT / "configs" / config,
                 "--data", data, "--out", out, "--set", "train.log_every_steps=1",
                 "--set", "train.validation_users=1", "--threads", str(options.threads)]
        process = subprocess.Popen(words, stderr=subprocess.DEVNULL)
        time.sleep(options.seconds)
        process.send_signal(signal.SIGINT)
        _, status, used = os.wait4(process.pid, 0)
        process.returncode = status
        lines = [json.loads(line) for line in open(out / "metrics.jsonl")]
        steps = [line for line in lines if "events_per_second" in line]
        if len(steps) < 4:
            sys.exit(f"{config}: only {len(steps)} lines of metrics; give more --seconds")
        rates = [line["events_per_second"] for line in steps[2:]]
        return (statistics.median(rates), used.ru_minflt / steps[-1]["step"],
                used.ru_stime / (used.ru_stime + used.ru_utime), used.ru_maxrss / 2**20)


def beside(options, *what):
    busy = [subprocess.Popen([sys.executable, "-c", "while True: pass"]) for _ in range(options.busy)]
    try:
        return train(options, *what)
    finally:
        for process in busy:
            process.kill()
            process.wait()


def medians(rows):
    return [statistics.median(column) for column in zip(*rows)]


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("ml_1m")
    parser.add_argument("ml_100k")
    parser.add_argument("--program", default=str(ROOT / "build/release/marquee"))
    parser.add_argument("--before", help="another build of the program, to compare with")
    parser.add_argument("--threads", type=int, default=os.cpu_count())
    parser.add_argument("--busy", type=int, default=1)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--seconds", type=float, default=20)
    options = parser.parse_args()
    programs = {"before": options.before} if options.before else {}
    programs["Marquee"] = options.program
    print("| training | program | alone, events/s | beside | kept | page faults a step | in the kernel "
          "| peak |\n|---|---|---|---|---|---|---|---|")
    for config, data in (("ml-1m/two_tower.yaml", options.ml_1m),
                         ("ml-100k/neural_cf.yaml", options.ml_100k)):
        alone = {name: [] for name in programs}
        shared = {name: [] for name in programs}
        for _ in range(options.rounds):
            for name, program in programs.items():
                alone[name].append(train(options, program, config, data))
                shared[name].append(beside(options, program, config, data))
        for name in programs:
            rate, faults, kernel, peak = medians(alone[name])
            rest = medians(shared[name])[0]
            print(f"| {config} | {name} | {rate:,.0f} | {rest:,.0f} | {rest / rate:.0%} "
                  f"| {faults:,.0f} | {kernel:.0%} | {peak:.1f} GiB |", flush=True)


if __name__ == "__main__":
    main()
