"""The server as a client sees it: what it answers, what it refuses, and what it survives."""

import concurrent.futures
import http.client
import json
import os
import random
import shutil
import signal
import socket
import threading
import time
import unittest

import marquee as m
import serving


class Serve(serving.Case):
    def test_recommends_what_the_command_recommends(self):
        server = self.server()
        draw = random.Random(1)
        requests = [{"id": f"r{i}", "k": draw.randint(1, 30),
                     "history": [f"t{draw.randint(1, 80)}" for _ in range(draw.randint(0, 20))]}
                    for i in range(60)]
        file = self.dir / "requests.jsonl"
        file.write_text("".join(json.dumps(each) + "\n" for each in requests))
        wanted = self.ok("recommend", "--bundle", m.bundle("attention"), "--requests", file).lines()
        with concurrent.futures.ThreadPoolExecutor(8) as pool:
            got = list(pool.map(lambda r: server.call("POST", "/v1/recommend", r)[1], requests))
        for one, other in zip(got, wanted):
            self.assertEqual([i["title_id"] for i in one["items"]],
                             [i["title_id"] for i in other["items"]])
            self.assertEqual({k: v for k, v in one.items() if k != "items"},
                             {k: v for k, v in other.items() if k != "items"})
            for a, b in zip(one["items"], other["items"]):
                self.assertAlmostEqual(a["score"], b["score"], delta=1e-4)
                self.assertEqual(a["reasons"], b["reasons"])

    def test_an_event_shows_in_the_next_answer_and_is_forgotten_on_demand(self):
        server = self.server()
        first = self.answer(server, "POST", "/v1/recommend", {"user_id": "ann", "k": 5})
        top = first["items"][0]["title_id"]
        event = {"event_id": "e1", "user_id": "ann", "title_id": top, "event": "play", "value": 0.5}
        self.assertEqual(self.answer(server, "POST", "/v1/events", event), {"accepted": 1, "new": 1})
        self.assertEqual(self.answer(server, "POST", "/v1/events", [event, event | {
            "event_id": "e2", "event": "like"}]), {"accepted": 2, "new": 1})
        second = self.answer(server, "POST", "/v1/recommend", {"user_id": "ann", "k": 5})
        self.assertNotIn(top, [item["title_id"] for item in second["items"]])
        history = self.answer(server, "GET", "/v1/users/ann")
        self.assertEqual([e["event"] for e in history["history"]], ["play", "like"])
        self.answer(server, "POST", "/v1/recommend", {"history": history["history"]})
        self.assertEqual(self.answer(server, "DELETE", "/v1/users/ann"), {"removed": 2})
        self.answer(server, "GET", "/v1/users/ann", status=404)
        third = self.answer(server, "POST", "/v1/recommend", {"user_id": "ann", "k": 5})
        self.assertEqual(third["items"], first["items"])

    def test_a_page_has_no_title_twice_and_a_reason_for_each(self):
        server = self.server()
        for i in range(1, 31, 5):
            self.answer(server, "POST", "/v1/events", {"event_id": f"e{i}", "user_id": "bob",
                                                       "title_id": f"t{i}", "event": "complete"})
        self.answer(server, "POST", "/v1/events", {"event_id": "half", "user_id": "bob",
                                                   "title_id": "t2", "event": "play", "value": 0.4})
        page = self.answer(server, "POST", "/v1/page", {"user_id": "bob"})
        kinds = [row["kind"] for row in page["rows"]]
        self.assertEqual(kinds[:2], ["continue", "top"])
        self.assertIn("because", kinds)
        titles = [item["title_id"] for row in page["rows"] for item in row["items"]]
        self.assertEqual(len(titles), len(set(titles)))
        self.assertEqual(page["rows"][0]["items"][0]["title_id"], "t2")
        self.assertFalse({f"t{i}" for i in range(1, 31, 5)} & set(titles), "seen titles")
        for row in page["rows"]:
            self.assertTrue(row["title"])
            for item in row["items"]:
                self.assertTrue(item["reasons"] and item["name"])
        filtered = self.answer(server, "POST", "/v1/page", {"user_id": "bob", "exclude": ["t3"],
                                                            "filters": {"genres": ["Comedy"]}})
        for row in filtered["rows"]:
            for item in row["items"]:
                self.assertIn("Comedy", item["genres"])
                self.assertNotEqual(item["title_id"], "t3")

    def test_titles_are_found_and_compared(self):
        server = self.server()
        found = self.answer(server, "GET", "/v1/titles?query=title%2012&k=3")["titles"]
        self.assertEqual(found[0]["title_id"], "t12")
        self.assertEqual(self.answer(server, "GET", "/v1/titles?query=nothing+like+this")["titles"], [])
        similar = self.answer(server, "GET", "/v1/titles/t12/similar?k=4")
        wanted = self.ok("similar", "--bundle", m.bundle("attention"), "--title", "t12", "-k", 4,
                         "--json")
        self.assertEqual([i["title_id"] for i in similar["items"]],
                         [i["title_id"] for i in json.loads(wanted.out)["items"]])
        self.answer(server, "GET", "/v1/titles/none/similar", status=404)

    def test_health_model_and_metrics(self):
        server = self.server()
        self.assertEqual(self.answer(server, "GET", "/v1/health/live"), {"live": True})
        self.assertEqual(self.answer(server, "GET", "/v1/health/ready"), {"live": True, "ready": True})
        model = self.answer(server, "GET", "/v1/model")
        self.assertEqual(model["sha256"], m.sha256(m.bundle("attention") / "manifest.json"))
        self.answer(server, "POST", "/v1/recommend", {"history": []})
        text = self.answer(server, "GET", "/metrics")
        self.assertIn('marquee_requests_total{route="/v1/recommend",status="200"} 1', text)
        self.assertIn(model["version"], text)
        page = self.answer(server, "GET", "/")
        self.assertIn("<!DOCTYPE html>", page)
        for line in page.splitlines():
            self.assertNotRegex(line, r"https?://", "no request leaves the server")
        self.assertIn("default-src 'none'", server.call("GET", "/")[2]["Content-Security-Policy"])

    def test_wrong_requests_name_what_is_wrong(self):
        server = self.server()
        post = lambda body, path="/v1/recommend", **more: server.call("POST", path, body, **more)
        for body, *needles in [
                ('{"history":[],"k":0}', "k", "1 to 1000"), ('{"history":[],"k":1001}', "k"),
                ('{"history":[],"wrong":1}', "wrong"), ("{}", "history"), ("", "JSON"),
                ('{"history":[],"history":[]}', "history"), ('[' * 100_000, "JSON"),
                ('{"history":[1]}', "history[0]"), ('{"user_id":"a","history":[]}', "user_id"),
                ('{"history":[],"filters":{"genres":["Nope"]}}', "Nope"),
                (b'{"history":["\xff"]}', ""), (b'{"history":["a\x00b"]}', "")]:
            with self.subTest(body[:40]):
                status, answer, _ = post(body)
                self.assertEqual(status, 400, answer)
                for needle in needles:
                    self.assertIn(needle, answer["error"])
        self.assertEqual(post({"history": []}, Content_Type="text/plain")[0], 415)
        self.assertEqual(post({"history": [], "k": 1}, "/v1/nothing")[0], 404)
        self.assertEqual(server.call("GET", "/v1/recommend")[0], 405)
        self.assertEqual(server.call("GET", "/v1/titles?wrong=1")[0], 400)
        self.assertEqual(server.call("GET", "/v1/titles?k=1&k=2")[0], 400)
        self.assertEqual(server.call("GET", "/v1/users/%ff")[0], 400)
        for deadline in ("soon", "", "0", "-1"):
            self.assertEqual(post({"history": []}, X_Request_Deadline_Ms=deadline)[0], 400)
        self.assertEqual(post({"event_id": "a", "user_id": "b"}, "/v1/events")[0], 400)
        self.assertEqual(post([], "/v1/events")[0], 400)
        self.assertEqual(post({"history": [], "titles": ["t1"]}, "/v1/predict")[0], 400)
        unknown = self.answer(server, "POST", "/v1/recommend", {"history": ["none"], "k": 1})
        self.assertEqual(unknown["unknown_titles"], ["none"])
        self.assertEqual(len(self.answer(server, "POST", "/v1/recommend", {
            "history": [f"t{i % 80 + 1}" for i in range(10_000)], "k": 3})["items"]), 0)
        self.assertEqual(post({"history": ["t1"] * 10_001})[0], 400)

    def test_malformed_http_is_refused_and_the_server_goes_on(self):
        server = self.server()
        host = "Host: a\r\n"
        body = '{"history":[],"k":1}'
        post = "POST /v1/recommend HTTP/1.1\r\nHost: a\r\nContent-Type: application/json\r\n"
        cases = {
            "no HTTP": "hello\r\n\r\n", "no version": "GET /\r\n\r\n", "version": "GET / HTTP/3.0\r\n" + host + "\r\n",
            "no host": "GET / HTTP/1.1\r\n\r\n", "two hosts": "GET / HTTP/1.1\r\n" + 2 * host + "\r\n",
            "bare LF": "GET / HTTP/1.1\nHost: a\n\n", "folded": "GET / HTTP/1.1\r\nHost: a\r\n b\r\n\r\n",
            "length and chunks": post + f"Content-Length: {len(body)}\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
            "two lengths": post + "Content-Length: 5\r\nContent-Length: 6\r\n\r\n" + body,
            "negative length": post + "Content-Length: -5\r\n\r\n" + body,
            "length that overflows": post + "Content-Length: 99999999999999999999999\r\n\r\n" + body,
            "length of words": post + "Content-Length: five\r\n\r\n" + body,
            "chunk of -1": post + "Transfer-Encoding: chunked\r\n\r\n-1\r\n" + body,
            "chunk that overflows": post + "Transfer-Encoding: chunked\r\n\r\nffffffffffffffffff\r\n",
            "chunk of no size": post + "Transfer-Encoding: chunked\r\n\r\nzz\r\n" + body,
            "other coding": post + "Transfer-Encoding: gzip\r\nContent-Length: 2\r\n\r\n{}",
            "long line": "GET /" + "a" * 9_000 + " HTTP/1.1\r\n" + host + "\r\n",
            "many fields": "GET / HTTP/1.1\r\n" + host + "A: b\r\n" * 101 + "\r\n",
            "long fields": "GET / HTTP/1.1\r\n" + host + f"A: {'b' * 70_000}\r\n\r\n",
            "large body": post + "Content-Length: 3000000\r\n\r\n",
            "other scheme": "GET ftp://a/ HTTP/1.1\r\n" + host + "\r\n", "star": "GET * HTTP/1.1\r\n" + host + "\r\n",
            "NUL": "GET /\0 HTTP/1.1\r\n" + host + "\r\n", "method": "BREW / HTTP/1.1\r\n" + host + "\r\n",
        }
        for name, bytes_ in cases.items():
            with self.subTest(name):
                got = server.raw(bytes_.encode("latin-1"))
                self.assertRegex(got[:12].decode(), r"HTTP/1\.1 (4\d\d|501)", name)
                self.assertEqual(got.count(b"HTTP/1.1 "), 1, "one answer, then the end")
        self.answer(server, "GET", "/v1/health/live")

    def test_pipelined_requests_are_answered_in_order(self):
        server = self.server()
        body = '{"history":[],"k":%d}'
        sent = ""
        for k in range(1, 6):
            text = body % k
            sent += ("POST /v1/recommend HTTP/1.1\r\nHost: a\r\nContent-Type: application/json\r\n"
                     f"Content-Length: {len(text)}\r\n\r\n{text}")
        got = server.raw((sent + "GET /v1/health/live HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n")
                         .encode())
        counts = [piece.count(b'"title_id"') for piece in got.split(b"HTTP/1.1 200")[1:]]
        self.assertEqual(counts, [1, 2, 3, 4, 5, 0])

    def test_half_closed_connections_are_answered_and_ended(self):
        server = self.server()
        descriptors = lambda: len(os.listdir(f"/proc/{server.process.pid}/fd"))
        before = descriptors()
        request = b"GET /v1/health/live HTTP/1.1\r\nHost: a\r\n\r\n"
        body = (b"POST /v1/recommend HTTP/1.1\r\nHost: a\r\nContent-Type: application/json\r\n"
                b"Content-Length: 20\r\n\r\n")
        for sent, answers in ((request, 1), (3 * request, 3), (body + b'{"history":[],"k":2}', 1),
                              (b"", 0), (request[:-2], 0), (request + request[:9], 1),
                              (body + b'{"history"', 0)):
            with socket.create_connection(("127.0.0.1", server.port), timeout=20) as client:
                client.sendall(sent)
                client.shutdown(socket.SHUT_WR)
                got = b""
                while piece := client.recv(65536):
                    got += piece
            self.assertEqual(got.count(b"HTTP/1.1 200"), answers, sent)
            self.assertEqual(got.count(b"HTTP/1.1 "), answers, sent)
        self.assertTrue(m.wait_until(lambda: descriptors() == before), "descriptors stay open")

    def test_chunked_bodies_and_slow_clients(self):
        server = self.server()
        body = b'{"history":[],"k":2}'
        chunks = b"".join(b"1\r\n" + bytes([c]) + b"\r\n" for c in body) + b"0\r\n\r\n"
        got = server.raw(b"POST /v1/recommend HTTP/1.1\r\nHost: a\r\nConnection: close\r\n"
                         b"Content-Type: application/json\r\nTransfer-Encoding: chunked\r\n\r\n" + chunks)
        self.assertTrue(got.startswith(b"HTTP/1.1 200"), got[:200])
        slow = [socket.create_connection(("127.0.0.1", server.port)) for _ in range(100)]
        for each in slow:
            self.addCleanup(each.close)
            each.sendall(b"POST /v1/recommend HTTP/1.1\r\nHo")
        start = time.monotonic()
        self.answer(server, "GET", "/v1/health/live")
        self.assertLess(time.monotonic() - start, 1)
        slow[0].settimeout(15)
        self.assertEqual(slow[0].recv(100), b"", "the head took too long")
        self.assertLess(time.monotonic() - start, 10)

    def test_sigterm_finishes_requests_in_flight(self):
        server = self.server()
        idle = socket.create_connection(("127.0.0.1", server.port))
        self.answer(server, "POST", "/v1/recommend", {"history": []})
        rc, err = server.end()
        self.assertEqual(rc, 0, err)
        self.assertEqual(idle.recv(10), b"")
        idle.close()

    def test_an_acknowledged_event_survives_kill_9(self):
        """Killed while four clients write; MARQUEE_KILLS says how often."""
        draw = random.Random(3)
        acknowledged = {}

        def write(server, user, stop):
            kept = acknowledged.setdefault(user, [])
            while not stop.is_set():
                event = {"event_id": f"{user}-{len(kept)}", "user_id": user, "title_id": f"t{len(kept)}"}
                try:
                    if server.call("POST", "/v1/events", event)[0] == 200:
                        kept.append(event["title_id"])
                except (OSError, http.client.HTTPException):
                    return

        for life in range(int(os.environ.get("MARQUEE_KILLS", 5))):
            server, stop = self.server(state=self.dir / "kept"), threading.Event()
            writers = [threading.Thread(target=write, args=(server, f"{life}-{i}", stop))
                       for i in range(4)]
            for each in writers:
                each.start()
            time.sleep(draw.uniform(0.05, 0.4))
            server.end(signal.SIGKILL)
            stop.set()
            for each in writers:
                each.join()
        server = self.server(state=self.dir / "kept")
        self.assertGreater(sum(map(len, acknowledged.values())), len(acknowledged))
        for user, kept in acknowledged.items():
            got, answer, _ = server.call("GET", f"/v1/users/{user}")
            history = [e["title_id"] for e in answer["history"]] if got == 200 else []
            self.assertEqual(history[:len(kept)], kept)
            self.assertLessEqual(len(history), len(kept) + 1, "at most one more, in flight")
        print(sum(map(len, acknowledged.values())), "events acknowledged in", len(acknowledged) // 4,
              "lives", flush=True)

    def test_another_model_takes_over_between_two_requests(self):
        server = self.server()
        name = lambda: self.answer(server, "GET", "/v1/model")["version"]
        first = name()
        other = m.bundle("mean")
        status, answer = server.admin("/v1/admin/reload", {"bundle": str(other)})
        self.assertEqual((status, answer["model"]), (200, name()))
        self.assertNotEqual(name(), first)
        self.assertEqual(server.admin("/v1/admin/rollback"), (200, {"model": first}))
        second = name()
        for damage, needle in [(lambda f: (f / "model.pt").write_bytes(b"x"), "model.pt"),
                               (lambda f: (f / "manifest.json").unlink(), "manifest.json"),
                               (lambda f: shutil.rmtree(f), "")]:
            bad = self.copy(other, "bad")
            damage(bad)
            status, answer = server.admin("/v1/admin/reload", {"bundle": str(bad)})
            self.assertEqual(status, 409, answer)
            self.assertIn(needle, answer["error"])
            self.assertEqual(name(), second, "the model stays")
            shutil.rmtree(bad, ignore_errors=True)
        for path, body, token in [("/v1/admin/reload", None, "x" * 48), ("/v1/admin/reload", None, "x")]:
            self.assertEqual(server.admin(path, body, token)[0], 401)
        self.assertEqual(server.admin("/v1/admin/reload", {"wrong": 1})[0], 400)
        self.assertEqual(server.admin("/v1/admin/nothing")[0], 404)
        self.answer(server, "POST", "/v1/admin/reload", {}, status=404)
        self.assertEqual((server.state / "admin-token").stat().st_mode & 0o777, 0o600)

    def test_reloads_under_load_fail_no_request_and_mix_no_models(self):
        # Never degraded, however busy the machine is: all titles of an answer are compared.
        server = self.server("--set", "queue.degrade_after_ms=60000", "--set",
                             "queue.deadline_ms=60000")
        bundles = {m.manifest_of(b)["facts"]["model"]: b for b in (m.bundle("attention"),
                                                                   m.bundle("popularity"))}
        history = ["t1", "t2", "t3"]
        wanted = {}
        for bundle in bundles.values():
            version = m.sha256(bundle / "manifest.json")[:8]
            lines = self.ok("recommend", "--bundle", bundle, "--history", ",".join(history), "-k",
                            10, "--json").lines()
            wanted[version] = [i["title_id"] for i in lines[0]["items"]]
        stop, failures, versions = [], [], set()

        def load():
            while not stop:
                status, answer, _ = server.call("POST", "/v1/recommend", {"history": history, "k": 10})
                version = answer.get("model", "").split("@")[-1]
                versions.add(version)
                if status != 200 or [i["title_id"] for i in answer["items"]] != wanted[version]:
                    failures.append(answer)

        with concurrent.futures.ThreadPoolExecutor(4) as pool:
            loads = [pool.submit(load) for _ in range(3)]
            for i in range(6):
                bundle = list(bundles.values())[(i + 1) % 2]
                self.assertEqual(server.admin("/v1/admin/reload", {"bundle": str(bundle)})[0], 200)
                self.assertEqual(server.admin("/v1/admin/reload", {"bundle": str(self.dir)})[0], 409)
            stop.append(True)
            for each in loads:
                each.result()
        self.assertEqual(failures, [])
        self.assertEqual(versions, set(wanted))

    def test_requests_that_wait_too_long_get_popular_titles(self):
        server = self.server("--set", "queue.degrade_after_ms=0")
        request = {"history": ["t2"], "exclude": ["t3"]}
        titles = self.answer(server, "POST", "/v1/recommend", {**request, "k": 70})
        page = self.answer(server, "POST", "/v1/page", request)
        self.assertTrue(titles["degraded"] and page["degraded"])
        self.assertEqual([row["kind"] for row in page["rows"]], ["popular"])
        ids = [item["title_id"] for item in titles["items"]]
        self.assertEqual([i["title_id"] for i in page["rows"][0]["items"]], ids[:20])
        self.assertFalse({"t2", "t3"} & set(ids))
        popular = self.answer(server, "GET", "/v1/titles?k=30")["titles"]
        wanted = [t["title_id"] for t in popular if t["title_id"] not in ("t2", "t3")]
        self.assertEqual(ids[:20], wanted[:20])
        self.answer(server, "POST", "/v1/page", {"history": [], "filters": {"region": 1}}, status=400)

    def test_sighup_reloads_and_drain_ends(self):
        bundle = self.copy(m.bundle("attention"), "served")
        server = self.server(bundle=bundle)
        shutil.rmtree(bundle)
        shutil.copytree(m.bundle("mean"), bundle)
        server.process.send_signal(signal.SIGHUP)
        wanted = m.sha256(bundle / "manifest.json")
        m.wait_until(lambda: self.answer(server, "GET", "/v1/model")["sha256"] == wanted)
        self.assertEqual(server.admin("/v1/admin/drain")[0], 202)
        self.assertEqual(server.process.wait(20), 0)

    def test_refuses_to_start_where_it_cannot_serve(self):
        server = self.server()
        taken = self.sane(m.run("serve", "--bundle", m.bundle("attention"), "--port", server.port,
                                "--state", self.dir / "other"))
        self.assertEqual(taken.rc, 2)
        self.says(taken, "taken", "--port")
        used = self.sane(m.run("serve", "--bundle", m.bundle("attention"), "--port", 0, "--state",
                               server.state))
        self.assertEqual(used.rc, 2)
        self.says(used, "store", str(server.state))
        self.assertEqual(self.sane(m.run("serve", "--bundle", m.dataset(), "--state",
                                         self.dir / "third")).rc, 3)


if __name__ == "__main__":
    m.main()
