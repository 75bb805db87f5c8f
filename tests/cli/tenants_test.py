"""Several services in one process: each has its own bundle, store, keys and limits, and none is touched by what
happens to another."""

import concurrent.futures
import hashlib
import json
import shutil
import threading
import time

import marquee as m
import serving


class Tenants(serving.Case):
    def two(self, *options, **named):
        return self.server(*options, bundle={"films": m.bundle("attention"), "series": m.bundle("popularity")}, **named)

    def admin(self, server, tenant, path, body=None):
        token = (server.state / tenant / "admin-token").read_text().strip()
        return server.call("POST", f"/{tenant}/v1/admin/{path}", body, port=server.admin_port,
                           Authorization=f"Bearer {token}")[:2]

    def test_each_has_its_own(self):
        (self.dir / "series.yaml").write_text("page: {titles_a_row: 5}\n")
        key = "s3cret"
        (self.dir / "keys").write_text(f"client {hashlib.sha256(key.encode()).hexdigest()}\n")
        server = self.two("--config", f"series={self.dir / 'series.yaml'}", "--api-keys", f"series={self.dir / 'keys'}",
                          "--set", "page.because_rows=1", "--set", "films=page.titles_a_row=7",
                          "--access-log", self.dir / "access.jsonl")
        self.assertEqual([each.rpartition("/")[0].rpartition("/")[2] for each in server.addresses], ["films", "series"])
        bearer = {"Authorization": f"Bearer {key}"}
        models = [self.answer(server, "GET", "/films/v1/model"), self.answer(server, "GET", "/series/v1/model", **bearer)]
        self.assertEqual([each["name"] for each in models], ["two_tower", "popularity"])
        self.assertEqual(server.call("GET", "/series/v1/model")[0], 401)

        event = {"event_id": "e1", "user_id": "ann", "title_id": "t1", "event": "like"}
        self.answer(server, "POST", "/films/v1/events", event)
        self.assertEqual(len(self.answer(server, "GET", "/films/v1/users/ann")["history"]), 1)
        self.answer(server, "GET", "/series/v1/users/ann", status=404, **bearer)
        for tenant, titles, more in (("films", 7, {}), ("series", 5, bearer)):
            page = self.answer(server, "POST", f"/{tenant}/v1/page", {"history": ["t2", "t3", "t4"]}, **more)
            self.assertEqual(max(len(row["items"]) for row in page["rows"]), titles)
            self.assertLessEqual(sum(row["kind"] == "because" for row in page["rows"]), 1)
            metrics = self.answer(server, "GET", f"/{tenant}/metrics", **more)
            self.assertIn(f'tenant="{tenant}"', metrics)
            lines = [line for line in metrics.splitlines() if not line.startswith("#")]
            self.assertTrue(all(f'tenant="{tenant}"' in line for line in lines), metrics)
            self.assertIn("assets/app.js", self.answer(server, "GET", f"/{tenant}/"))
            self.assertIn("fetch", self.answer(server, "GET", f"/{tenant}/assets/app.js"))
        self.answer(server, "DELETE", "/films/v1/users/ann")
        for path, status in (("/v1/health/ready", 200), ("/v1/health/live", 200), ("/films/v1/health/ready", 200),
                             ("/v1/model", 404), ("/metrics", 404), ("/", 404), ("/film/v1/model", 404),
                             ("/filmsv1/model", 404), ("/films//v1/model", 404), ("/films", 308)):
            self.assertEqual(server.call("GET", path)[0], status, path)
        self.assertEqual(server.end()[0], 0)
        logged = [json.loads(line) for line in (self.dir / "access.jsonl").read_text().splitlines()]
        self.assertEqual({each["tenant"] for each in logged}, {"films", "series"})
        self.assertTrue((self.dir / "state/films/history.db").exists())

    def test_a_bad_reload_of_one_leaves_all(self):
        bad = self.dir / "bad"
        shutil.copytree(m.bundle("attention"), bad)
        (bad / "model.pt").write_bytes(b"x")
        server = self.two()
        status, answer = self.admin(server, "films", "reload", {"bundle": str(bad)})
        self.assertEqual(status, 409, answer)
        for tenant in ("films", "series"):
            self.answer(server, "POST", f"/{tenant}/v1/recommend", {"history": ["t1"]})
        self.assertEqual(self.admin(server, "series", "reload", {"bundle": str(m.bundle("mean"))})[0], 200)
        self.assertEqual(self.answer(server, "GET", "/series/v1/model")["version"][:9], "two_tower")
        self.assertEqual(self.answer(server, "GET", "/films/v1/model")["name"], "two_tower")
        self.assertEqual(self.admin(server, "films", "drain")[0], 404)  # it would end the other too
        wrong = server.call("POST", "/series/v1/admin/rollback", port=server.admin_port,
                            Authorization="Bearer " + (server.state / "films/admin-token").read_text().strip())
        self.assertEqual(wrong[0], 401)

    def test_overload_of_one_is_not_the_others(self):
        """One queue is full all the time; the other's calls are answered, by the model."""
        server = self.two("--set", "films=queue.max_requests=8", "--set", "films=queue.workers=1",
                          "--set", "films=queue.max_batch=1", threads=2)
        ends = threading.Event()
        shed = []

        def flood(n):
            while not ends.is_set():
                body = {"history": [f"t{i}" for i in range(1, 60)], "k": 500}
                shed.append(server.call("POST", "/films/v1/page", {"history": body["history"]})[0])

        with concurrent.futures.ThreadPoolExecutor(24) as pool:
            floods = [pool.submit(flood, n) for n in range(24)]
            time.sleep(0.5)
            answers = []
            for i in range(60):
                answers.append(self.answer(server, "POST", "/series/v1/recommend", {"history": [f"t{i + 1}"], "k": 10}))
            ends.set()
            for each in floods:
                each.result()
        self.assertIn(503, shed)
        self.assertEqual([each for each in answers if each.get("degraded") or len(each["items"]) != 10], [])
        metrics = self.answer(server, "GET", "/series/metrics")
        self.assertNotIn("marquee_shed_total{", metrics)
        self.assertRegex(self.answer(server, "GET", "/films/metrics"), r'marquee_shed_total\{[^}]*reason="queue_full"')

    def test_words_that_do_not_fit_are_refused(self):
        one, two = m.bundle("attention"), m.bundle("popularity")
        named = ("--bundle", f"a={one}", "--bundle", f"b={two}")
        for words, needle in (
                (("--bundle", one, "--bundle", two), "each needs a name"),
                (("--bundle", f"a={one}", "--bundle", f"a={two}"), 'two bundles "a"'),
                (("--bundle", f"v1={one}", "--bundle", f"a={two}"), "address of the server itself"),
                ((*named, "--state", "c=x"), 'there is no bundle "c"'),
                ((*named, "--state", "a=x", "--state", "a=y"), "given twice"),
                ((*named, "--redis", "redis://127.0.0.1/0"), "say of which bundle"),
                ((*named, "--redis", "a=redis://h/0", "--redis", "b=redis://h:6379"), "another bundle is served with it"),
                ((*named, "--state", "a=x", "--state", "b=y/../x"), "--state b=y/../x: another bundle is served with it"),
                ((*named, "--exposures", "a=x", "--exposures", "b=x"), "another bundle is served with it"),
                (("--bundle", f"a={one}", "--bundle", f"b={one}"), "--state b="),
                ((*named, "--set", "a=http.threads=2"), "http.threads is of the whole server"),
                ((*named, "--set", "a=page.no_such=2"), "page.no_such: unknown key")):
            result = self.sane(m.run("serve", *words, "--port", 0))
            self.assertEqual(result.rc, 2, str(result))
            self.assertIn(needle, result.err)


if __name__ == "__main__":
    m.main()
