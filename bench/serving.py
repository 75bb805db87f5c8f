#!/usr/bin/env python3
"""How many requests a second servers answer in time, and what they do when there are more.

    bench/serving.py BUNDLE [--path /v1/recommend|/v1/page] [--peers PYTHON] [--exposures]
                     [--policy DIR] [--seconds 5] [--plot FILE.svg]

Starts `marquee serve` on the bundle and loads it from the same machine, open loop (load.cpp), with
histories of 5 to 50 titles and k = 20. Finds the highest rate whose p99, from the time each
request was due, stays within 10 ms and within 50 ms in one of two tries; then goes from a quarter
to twice the peak. With --peers, a Python that has torch, fastapi, uvicorn, torchserve and
torch-model-archiver, the same module is served by them, with the same bodies, in the same run."""

import argparse
import csv
import json
import os
import pathlib
import random
import shutil
import socket
import subprocess
import tempfile
import time
import urllib.request

ROOT = pathlib.Path(__file__).resolve().parent.parent
PEERS = ROOT / "bench" / "peers"


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


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


class Server:
    def __init__(self, name, command, port, path, environment=None, cwd=None):
        self.name, self.port, self.path = name, port, path
        self.process = subprocess.Popen(command, cwd=cwd, env=environment, stdout=subprocess.DEVNULL,
                                        stderr=subprocess.DEVNULL, start_new_session=True)

    def wait(self, body):
        for _ in range(240):
            try:
                request = urllib.request.Request(f"http://127.0.0.1:{self.port}{self.path}", body,
                                                 {"Content-Type": "application/json"})
                with urllib.request.urlopen(request, timeout=5) as answer:
                    return answer.read()
            except OSError:
                time.sleep(0.5)
        raise SystemExit(f"{self.name} does not answer")

    def peak_memory(self):
        for line in pathlib.Path(f"/proc/{self.process.pid}/status").read_text().splitlines():
            if line.startswith("VmHWM"):
                return int(line.split()[1]) / 1024
        return 0

    def end(self):
        os.killpg(self.process.pid, 15)
        self.process.wait()


def marquee(options, folder, *more):
    port = free_port()
    return Server("Marquee", [options.marquee, "serve", "--bundle", options.bundle, "--port",
                              str(port), "--state", str(folder / "state"), "--quiet", *more], port,
                  options.path)


def with_exposures(options, folder):
    server = marquee(options, folder, "--exposures", str(folder / "exposures"))
    server.name = "Marquee with --exposures"
    return server


def with_policy(options, folder):
    server = marquee(options, folder, "--policy", options.policy)
    server.name = "Marquee with --policy"
    return server


def peer_environment(options):
    return os.environ | {"BUNDLE": str(pathlib.Path(options.bundle).resolve()),
                         "PYTHONPATH": str(PEERS), "OMP_NUM_THREADS": "1",
                         "PATH": str(pathlib.Path(options.peers).parent) + ":" + os.environ["PATH"]}


def fastapi(options, folder):
    port = free_port()
    return Server("FastAPI, uvicorn", [options.peers, "-m", "uvicorn", "fastapi_app:app", "--port",
                                       str(port), "--workers", "2", "--log-level", "error",
                                       "--no-access-log"],
                  port, "/v1/recommend", peer_environment(options), PEERS)


def torchserve(options, folder):
    port, environment = free_port(), peer_environment(options)
    store = folder / "store"
    store.mkdir()
    subprocess.run(["torch-model-archiver", "--model-name", "two_tower", "--version", "1.0",
                    "--handler", str(PEERS / "torchserve_handler.py"), "--extra-files",
                    str(PEERS / "recommender.py"), "--export-path", str(store)],
                   env=environment, check=True, capture_output=True)
    model = {"defaultVersion": True, "marName": "two_tower.mar", "minWorkers": 2, "maxWorkers": 2,
             "batchSize": 32, "maxBatchDelay": 5, "responseTimeout": 120}
    (folder / "config.properties").write_text(
        f"inference_address=http://127.0.0.1:{port}\n"
        f"management_address=http://127.0.0.1:{free_port()}\n"
        f"metrics_address=http://127.0.0.1:{free_port()}\n"
        f"disable_token_authorization=true\nload_models=all\nmodel_store={store}\njob_queue_size=1000\n"
        f"models={json.dumps({'two_tower': {'1.0': model}})}\n")
    return Server("TorchServe, batching", ["torchserve", "--start", "--foreground", "--ncs",
                                           "--model-store", str(store), "--ts-config",
                                           str(folder / "config.properties")],
                  port, "/predictions/two_tower", environment, folder)


class Bench:
    def __init__(self, options, server, bodies):
        self.options, self.server, self.bodies = options, server, bodies

    def measure(self, rate, connections=256):
        done = subprocess.run([self.options.load, str(self.server.port), self.server.path, str(rate),
                               str(self.options.seconds), str(connections), self.bodies],
                              check=True, capture_output=True)
        got = json.loads(done.stdout)
        time.sleep(0.5)
        return got

    def within(self, rate, limit):
        """In one of two tries: other load on the machine spoils one now and then."""
        return any(got["p99"] <= limit and got["answered"] >= 0.98 * rate
                   for got in (self.measure(round(rate)) for _ in range(2)))

    def sustained(self, limit):
        """The highest rate, to 5 %, that is answered with this p99; 0: not even 10 a second."""
        low, high, rate = 0, None, 160
        while high is None or high > 1.05 * low:
            if self.within(rate, limit):
                low, rate = rate, rate * 2 if high is None else (rate * high) ** 0.5
            else:
                high, rate = rate, (low * rate) ** 0.5 if low else rate / 2
            if rate < 10:
                return 0
        return round(low)

    def curve(self, peak):
        return [self.measure(round(share * peak), 1_024)
                for share in (0.25, 0.5, 0.75, 1, 1.25, 1.5, 2)]


