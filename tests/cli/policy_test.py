"""Policies that are served: made, explained, learning, kept, and refused where they do not fit."""

import json
import time

import marquee as m
import serving


class Policy(serving.Case):
    def policy(self, *sets, name="policy"):
        words = [word for each in sets for word in ("--set", each)]
        self.ok("policy", "train", *words, "--out", self.dir / name)
        return self.dir / name

    def play(self, server, page, title):
        self.answer(server, "POST", "/v1/events", {
            "event_id": f"{page['request_id']}-{title}", "user_id": "ann", "title_id": title, "event": "play",
            "value": 1, "request_id": page["request_id"]})

    def test_a_page_says_which_policy_put_what_where(self):
        server = self.server("--policy", self.policy("titles.fill=sampled", "titles.kept=0.5"))
        page = self.answer(server, "POST", "/v1/page?explain", {"history": ["t1", "t6", "t11"]})
        self.assertRegex(page["policy"], r"^thompson@[0-9a-f]{6}$")
        self.assertTrue(page["request_id"])
        shown = []
        for row in page["rows"]:
            self.assertTrue(0 < row["propensity"] <= 1)
            for chance in row.get("propensities", []):
                self.assertTrue(0 < chance <= 1)
            shown += [item["title_id"] for item in row["items"]]
        self.assertEqual(len(shown), len(set(shown)))
        self.assertTrue(any(p < 1 for row in page["rows"] for p in row.get("propensities", [])))
        plain = self.answer(server, "POST", "/v1/page", {"history": ["t1", "t6", "t11"]})
        self.assertNotIn("policy", plain)
        self.assertNotIn("propensity", plain["rows"][0])
        # Loaded again, it is the same page.
        self.assertEqual([row["items"] for row in page["rows"]], [row["items"] for row in plain["rows"]])
        status, answer, _ = server.call("POST", "/v1/page?explain=maybe", {"history": []})
        self.assertEqual((status, answer["error"]), (400, 'explain: must be true or false, not "maybe"'))

    def test_without_a_policy_rows_are_in_their_order(self):
        page = self.answer(self.server(), "POST", "/v1/page?explain=true", {"history": ["t1", "t6", "t11"]})
        self.assertEqual(page["policy"], "fixed")
        self.assertEqual({row["propensity"] for row in page["rows"]}, {1})
        fixed = self.server("--policy", self.policy("rows.algorithm=fixed"), state=self.dir / "other")
        again = self.answer(fixed, "POST", "/v1/page", {"history": ["t1", "t6", "t11"]})
        self.assertEqual([row["kind"] for row in again["rows"]], [row["kind"] for row in page["rows"]])

    def test_it_learns_while_it_serves_and_goes_on_after_a_restart(self):
        # Its window is so short that a page is over before the next.
        policy = self.policy("reward.hours=0.001")
        server = self.server("--policy", policy)
        for i in range(3):
            page = self.answer(server, "POST", "/v1/page", {"user_id": "ann"})
            self.play(server, page, page["rows"][0]["items"][i]["title_id"])
        time.sleep(4)
        self.answer(server, "POST", "/v1/page", {"user_id": "ann"})
        server.end()
        learned = self.ok("policy", "inspect", self.dir / "state/policy").out
        rows = int(learned.split("learned from ")[1].split()[0].replace(",", ""))
        self.assertGreater(rows, 3)
        server = self.server("--policy", policy)
        _, err = server.end()
        self.assertIn(f"goes on with what it learned from {rows} rows", err)
        other = self.server("--policy", self.policy("rows.algorithm=ucb", name="other"))
        _, err = other.end()
        self.assertIn("was learned from another policy", err)

    def test_a_policy_replaced_while_serving_changes_nothing_until_a_restart(self):
        policy = self.policy()
        server = self.server("--policy", policy)
        before = self.answer(server, "POST", "/v1/page?explain", {"history": ["t1"]})
        self.ok("policy", "train", "--set", "rows.algorithm=ucb", "--out", policy, "--overwrite")
        after = self.answer(server, "POST", "/v1/page?explain", {"history": ["t1"]})
        self.assertEqual((before["policy"], before["rows"]), (after["policy"], after["rows"]))

    def test_repeated_titles_sink_and_a_forgotten_member_starts_anew(self):
        server = self.server("--set", "page.repeat_pages=5", "--set", "page.repeat_most=2", "--set",
                             "page.repeat_titles=3", "--set", "page.repeat_rows=1")
        request = {"user_id": "ann"}
        first = [item["title_id"] for item in self.answer(server, "POST", "/v1/page", request)["rows"][0]["items"]]
        self.answer(server, "POST", "/v1/page", request)
        third = [item["title_id"] for item in self.answer(server, "POST", "/v1/page", request)["rows"][0]["items"]]
        self.assertFalse(set(first[:3]) & set(third[:3]), (first, third))
        self.answer(server, "DELETE", "/v1/users/ann")
        fresh = [item["title_id"] for item in self.answer(server, "POST", "/v1/page", request)["rows"][0]["items"]]
        self.assertEqual(fresh, first)

    def test_repeated_titles_sink_in_lists_that_ask_for_it(self):
        server = self.server("--set", "page.repeat_pages=5", "--set", "page.repeat_most=2")
        request = {"user_id": "ann", "k": 12}

        def titles(more):
            return [item["title_id"] for item in self.answer(server, "POST", "/v1/recommend", request | more)["items"]]
        first = titles({})
        self.assertEqual(titles({"sink_repeated": True}), first)
        self.assertEqual(titles({"sink_repeated": True}), first)
        sunk = titles({"sink_repeated": True})  # shown twice by now; the first list did not ask for it
        self.assertEqual(len(sunk), 12)
        self.assertEqual(sunk[:6], first[6:12])  # the first 6 places of a list are looked at
        self.assertEqual(titles({}), first)
        self.answer(server, "DELETE", "/v1/users/ann")
        self.assertEqual(titles({"sink_repeated": True}), first)
        said = self.answer(server, "POST", "/v1/recommend", {"history": [], "sink_repeated": True}, status=400)
        self.assertIn("takes a user_id", said["error"])
        server.end()
        other = self.server()
        said = self.answer(other, "POST", "/v1/recommend", request | {"sink_repeated": True}, status=400)
        self.assertIn("page.repeat_pages", said["error"])
        (self.dir / "requests.jsonl").write_text('{"history":[],"sink_repeated":true}\n')
        self.assertIn("only a server knows", m.run("recommend", "--bundle", m.bundle("attention"), "--requests",
                                                  self.dir / "requests.jsonl").out)

    def test_little_known_titles_get_their_places_and_what_came_of_them_is_kept(self):
        server = self.server("--set", "page.try_share=0.2", "--set", "page.try_watches=1000000", "--set",
                             "page.try_hours=0.001", "--set", "page.titles_a_row=10")
        page = self.answer(server, "POST", "/v1/page?explain", {"user_id": "ann"})
        top = next(row for row in page["rows"] if row["kind"] == "top")
        tried = [place for place, item in enumerate(top["items"]) if item["reasons"] == ["few have watched it yet"]]
        self.assertEqual(tried, [2, 7])
        for place, chance in enumerate(top["propensities"]):
            self.assertEqual(chance < 1, place in tried, top)
        again = self.answer(server, "POST", "/v1/page?explain", {"user_id": "ann"})
        self.assertEqual(again["rows"], page["rows"])  # the same on the same day
        title = top["items"][2]["title_id"]
        self.answer(server, "POST", "/v1/events", {"event_id": "e1", "user_id": "ann", "title_id": title,
                                                   "event": "complete", "request_id": page["request_id"]})
        time.sleep(4)
        self.answer(server, "POST", "/v1/page", {"user_id": "bob"})  # learns what is over
        server.end()
        kept = json.loads((self.dir / "state/tried_titles.json").read_text())
        self.assertEqual(sum(shown for _, shown, _ in kept), 4)
        self.assertEqual(sorted(watched for _, _, watched in kept)[-1], 1)
        (self.dir / "state/tried_titles.json").write_text("[[1]]")
        self.refused(2, ["tried_titles.json", "remove it"], "serve", "--bundle", m.bundle("attention"), "--state",
                     self.dir / "state", "--set", "page.try_share=0.1", leaves=self.dir / "state")

    def test_a_policy_that_does_not_learn_stays_as_it_is_while_titles_are_tried(self):
        server = self.server("--policy", self.policy("policy.learns=false"), "--set", "page.try_share=0.2", "--set",
                             "page.try_hours=0.001")
        page = self.answer(server, "POST", "/v1/page", {"user_id": "ann"})
        self.play(server, page, page["rows"][0]["items"][0]["title_id"])
        time.sleep(4)
        self.answer(server, "POST", "/v1/page", {"user_id": "bob"})
        server.end()
        self.assertTrue((self.dir / "state/tried_titles.json").exists())
        self.assertFalse((self.dir / "state/policy").exists())

    def test_what_is_refused(self):
        policy = self.policy()
        out = self.dir / "out"
        self.refused(2, ["rows.algorithm", "thomson", "did you mean thompson"], "policy", "train", "--set",
                     "rows.algorithm=thomson", "--out", out)
        self.refused(2, ["rows.epsilon", "1.5 is above 1"], "policy", "train", "--set", "rows.epsilon=1.5",
                     "--out", out)
        self.refused(2, ["rows.window", "rows.discount"], "policy", "train", "--set", "rows.window=9", "--set",
                     "rows.discount=0.9", "--out", out)
        self.refused(2, ["already"], "policy", "train", "--out", policy)
        self.refused(3, ["marquee policy train"], "policy", "inspect", m.bundle("attention"))
        state = json.loads((policy / "state.json").read_text())
        state[0]["moment"][0] = 7
        (policy / "state.json").write_text(json.dumps(state))
        self.refused(3, ["state.json"], "policy", "inspect", policy)
        self.refused(3, ["state.json"], "serve", "--bundle", m.bundle("attention"), "--policy", policy,
                     "--state", self.dir / "none")


if __name__ == "__main__":
    m.main()
