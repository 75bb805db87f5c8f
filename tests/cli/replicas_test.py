"""Two replicas with one Redis behind HAProxy, with the project's own configuration: while clients call, one is
killed and comes back, the other is reloaded and drained. No call fails."""

import http.client
import json
import os
import shutil
import signal
import socket
import subprocess
import threading
import time
import unittest

import marquee as m
import redis_server
import serving

HAPROXY = shutil.which("haproxy") or shutil.which("haproxy", path="/usr/sbin")
CLIENTS = 4


class Client(threading.Thread):
    """Calls one after the other on a connection that is kept: events, lists and pages of members of its own."""

    def __init__(self, port, number):
        super().__init__(daemon=True)
        self.port, self.number = port, number
        self.calls, self.failed, self.sent = 0, [], []
        self.stopped = threading.Event()

    def call(self, connection, method, path, body=None):
        connection.request(method, path, json.dumps(body) if body else None, {"Content-Type": "application/json"})
        response = connection.getresponse()
        text = response.read()
        self.calls += 1
        if response.status != 200:
            self.failed.append((path, response.status, text[:200]))

    def run(self):
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=30)
        turn = 0
        while not self.stopped.is_set():
            user, title = f"c{self.number}-{turn % 5}", f"t{1 + turn % 70}"
            event = {"event_id": f"{self.number}-{turn}", "user_id": user, "title_id": title, "timestamp": 1000 + turn}
            try:
                self.call(connection, "POST", "/v1/events", event)
                self.sent.append((user, title))
                self.call(connection, "POST", "/v1/recommend", {"user_id": user, "k": 5})
                self.call(connection, "POST", "/v1/page", {"user_id": user})
            except (OSError, http.client.HTTPException) as error:
                self.failed.append(("connection", repr(error), b""))
                connection.close()
            turn += 1
        connection.close()


@unittest.skipUnless(HAPROXY, "there is no HAProxy")
@unittest.skipUnless(redis_server.PROGRAM, "there is no Redis (redis-tools)")
class Replicas(serving.Case):
    def setUp(self):
        super().setUp()
        self.redis = redis_server.Redis(self.dir)
        self.addCleanup(self.redis.stop)

    def replica(self, name, port=0):
        return self.server("--redis", self.redis.address, "--pre-stop-seconds", 2, state=self.dir / name,
                           environment=self.redis.environment, port=port)

    def proxy(self, *replicas):
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            port = probe.getsockname()[1]
        where = {f"MARQUEE_REPLICA_{i}": f"127.0.0.1:{each.port}" for i, each in enumerate(replicas, 1)}
        process = subprocess.Popen([HAPROXY, "-db", "-f", str(m.SOURCE / "docker/haproxy.cfg")],
                                   env={**os.environ, "MARQUEE_LISTEN": f"127.0.0.1:{port}", **where},
                                   stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        self.addCleanup(lambda: (process.kill(), process.wait()))
        return port

    @staticmethod
    def status(port, path="/v1/health/ready"):
        try:
            connection = http.client.HTTPConnection("127.0.0.1", port, timeout=10)
            connection.request("GET", path)
            return connection.getresponse().status
        except OSError:
            return None

    def until(self, condition):
        end = time.monotonic() + 30
        while not condition():
            self.assertLess(time.monotonic(), end)
            time.sleep(0.05)

    def test_no_call_fails_while_one_is_killed_and_the_other_reloaded(self):
        one, two = self.replica("one"), self.replica("two")
        port = self.proxy(one, two)
        self.until(lambda: self.status(port) == 200)
        self.assertEqual(self.status(port, "/v1/admin/reload"), 404)
        clients = [Client(port, number) for number in range(CLIENTS)]
        for each in clients:
            each.start()
        calls = lambda: sum(each.calls for each in clients)  # noqa: E731
        go_on = lambda more: self.until(lambda seen=calls(): calls() >= seen + more)  # noqa: E731
        go_on(100)
        one.process.kill()
        one.process.wait()
        go_on(100)
        status, answer = two.admin("/v1/admin/reload")
        self.assertEqual(status, 200, answer)
        go_on(100)
        one = self.replica("one", port=one.port)
        go_on(100)
        time.sleep(1.5)  # for its checks
        two.process.send_signal(signal.SIGTERM)
        two.process.communicate(timeout=60)
        self.assertEqual(two.process.returncode, 0)
        go_on(100)
        for each in clients:
            each.stopped.set()
        for each in clients:
            each.join()
        self.assertEqual([failed for each in clients for failed in each.failed], [])
        # Every event is there once.
        for user in {user for each in clients for user, _ in each.sent}:
            sent = [title for each in clients for who, title in each.sent if who == user]
            status, answer, _ = one.call("GET", f"/v1/users/{user}")
            self.assertEqual(status, 200)
            self.assertEqual([item["title_id"] for item in answer["history"]], sent)


if __name__ == "__main__":
    m.main()
