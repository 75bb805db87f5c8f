"""The server in operation: keys and their limits, the access log, a folder that is watched."""

import hashlib
import json
import os
import pathlib
import re
import shutil
import signal
import subprocess
import time
import unittest

import marquee as m
import serving


def key_line(name, key, *rate):
    return " ".join([name, hashlib.sha256(key.encode()).hexdigest(), *map(str, rate)]) + "\n"


class Operation(serving.Case):
    @unittest.skipUnless(shutil.which("curl"), "there is no curl")
    def test_the_examples_of_the_documentation_work(self):
        page = pathlib.Path(__file__).resolve().parents[2] / "docs" / "serving.md"
        block = re.search(r"<!-- example: server -->\n```\n(.*?)```", page.read_text(encoding="utf-8"),
                          re.S)[1]
        server = self.server()
        lines = block.strip().splitlines()
        self.assertGreater(len(lines), 8)
        for line in lines:
            here = line.replace("127.0.0.1:8080", f"127.0.0.1:{server.port}")
            done = subprocess.run(["bash", "-c", here.replace("curl ", "curl -sSf ", 1)],
                                  capture_output=True, text=True)
            self.assertEqual(done.returncode, 0, line + done.stderr + done.stdout)
            self.assertIsInstance(json.loads(done.stdout), dict)

    def test_health_on_the_command_line(self):
        server = self.server()
        for more in ((), ("--ready",)):
            self.ok("health", "--port", server.port, *more)
        server.end()
        self.assertEqual(m.run("health", "--port", server.port).rc, 1)

    def test_it_takes_requests_for_a_while_after_it_is_not_ready(self):
        server = self.server("--pre-stop-seconds", 2)
        server.process.send_signal(signal.SIGTERM)
        m.wait_until(lambda: server.call("GET", "/v1/health/ready")[0] == 503)
        self.answer(server, "GET", "/v1/health/live")
        self.answer(server, "POST", "/v1/recommend", {"history": ["t1"]})
        self.assertEqual(server.process.wait(20), 0)

    def test_prefetches_give_way(self):
        server = self.server("--set", "queue.max_prefetch=0")
        for path in ("/v1/recommend", "/v1/page"):
            self.answer(server, "POST", path, {"history": []})
            status, answer, fields = server.call("POST", path, {"history": []}, Sec_Purpose="prefetch")
            self.assertEqual(status, 503, answer)
            self.assertIn(fields["Retry-After"], ("1", "2", "3"))
        self.assertIn('marquee_shed_total{reason="prefetch"} 2', self.answer(server, "GET", "/metrics"))
        server.end()
        server = self.server()
        self.answer(server, "POST", "/v1/page", {"history": []}, Sec_Purpose="prefetch")

    def test_keys_are_required_and_limited(self):
        keys = self.dir / "keys"
        keys.write_text("# clients\n" + key_line("app", "secret") + "\n"
                        + key_line("slow", "other", 2))
        server = self.server("--api-keys", keys)
        for path in ("/v1/health/live", "/v1/health/ready", "/", "/openapi.json"):
            self.assertEqual(server.call("GET", path)[0], 200)
        for field in ({}, {"Authorization": "Bearer wrong"}, {"Authorization": "Basic c2VjcmV0"},
                      {"Authorization": "Bearer "}, {"Authorization": "Bearer " + "x" * 5000}):
            status, answer, fields = server.call("POST", "/v1/recommend", {"history": []}, **field)
            self.assertEqual((status, fields["WWW-Authenticate"]), (401, "Bearer"), answer)
        app = {"Authorization": "Bearer secret"}
        for _ in range(20):
            self.answer(server, "POST", "/v1/recommend", {"history": []}, **app)
        slow = {"Authorization": "Bearer other"}
        got = [server.call("GET", "/v1/model", **slow) for _ in range(12)]
        self.assertEqual([status for status, _, _ in got[:2]], [200, 200])
        refused = [fields for status, _, fields in got if status == 429]
        self.assertTrue(refused)
        self.assertEqual(refused[0]["Retry-After"], "1")
        time.sleep(1.1)
        self.answer(server, "GET", "/v1/model", **slow)

    def test_a_bad_file_of_keys_says_every_line(self):
        keys = self.dir / "keys"
        keys.write_text("app nohash\n" + key_line("a", "b", "fast") + "justone\n")
        result = m.run("serve", "--bundle", m.bundle("attention"), "--port", 0, "--state",
                       self.dir / "state", "--api-keys", keys)
        self.assertEqual(result.rc, 2)
        for words in ("keys:1: must be NAME SHA256", 'keys:2: "fast" must be', "keys:3: must be"):
            self.assertIn(words, result.err)

    def test_the_access_log_has_a_line_a_request_and_no_user_id(self):
        log = self.dir / "access.jsonl"
        server = self.server("--access-log", log)
        trace = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"
        self.answer(server, "POST", "/v1/events", {"event_id": "e", "user_id": "somebody",
                                                   "title_id": "t1"})
        self.answer(server, "POST", "/v1/recommend", {"user_id": "somebody"}, traceparent=trace)
        self.answer(server, "GET", "/v1/users/somebody", traceparent="00-nonsense")
        self.answer(server, "GET", "/v1/users/other", status=404)
        self.answer(server, "POST", "/v1/recommend", {"history": ["t7"], "k": -1}, status=400)
        _, err = server.end()
        text = log.read_text()
        for secret in ("somebody", "t7", "127.0.0.1"):
            self.assertNotIn(secret, text + err.replace("http://127.0.0.1", ""))
        lines = [json.loads(line) for line in text.splitlines()]
        self.assertEqual([(e["method"], e["route"], e["status"]) for e in lines],
                         [("POST", "/v1/events", 200), ("POST", "/v1/recommend", 200),
                          ("GET", "/v1/users/{}", 200), ("GET", "/v1/users/{}", 404),
                          ("POST", "/v1/recommend", 400)])
        self.assertEqual(lines[1]["trace_id"], "0af7651916cd43dd8448eb211c80319c")
        self.assertNotIn("trace_id", lines[2])
        self.assertEqual(lines[1]["user"], lines[2]["user"])
        self.assertNotEqual(lines[2]["user"], lines[3]["user"])
        for line in lines:
            self.assertGreater(line["ms"], 0)
            self.assertGreater(line["bytes"], 0)

    def test_a_watched_link_is_followed_to_another_bundle(self):
        link = self.dir / "current"
        link.symlink_to(m.bundle("attention"))
        server = self.server("--watch", bundle=link)
        first = self.answer(server, "GET", "/v1/model")["version"]
        other = self.dir / "other"
        other.symlink_to(m.bundle("mean"))
        os.replace(other, link)
        until = time.monotonic() + 30
        while self.answer(server, "GET", "/v1/model")["version"] == first:
            self.assertLess(time.monotonic(), until, "not followed")
            time.sleep(0.2)
        broken = self.copy(m.bundle("attention"))
        (broken / "model.pt").write_bytes(b"nothing")
        other.symlink_to(broken)
        os.replace(other, link)
        time.sleep(3)
        now = self.answer(server, "GET", "/v1/model")["version"]
        self.assertNotEqual(now, first)
        _, err = server.end()
        self.assertEqual(err.count("the bundle was refused"), 1, err)

    @unittest.skipUnless(shutil.which("openssl"), "there is no openssl")
    def test_only_bundles_signed_by_a_trusted_key_are_served(self):
        def openssl(*words):
            subprocess.run(["openssl", *map(str, words)], check=True, capture_output=True)

        private, public = self.dir / "key.pem", self.dir / "key.pub"
        openssl("genpkey", "-algorithm", "ed25519", "-out", private)
        openssl("pkey", "-in", private, "-pubout", "-out", public)
        bundle, other = self.copy(m.bundle("attention")), self.copy(m.bundle("mean"))
        refused = m.run("serve", "--bundle", bundle, "--port", 0, "--state", self.dir / "state",
                        "--trusted-keys", public)
        self.assertEqual(refused.rc, 3)
        self.assertIn("is not signed", refused.err)
        self.ok("sign", "--bundle", bundle, "--key", private)
        openssl("pkeyutl", "-verify", "-pubin", "-inkey", public, "-rawin", "-in",
                bundle / "manifest.json", "-sigfile", bundle / "manifest.sig")
        for path, signed in ((bundle, "yes"), (other, "no")):
            self.assertRegex(self.ok("inspect", path).out, rf"\nsigned +{signed}\b")
        self.assertIn("by a trusted key",
                      self.ok("inspect", bundle, "--trusted-keys", public).out)
        self.ok("check", "--bundle", bundle, "--trusted-keys", public)
        server = self.server("--trusted-keys", public, bundle=bundle)
        status, answer = server.admin("/v1/admin/reload", {"bundle": str(other)})
        self.assertEqual(status, 409, answer)
        self.assertIn("is not signed", json.dumps(answer))
        self.ok("sign", "--bundle", other, "--key", private)
        self.assertEqual(server.admin("/v1/admin/reload", {"bundle": str(other)})[0], 200)
        (other / "manifest.json").write_bytes((other / "manifest.json").read_bytes() + b" ")
        self.assertEqual(server.admin("/v1/admin/reload", {"bundle": str(other)})[0], 409)


if __name__ == "__main__":
    unittest.main()
