"""Titles that members have seen: left out, or answered again after some days, by the kind of event."""

import time

import marquee as m
import serving

DAY = 86_400


class Seen(serving.Case):
    def titles(self, server, user):
        items = self.answer(server, "POST", "/v1/recommend", {"user_id": user, "k": 1000})["items"]
        return {item["title_id"] for item in items}

    def test_what_was_played_to_the_end_may_come_again(self):
        (self.dir / "music.yaml").write_text("answer: {seen: {complete: after 30 days, like: keep}}\n")
        server = self.server("--config", self.dir / "music.yaml")
        plain = self.server(state=self.dir / "plain")
        some = [item["title_id"] for item in self.answer(server, "POST", "/v1/recommend", {"history": [], "k": 6})["items"]]
        old, fresh, played, liked, hidden, again = some
        now = int(time.time())
        events = [(old, "complete", 40), (fresh, "complete", 20), (played, "play", 40), (liked, "like", 0),
                  (hidden, "complete", 50), (hidden, "hide", 45), (again, "complete", 50), (again, "play", 2)]
        for each in (server, plain):
            for number, (title, event, days) in enumerate(events):
                self.answer(each, "POST", "/v1/events", {"event_id": f"e{number}", "user_id": "ann", "title_id": title,
                                                         "event": event, "timestamp": now - days * DAY})
        self.assertEqual(self.titles(plain, "ann") & set(some), set())
        self.assertEqual(self.titles(server, "ann") & set(some), {old, liked})
        page = self.answer(server, "POST", "/v1/page", {"user_id": "ann"})
        shown = {item["title_id"] for row in page["rows"] if row["kind"] != "continue" for item in row["items"]}
        self.assertEqual(shown & {fresh, hidden}, set())
        everything = self.answer(server, "POST", "/v1/recommend", {"user_id": "ann", "k": 1000, "include_seen": True})
        self.assertLessEqual(set(some), {item["title_id"] for item in everything["items"]})

    def test_rules_are_checked(self):
        for rule in ("sometimes", "after", "after 0 days", "after -1 days", "after 3 weeks", "after 3", "after x days",
                     "after 1e9 days", "after nan days"):
            result = self.sane(m.run("serve", "--bundle", m.bundle("attention"), "--set", f"answer.seen.play={rule}"))
            self.assertEqual(result.rc, 2, str(result))
            self.assertIn("answer.seen.play", result.err)
            self.assertIn("must be leave-out, keep or after N days", result.err)


if __name__ == "__main__":
    m.main()
