#!/usr/bin/env python3
"""What `marquee serve` survives, in numbers.

    bench/endurance.py reloads BUNDLE OTHER [--count 1000]   reloads under load: good, other, damaged
    bench/endurance.py idle BUNDLE [--count 10000]           connections that say nothing
    bench/endurance.py slow BUNDLE [--count 1000]            clients that send a byte a second
    bench/endurance.py overload BUNDLE --peak RATE           1, 2 and 5 times the peak
    bench/endurance.py soak BUNDLE --peak RATE [--minutes 30]   70 % of the peak, beside events, pages and
                                                      deletions of users now and then, so that
                                                      the size of the stored data stays the same

Each starts a server, loads it from the same machine (load.cpp) and ends with exit code 1 if a
request failed, an answer mixed models, or memory, descriptors or threads grew."""

import argparse
import http.client
import json
import pathlib
import shutil
import socket
import subprocess
import sys
import tempfile
import threading
import time

from serving import ROOT, free_port, marquee, write_bodies


class Run:
    def __init__(self, options, folder, *more):
        self.options, self.folder = options, folder
        self.bodies = folder / "bodies.jsonl"
        write_bodies(options.bundle, self.bodies, options.path)
        self.server = marquee(options, folder, *more)
        self.server.wait(self.bodies.read_bytes().split(b"\n")[0])
        self.failures = []

    def call(self, method, path, body=None, port=None, token=None):
        connection = http.client.HTTPConnection("127.0.0.1", port or self.server.port, timeout=120)
        fields = {"Content-Type": "application/json"}
        if token:
            fields["Authorization"] = f"Bearer {token}"
        connection.request(method, path, None if body is None else json.dumps(body), fields)
        answer = connection.getresponse()
        text = answer.read()
        connection.close()
        return answer.status, json.loads(text)

    def start_load(self, rate, seconds, connections=128):
        return subprocess.Popen([self.options.load, str(self.server.port), self.options.path,
                                 str(rate), str(seconds), str(connections), self.bodies],
                                stdout=subprocess.PIPE)

    def load(self, rate, seconds, connections=128):
        return json.loads(self.start_load(rate, seconds, connections).communicate()[0])

    def held(self):
        """MiB of memory, descriptors, threads."""
        process = pathlib.Path(f"/proc/{self.server.process.pid}")
        fields = dict(line.split(":", 1) for line in (process / "status").read_text().splitlines())
        return (int(fields["VmRSS"].split()[0]) / 1024, len(list((process / "fd").iterdir())),
                int(fields["Threads"]))

    def expect(self, true, what):
        if not true:
            self.failures.append(what)

    def expect_answered(self, got):
        lost = {k: v for k, v in got.items() if k in ("503", "504", "other", "no answer") and v}
        self.expect(not lost and not got["unsent"], f"requests not answered: {lost}")

    def expect_level(self, before, after, megabytes):
        self.expect(after[0] <= before[0] + megabytes, f"memory grew: {before[0]:.0f} to "
                                                       f"{after[0]:.0f} MiB")
        self.expect(after[1] <= before[1] and after[2] == before[2], f"descriptors, threads: {before[1:]} to {after[1:]}")


def show(held):
    return f"{held[0]:.0f} MiB, {held[1]} descriptors, {held[2]} threads"


class Watcher(threading.Thread):
    """Repeats one request; each answer must come entirely from the model that it names."""

    def __init__(self, run, body, wanted):
        super().__init__()
        self.run_, self.body, self.wanted = run, body, wanted
        self.stopped, self.answers, self.wrong, self.late = threading.Event(), 0, 0, 0

    def run(self):
        while not self.stopped.wait(0.005):
            status, answer = self.run_.call("POST", "/v1/recommend", self.body)
            self.answers += 1
            if status == 504 or answer.get("degraded"):
                self.late += 1
                continue
            titles = [item["title_id"] for item in answer.get("items", [])]
            self.wrong += status != 200 or titles != self.wanted.get(answer["model"])


