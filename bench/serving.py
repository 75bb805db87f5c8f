#!/usr/bin/env python3
"""How fast the server answers, and what it does when there is more than it can take.

    bench/serving.py BUNDLE [--marquee build/release/marquee] [--load build/release/load]
                     [--path /v1/recommend] [--rates 1000,2500,5000,7500,10000] [--seconds 8]

Starts `marquee serve` on the bundle and loads it from the same machine, open loop (load.cpp), with
histories of 5 to 50 titles and k = 20. Prints a row for each rate: what was answered in full, and
its latency from the moment each request was due; what was degraded or refused; and the server's
peak memory.
"""

import argparse
import csv
import json
import pathlib
import random
import subprocess
import tempfile


def write_bodies(bundle, file, path, count=4_000):
    with open(pathlib.Path(bundle) / "titles.csv", encoding="utf-8", newline="") as titles:
        ids = [row["title_id"] for row in csv.DictReader(titles)]
    draw = random.Random(1)
    with open(file, "w", encoding="utf-8") as out:
        for _ in range(count):
            body = {"history": [draw.choice(ids) for _ in range(draw.randint(5, 50))]}
            if path.endswith("recommend"):
                body["k"] = 20
            out.write(json.dumps(body, separators=(",", ":")) + "\n")


def peak_memory(pid):
    for line in pathlib.Path(f"/proc/{pid}/status").read_text().splitlines():
        if line.startswith("VmHWM"):
            return int(line.split()[1]) / 1024
    return 0


def main():
    parser = argparse.ArgumentParser(description=__doc__,
                                     formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("bundle")
    parser.add_argument("--marquee", default="build/release/marquee")
    parser.add_argument("--load", default="build/release/load")
    parser.add_argument("--path", default="/v1/recommend")
    parser.add_argument("--rates", default="1000,2500,5000,7500,10000")
    parser.add_argument("--seconds", type=int, default=8)
    parser.add_argument("--connections", type=int, default=128)
    options = parser.parse_args()
    print("| asked, req/s | in full, req/s | p50 | p99 | p99.9 | degraded | 503 | 504, none | "
          "peak memory |")
    print("|---" * 9 + "|")
    with tempfile.TemporaryDirectory() as folder:
        bodies = pathlib.Path(folder) / "bodies.jsonl"
        write_bodies(options.bundle, bodies, options.path)
        server = subprocess.Popen([options.marquee, "serve", "--bundle", options.bundle, "--port",
                                   "0", "--state", folder, "--quiet"], stdout=subprocess.PIPE,
                                  text=True)
        try:
            port = server.stdout.readline().strip().rstrip("/").rsplit(":", 1)[1]
            for rate in options.rates.split(","):
                got = json.loads(subprocess.run(
                    [options.load, port, options.path, rate, str(options.seconds),
                     str(options.connections), bodies], check=True, capture_output=True).stdout)
                lost = got.get("504", 0) + got.get("no answer", 0) + got["unsent"]
                print(f"| {int(rate):,} | {got['answered']:,.0f} | {got['p50']:.1f} ms | "
                      f"{got['p99']:.1f} ms | {got['p999']:.1f} ms | {got.get('degraded', 0):,} | "
                      f"{got.get('503', 0):,} | {lost:,} | {peak_memory(server.pid):,.0f} MiB |",
                      flush=True)
        finally:
            server.terminate()
            server.wait()


main()