def print_curve(curve):
    print("\n| load, req/s | in full, in time | p50 | p99 | p99.9 | degraded | 503 | 504, none |")
    print("|---" * 8 + "|")
    for got in curve:
        lost = got.get("504", 0) + got.get("no answer", 0) + got["unsent"]
        print(f"| {got['rate']:,} | {got['answered']:,.0f} | {got['p50']:.1f} ms | "
              f"{got['p99']:.1f} ms | {got['p999']:.1f} ms | {got.get('degraded', 0):,} | "
              f"{got.get('503', 0):,} | {lost:,} |", flush=True)


def plot(curve, title, file):
    """p99 and the rate of answers over the rate of requests, as SVG."""
    width, height, left, bottom = 640, 300, 60, 40
    most = max(got["rate"] for got in curve)
    slowest = max(got["p99"] for got in curve) * 1.1
    x = lambda rate: left + rate / most * (width - left - 60)
    lines = [("p99, ms (left)", "#2563eb", [(x(g["rate"]), height - bottom - g["p99"] / slowest *
                                          (height - bottom - 30)) for g in curve]),
             ("answered a second, of those sent (right)", "#d97706",
              [(x(g["rate"]), height - bottom - g["answered"] / most * (height - bottom - 30))
               for g in curve])]
    parts = [f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}" '
             'font-family="sans-serif" font-size="11">',
             f'<rect width="{width}" height="{height}" fill="#fff"/>',
             f'<text x="{left}" y="16" font-size="13">{title}</text>']
    for i in range(5):
        y = height - bottom - i / 4 * (height - bottom - 30)
        parts.append(f'<line x1="{left}" x2="{width - 60}" y1="{y:.0f}" y2="{y:.0f}" stroke="#ddd"/>'
                     f'<text x="{left - 6}" y="{y + 4:.0f}" text-anchor="end">{slowest * i / 4:.0f}'
                     f'</text><text x="{width - 54}" y="{y + 4:.0f}">{most * i / 4:,.0f}</text>')
    for got in curve:
        parts.append(f'<text x="{x(got["rate"]):.0f}" y="{height - bottom + 16}" '
                     f'text-anchor="middle">{got["rate"]:,}</text>')
    for i, (name, colour, points) in enumerate(lines):
        path = " ".join(f"{a:.0f},{b:.0f}" for a, b in points)
        parts.append(f'<polyline points="{path}" fill="none" stroke="{colour}" stroke-width="2"/>'
                     f'<text x="{left + 20 + 200 * i}" y="{height - 6}" fill="{colour}">{name}</text>')
    pathlib.Path(file).write_text("\n".join([*parts, "</svg>"]) + "\n", encoding="utf-8")


def bench(options, make, bodies):
    with tempfile.TemporaryDirectory() as name:
        server = make(options, pathlib.Path(name))
        try:
            server.wait(bodies.read_bytes().split(b"\n")[0])
            run = Bench(options, server, bodies)
            run.measure(50)
            fast, slow = run.sustained(10), run.sustained(50)
            at_1000 = run.measure(1_000) if server.name == "Marquee" else None
            print(f"| {server.name} | {fast:,} | {slow:,} |", flush=True)
            curve = run.curve(max(slow, 10)) if server.name == "Marquee" else None
            return server.peak_memory(), curve, at_1000
        finally:
            server.end()


def main():
    parser = argparse.ArgumentParser(description=__doc__,
                                     formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("bundle")
    parser.add_argument("--marquee", default=str(ROOT / "build/release/marquee"))
    parser.add_argument("--load", default=str(ROOT / "build/release/load"))
    parser.add_argument("--path", default="/v1/recommend")
    parser.add_argument("--peers")
    parser.add_argument("--exposures", action="store_true", help="also with the log of what is shown")
    parser.add_argument("--policy", help="also with this policy, for --path /v1/page")
    parser.add_argument("--seconds", type=int, default=5)
    parser.add_argument("--plot")
    options = parser.parse_args()
    print("| server | req/s at p99 ≤ 10 ms | at p99 ≤ 50 ms |\n|---|---|---|", flush=True)
    with tempfile.TemporaryDirectory() as folder:
        bodies = pathlib.Path(folder) / "bodies.jsonl"
        write_bodies(options.bundle, bodies, options.path)
        if options.peers:
            makers = [fastapi] + ([torchserve] if shutil.which("java") else [])
            for make in makers:
                bench(options, make, bodies)
        if options.exposures:
            bench(options, with_exposures, bodies)
        if options.policy:
            bench(options, with_policy, bodies)
        memory, curve, at_1000 = bench(options, marquee, bodies)
    print(f"\nMarquee at 1,000 a second: p50 {at_1000['p50']:.2f} ms, p99 {at_1000['p99']:.2f} ms")
    print_curve(curve)
    print(f"\nPeak memory of the server: {memory:,.0f} MiB")
    if options.plot:
        plot(curve, f"marquee serve, POST {options.path}", options.plot)


if __name__ == "__main__":
    main()
