"""Titles that come and go while the server runs: no training, no restart."""

import csv
import unittest

import marquee as m
import serving

NEW = {"name": "Brand New", "year": 2024, "genres": ["Comedy", "A New Genre"],
       "actors": ["Nobody Before"], "runtime_minutes": 95, "language": "en"}


class Catalogue(serving.Case):
    def everything(self, server, **request):
        """The ids of all titles that a new member may be shown."""
        body = {"history": [], "k": 1000, **request}
        return [i["title_id"] for i in self.answer(server, "POST", "/v1/recommend", body)["items"]]

    def test_a_new_title_is_shown_found_and_compared_at_once_and_after_a_restart(self):
        server = self.server()
        before = self.everything(server)
        self.assertNotIn("new", before)
        self.assertEqual(self.answer(server, "PUT", "/v1/titles/new", NEW),
                         {"title_id": "new", "title": "put"})
        for _ in range(2):
            after = self.everything(server)
            self.assertEqual(set(after), set(before) | {"new"})
            found = self.answer(server, "GET", "/v1/titles?query=brand")["titles"]
            self.assertEqual(found, [{"title_id": "new", "name": "Brand New", "year": 2024,
                                      "genres": ["Comedy", "A New Genre"]}])
            self.assertEqual(len(self.answer(server, "GET", "/v1/titles/new/similar")["items"]), 10)
            only = self.everything(server, filters={"genres": ["A New Genre"]})
            self.assertEqual(only, ["new"])
            self.assertEqual(server.end()[0], 0)
            server = self.server(state=server.state)

    def test_a_new_title_is_placed_by_its_features(self):
        """A new title with the features of a trained one is similar to it."""
        server = self.server()
        with open(m.bundle("attention") / "titles.csv", encoding="utf-8", newline="") as file:
            rows = list(csv.DictReader(file))
        old = rows[0]
        features = {"name": "Twin", "year": int(old["year"]), "genres": old["genres"].split("|"),
                    "runtime_minutes": int(old["runtime_minutes"]), "language": old["language"]}
        for field in ("actors", "directors", "studios"):
            if old[field]:
                features[field] = old[field].split("|")
        self.answer(server, "PUT", "/v1/titles/twin", features)
        near = self.answer(server, "GET", "/v1/titles/twin/similar?k=20")["items"]
        self.assertIn(old["title_id"], [i["title_id"] for i in near])

    def test_events_of_a_new_title_count_as_seen_and_break_nothing(self):
        server = self.server()
        self.answer(server, "PUT", "/v1/titles/new", NEW)
        history = ["t1", "t2"]
        plain = self.answer(server, "POST", "/v1/recommend", {"history": history, "k": 1000})
        mixed = self.answer(server, "POST", "/v1/recommend", {"history": history + ["new"], "k": 1000})
        self.assertNotIn("unknown_titles", mixed)
        titles = [i["title_id"] for i in plain["items"] if i["title_id"] != "new"]
        self.assertEqual([i["title_id"] for i in mixed["items"]], titles)
        self.answer(server, "POST", "/v1/events",
                    {"event_id": "e", "user_id": "u", "title_id": "new", "event": "like"})
        page = self.answer(server, "POST", "/v1/page", {"user_id": "u"})
        self.assertNotIn("new", [i["title_id"] for row in page["rows"] for i in row["items"]])

    def test_a_withdrawn_title_is_nowhere_and_comes_back_when_put(self):
        server = self.server()
        near = self.answer(server, "GET", "/v1/titles/t5/similar")["items"][0]["title_id"]
        self.assertEqual(self.answer(server, "DELETE", f"/v1/titles/{near}"),
                         {"title_id": near, "title": "withdrawn"})
        self.assertNotIn(near, self.everything(server))
        self.answer(server, "GET", f"/v1/titles/{near}/similar", status=404)
        for path in ("/v1/titles/t5/similar?k=1000", "/v1/titles?k=1000"):
            self.assertNotIn(near, str(self.answer(server, "GET", path)).replace("'", '"').split('"'))
        for body in ({"history": []}, {"history": ["t5", "t6"]}):
            page = self.answer(server, "POST", "/v1/page", body)
            self.assertNotIn(near, [i["title_id"] for row in page["rows"] for i in row["items"]])
        self.answer(server, "PUT", f"/v1/titles/{near}", NEW)
        self.assertIn(near, self.everything(server))
        self.assertEqual(server.admin("/v1/admin/reload")[0], 200)
        self.answer(server, "DELETE", f"/v1/titles/{near}")
        self.assertEqual(server.admin("/v1/admin/reload")[0], 200)
        self.assertNotIn(near, self.everything(server))
        self.assertEqual(server.admin("/v1/admin/rollback")[0], 200)
        self.assertNotIn(near, self.everything(server))

    def test_what_is_wrong_is_refused_and_changes_nothing(self):
        server = self.server()
        before = self.everything(server)
        self.answer(server, "DELETE", "/v1/titles/nowhere", status=404)
        for body, words in [
                ({}, "name: is missing"), ({"name": ""}, "name"), ({"name": 7}, "name"),
                ({"name": "x", "yaer": 2000}, "did you mean \"year\""),
                ({"name": "x", "year": 0}, "year"), ({"name": "x", "year": 1e99}, "year"),
                ({"name": "x", "genres": "Comedy"}, "genres"),
                ({"name": "x", "genres": ["a|b"]}, "genres[0]: must not hold |"),
                ({"name": "x", "genres": ["a"] * 1_001}, "genres"),
                ({"name": "x", "runtime_minutes": -1}, "runtime_minutes"),
                ({"name": "x", "available_from": 9, "available_until": 8}, "available_until"),
                ('{"name": "x", "year": NaN}', "year"), ("[]", "object"), ("", "no JSON")]:
            answer = self.answer(server, "PUT", "/v1/titles/new", body, status=400)
            self.assertIn(words, answer["error"])
        self.answer(server, "PUT", "/v1/titles/" + "x" * 257, NEW, status=400)
        self.answer(server, "PUT", "/v1/titles/a%00b", NEW, status=400)
        self.assertEqual(self.everything(server), before)

    def test_a_model_without_a_title_tower_says_so(self):
        server = self.server(bundle=m.bundle("popularity"))
        answer = self.answer(server, "PUT", "/v1/titles/new", NEW, status=409)
        self.assertIn("title tower", answer["error"])
        self.answer(server, "PUT", "/v1/titles/t1", NEW)
        self.answer(server, "DELETE", "/v1/titles/t1")
        self.assertNotIn("t1", self.everything(server))


if __name__ == "__main__":
    unittest.main()
