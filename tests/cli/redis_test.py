"""Histories in Redis: two servers that share them, and a Redis that stops and comes back."""

import re
import unittest

import marquee as m
import redis_server
import serving


@unittest.skipUnless(redis_server.PROGRAM, "there is no Redis (redis-tools)")
class Redis(serving.Case):
    def setUp(self):
        super().setUp()
        self.redis = redis_server.Redis(self.dir)
        self.addCleanup(self.redis.stop)

    def replica(self, name):
        return self.server("--redis", self.redis.address, state=self.dir / name,
                           environment=self.redis.environment)

    def titles(self, server, user):
        status, answer, _ = server.call("GET", f"/v1/users/{user}")
        return [item["title_id"] for item in answer["history"]] if status == 200 else []

    def test_two_servers_know_the_same(self):
        one, other = self.replica("one"), self.replica("other")
        events = [{"event_id": f"e{i}", "user_id": "ann", "title_id": f"t{i}", "timestamp": time_,
                   "event": "rating", "value": 3.3}
                  for i, time_ in ((1, 50), (2, 50), (3, 10))]
        self.assertEqual(self.answer(one, "POST", "/v1/events", events)["new"], 3)
        self.assertEqual(self.answer(other, "POST", "/v1/events", events)["new"], 0)
        self.assertEqual(self.titles(other, "ann"), ["t3", "t1", "t2"])
        history = self.answer(other, "GET", "/v1/users/ann")["history"]
        self.assertEqual((history[0]["timestamp"], history[0]["event"], history[0]["value"]),
                         (10, "rating", 3.3))
        shown = [i["title_id"] for i in
                 self.answer(other, "POST", "/v1/recommend", {"user_id": "ann", "k": 50})["items"]]
        self.assertFalse({"t1", "t2", "t3"} & set(shown))
        self.answer(other, "POST", "/v1/events", {"event_id": "x", "user_id": "a b\n\x01é",
                                                  "title_id": "with a blank"})
        self.answer(other, "DELETE", "/v1/users/ann", status=200)
        self.assertEqual(self.titles(one, "ann"), [])
        self.assertEqual(self.titles(one, "a%20b%0A%01%C3%A9"), ["with a blank"])

    def test_newest_ten_thousand_of_more(self):
        server = self.replica("one")
        for begin in range(0, 10_005, 667):
            self.answer(server, "POST", "/v1/events", [
                {"event_id": f"e{i}", "user_id": "ann", "title_id": f"x{i}", "timestamp": i}
                for i in range(begin, min(begin + 667, 10_005))])
        titles = self.titles(server, "ann")
        self.assertEqual((len(titles), titles[0], titles[-1]), (10_000, "x5", "x10004"))

    def test_goes_on_when_redis_is_back_and_loses_nothing(self):
        server = self.replica("one")
        event = {"event_id": "e", "user_id": "ann", "title_id": "t1"}
        self.answer(server, "POST", "/v1/events", event)
        self.redis.stop()
        status, answer, _ = server.call("POST", "/v1/events", {**event, "event_id": "lost"})
        self.assertGreaterEqual(status, 500, answer)
        self.assertNotIn("127.0.0.1", str(answer))
        status, answer, _ = server.call("POST", "/v1/recommend", {"user_id": "ann"})
        failure = re.search(r"its log says more of (failure \d+)", answer["error"])[1]
        self.answer(server, "POST", "/v1/recommend", {"history": ["t1"]})
        self.redis.start()
        self.assertEqual(self.titles(server, "ann"), ["t1"])
        self.assertEqual(self.answer(server, "POST", "/v1/events", event)["new"], 0)
        self.assertIn(failure, server.end()[1])

    def test_says_what_is_wrong_with_the_address(self):
        for url, needle in [("http://a", "redis://HOST"), ("redis://", "redis://HOST"),
                            ("redis://a:b", "redis://HOST"), ("redis://a/x", "redis://HOST"),
                            ("redis://127.0.0.1:1", "refused"),
                            (f"redis://127.0.0.1:{self.redis.port}", "NOAUTH")]:
            result = self.sane(m.run("serve", "--bundle", m.bundle("attention"), "--port", 0,
                                     "--state", self.dir / "state", "--redis", url))
            self.assertIn(result.rc, (1, 2), result.err)
            self.says(result, needle)


if __name__ == "__main__":
    m.main()