def damaged_copy(bundle, folder):
    copy = folder / "damaged"
    shutil.copytree(bundle, copy)
    model = bytearray((copy / "model.pt").read_bytes())
    model[len(model) // 2] ^= 1
    (copy / "model.pt").write_bytes(model)
    return copy


def reloads(options, folder):
    admin = free_port()
    run = Run(options, folder, "--admin-port", str(admin))
    token = (folder / "state" / "admin-token").read_text().strip()
    bad = damaged_copy(options.bundle, folder)
    body = json.loads(run.bodies.read_text().splitlines()[0])
    wanted = {}

    def reload(bundle, status):
        got, answer = run.call("POST", "/v1/admin/reload", {"bundle": str(bundle)}, admin, token)
        run.expect(got == status, f"reload of {bundle}: {got} {answer}")

    for bundle in (options.other, options.bundle):
        reload(bundle, 200)
        answer = run.call("POST", "/v1/recommend", body)[1]
        wanted[answer["model"]] = [item["title_id"] for item in answer["items"]]
    watcher = Watcher(run, body, wanted)
    watcher.start()
    order = [options.other, bad, options.bundle]
    results, samples, start, i = [], [], time.monotonic(), 0
    while i < options.count:
        load = run.start_load(200, 20, 64)
        while load.poll() is None and i < options.count:
            bundle = order[i % 3]
            reload(bundle, 409 if bundle == bad else 200)
            i += 1
            if i * 10 % options.count == 0:
                samples.append(run.held())
        results.append(json.loads(load.communicate()[0]))
    took = time.monotonic() - start
    watcher.stopped.set()
    watcher.join()
    time.sleep(1)
    after = run.held()
    for got in results:
        run.expect_answered(got)
    run.expect(watcher.wrong == 0, f"{watcher.wrong} answers that mix models")
    # Memory that loading leaves behind levels off: the last fifth may add little.
    run.expect_level(samples[-3], after, 15)
    requests = sum(int(got["rate"] * 20) for got in results)
    print(f"{options.count} reloads, a third of them refused, in {took:.0f} s; {requests:,} requests at "
          f"200 a second, worst p99 {max(got['p99'] for got in results):.0f} ms; {watcher.answers:,} "
          f"answers compared, {watcher.wrong} wrong, {watcher.late} late or degraded; memory after each "
          f"tenth {', '.join(f'{sample[0]:.0f}' for sample in samples)} MiB; at the end {show(after)}")
    return run


def idle(options, folder):
    run = Run(options, folder, "--set", "http.connections=20000", "--set",
              "http.idle_seconds=3600")
    before, alone = run.held(), run.load(1_000, 10)
    held = []
    for i in range(options.count):
        client = socket.socket()
        client.bind((f"127.0.1.{i // 250 + 1}", 0))
        client.connect(("127.0.0.1", run.server.port))
        held.append(client)
    time.sleep(2)
    after, beside = run.held(), run.load(1_000, 10)
    run.expect_answered(beside)
    run.expect(after[1] - before[1] >= options.count, "not all connections are held")
    print(f"{options.count:,} idle connections: {after[0] - before[0]:.0f} MiB more; at 1,000 a second "
          f"p50 {beside['p50']:.2f} ms, p99 {beside['p99']:.2f} ms beside them, {alone['p50']:.2f} and "
          f"{alone['p99']:.2f} ms without")
    for client in held:
        client.close()
    time.sleep(2)
    run.expect(run.held()[1] <= before[1], "descriptors stay open")
    return run


def slow(options, folder):
    run = Run(options, folder)
    before, alone = run.held(), run.load(1_000, 10)
    stop = threading.Event()
    head = b"POST /v1/recommend HTTP/1.1\r\nHost: a\r\nContent-Length: 1000000\r\n\r\n"
    counts = {"closed": 0}

    def drip():
        clients = []
        for i in range(options.count):
            client = socket.socket()
            client.bind((f"127.0.2.{i // 250 + 1}", 0))
            client.connect(("127.0.0.1", run.server.port))
            # One half never ends its head, the other its body.
            client.sendall(head if i % 2 else head[:20])
            clients.append(client)
        while not stop.wait(1):
            for client in list(clients):
                try:
                    client.send(b"x", socket.MSG_NOSIGNAL)
                except OSError:
                    counts["closed"] += 1
                    clients.remove(client)
                    client.close()

    dripping = threading.Thread(target=drip)
    dripping.start()
    time.sleep(1)
    beside = run.load(1_000, 20)
    stop.set()
    dripping.join()
    time.sleep(1)
    run.expect_answered(beside)
    run.expect(counts["closed"] == options.count, f"only {counts['closed']} were closed")
    run.expect_level(before, run.held(), 50)
    print(f"{options.count:,} clients at a byte a second, all closed in time; at 1,000 a second p50 "
          f"{beside['p50']:.2f} ms, p99 {beside['p99']:.2f} ms beside them, {alone['p50']:.2f} and "
          f"{alone['p99']:.2f} ms without")
    return run


def overload(options, folder):
    run = Run(options, folder)
    run.load(options.peak // 2, 5)
    print("| load, req/s | in full | or degraded | p99 of the full, from sending | 503 | "
          "memory |\n" + "|---" * 6 + "|")
    goodput = {}
    for times in (1, 2, 5):
        got = run.load(times * options.peak, 20, 1_024)
        goodput[times] = got["in_any_form"]
        print(f"| {got['rate']:,} ({times}×) | {got['answered']:,.0f} | {goodput[times]:,.0f} | {got['p99_server']:.0f} ms | {got.get('503', 0):,} | "
              f"{run.held()[0]:.0f} MiB |", flush=True)
        time.sleep(1)
    run.expect(min(goodput.values()) >= 0.9 * goodput[1], "goodput falls below 90 % of the peak's")
    return run


def soak(options, folder):
    run = Run(options, folder)
    stop = threading.Event()
    ids = [title for line in run.bodies.read_text().splitlines()[:200]
           for title in json.loads(line)["history"]]

    def live():
        count = 0
        while not stop.wait(0.02):
            user = f"m{count % 997}"
            event = {"event_id": f"e{count}", "user_id": user, "title_id": ids[count % len(ids)]}
            status, answer = run.call("POST", "/v1/events", event)
            run.expect(status == 200, f"event: {status} {answer}")
            if count // 997 % 10 == 9:
                status, answer = run.call("DELETE", f"/v1/users/{user}")
                run.expect(status == 200, f"deletion: {status} {answer}")
            if count % 5 == 0:
                status, answer = run.call("POST", "/v1/page", {"user_id": user})
                run.expect(status == 200, f"page: {status} {answer}")
            count += 1

    living = threading.Thread(target=live)
    living.start()
    load = run.start_load(round(0.7 * options.peak), 60 * options.minutes)
    start, samples = time.monotonic(), []
    while load.poll() is None:
        samples.append(((time.monotonic() - start) / 3600, *run.held()))
        time.sleep(min(10, 6 * options.minutes))
    got = json.loads(load.communicate()[0])
    stop.set()
    living.join()
    # The first quarter fills caches.
    steady = samples[len(samples) // 4:]
    mean_hours = sum(s[0] for s in steady) / len(steady)
    mean_memory = sum(s[1] for s in steady) / len(steady)
    slope = (sum((s[0] - mean_hours) * (s[1] - mean_memory) for s in steady) /
             sum((s[0] - mean_hours) ** 2 for s in steady))
    run.expect_answered(got)
    run.expect({s[3] for s in steady} == {samples[-1][3]}, "threads come or go")
    run.expect(max(s[2] for s in steady) <= max(s[2] for s in samples[:len(samples) // 4]) + 4,
               "descriptors grow")
    print(f"{options.minutes} minutes at {got['rate']:,} a second beside 40 events and 8 pages: p50 "
          f"{got['p50']:.1f} ms, p99 {got['p99']:.1f} ms, {got.get('degraded', 0):,} degraded; memory "
          f"{steady[0][1]:.0f} to {steady[-1][1]:.0f} MiB, slope {slope:+.1f} MiB an hour; "
          f"{min(s[2] for s in steady)} to {max(s[2] for s in steady)} descriptors, {samples[-1][3]} "
          "threads")
    return run


def main():
    parser = argparse.ArgumentParser(description=__doc__,
                                     formatter_class=argparse.RawDescriptionHelpFormatter)
    runs = {run.__name__: run for run in (reloads, idle, slow, overload, soak)}
    parser.add_argument("run", choices=runs)
    parser.add_argument("bundle")
    parser.add_argument("other", nargs="?")
    parser.add_argument("--count", type=int)
    parser.add_argument("--peak", type=int, default=6_000)
    parser.add_argument("--minutes", type=float, default=30)
    parser.add_argument("--marquee", default=str(ROOT / "build/release/marquee"))
    parser.add_argument("--load", default=str(ROOT / "build/release/load"))
    options = parser.parse_args()
    options.path = "/v1/recommend"
    options.count = options.count or {"idle": 10_000}.get(options.run, 1_000)
    if options.run == "reloads" and not options.other:
        parser.error("reloads needs two bundles")
    with tempfile.TemporaryDirectory() as name:
        run = runs[options.run](options, pathlib.Path(name))
        run.server.end()
    for failure in run.failures[:20]:
        print("FAILED:", failure, file=sys.stderr)
    sys.exit(bool(run.failures))


main()
