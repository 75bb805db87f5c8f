"""What is watched where a request comes from: it counts for members of whom little is known."""

import json
import random

import artefacts
import marquee as m
import serving


class Contexts(serving.Case):
    def planted(self, *split):
        """North watches titles 0 to 39, south the others; a coin says nothing; at night it is titles 0 to 9."""
        draw = random.Random(7)
        events, users = ["user_id,title_id,timestamp,event"], ["user_id,place,coin,few"]
        for i in range(900):
            north = i % 3 == 0
            pool = range(40) if north else range(40, 80)
            weights = [1 / (1 + title % 40) for title in pool]
            day = 1_600_000_000 // 86_400 * 86_400 + 86_400 * i
            watched = {}
            while len(watched) < 12:
                title, = draw.choices(pool, weights)
                watched[title] = 3 if title % 40 < 10 else 15
            for n, (title, hour) in enumerate(watched.items()):
                events.append(f"u{i},t{title},{day + 86_400 * n + 3_600 * hour},play")
            # 49 members are too few, 50 are enough.
            users.append(f"u{i},{'north' if north else 'south'},{draw.choice(('heads', 'tails'))},"
                         f"{'small' if i < 49 else 'enough' if i < 99 else ''}")
        titles = ["title_id,name,genres,year"]
        titles += [f"t{i},Title {i},Genre {i % 4},{2000 + i % 20}" for i in range(80)]
        for name, rows in (("events", events), ("users", users), ("titles", titles)):
            (self.dir / f"{name}.csv").write_text("\n".join(rows) + "\n")
        self.ok("ingest", "--interactions", self.dir / "events.csv", "--titles", self.dir / "titles.csv", "--users",
                self.dir / "users.csv", "--out", self.dir / "data", *split)

    def trained(self, name="ease", *more):
        (self.dir / f"{name}.yaml").write_text(f"model: {{name: {name}}}\n")
        self.ok("train", "--config", self.dir / f"{name}.yaml", "--data", self.dir / "data", "--out",
                self.dir / "run", *more)

    def exported(self, *columns, out="bundle"):
        self.ok("export", "--run", self.dir / "run", "--out", self.dir / out,
                *(word for column in columns for word in ("--context", column)))
        return self.dir / out

    def test_new_members_get_what_is_watched_where_they_are(self):
        self.planted("--split", "strong")
        self.trained()
        plain, bundle = self.exported(out="plain"), self.exported("place", "coin")
        self.assertIn("its place, its coin", (bundle / "model_card.md").read_text())
        result = self.ok("evaluate", "--bundle", bundle, "--bundle", plain, "--data", self.dir / "data", "--onboarding",
                         0, 3, "--out", self.dir / "report")
        self.assertIn("context gains", result.out)
        with_contexts, without = json.loads((self.dir / "report/report.json").read_text())["bundles"]
        none, three = with_contexts["onboarding"]["points"]
        self.assertGreater(none["context_difference"]["low"], 0.02)
        self.assertGreater(none["in_context"]["value"], 1.5 * none["asked"]["value"])
        self.assertGreater(three["context_difference"]["low"], 0)
        self.assertEqual(none["asked"], without["onboarding"]["points"][0]["asked"])
        self.assertNotIn("in_context", without["onboarding"]["points"][0])
        self.assertIn("difference that context makes", (self.dir / "report/report.html").read_text())
        # What says nothing changes nothing.
        coin = self.exported("coin", out="coin")
        self.ok("evaluate", "--bundle", coin, "--data", self.dir / "data", "--onboarding", 0, "--out", self.dir / "c")
        gain = json.loads((self.dir / "c/report.json").read_text())["bundles"][0]["onboarding"]["points"][0][
            "context_difference"]
        self.assertTrue(gain["low"] <= 0 <= gain["high"], gain)

    def top(self, bundle, history, *contexts, k=10):
        words = [word for context in contexts for word in ("--context", context)]
        answer = json.loads(self.ok("recommend", "--bundle", bundle, "--history", history, "-k", k, "--json", *words).out)
        return [int(item["title_id"][1:]) for item in answer["items"]]

    def test_requests_say_where_they_come_from(self):
        self.planted()
        self.trained("popularity")
        bundle = self.exported("place", "hour")
        plain = self.top(bundle, "")
        self.assertTrue(all(title < 40 for title in self.top(bundle, "", "place=north")))
        self.assertTrue(all(title >= 40 for title in self.top(bundle, "", "place=south")))
        self.assertTrue(all(title % 40 < 10 for title in self.top(bundle, "", "place=south", "hour=3", k=8)))
        self.assertTrue(all(title % 40 >= 10 for title in self.top(bundle, "", "place=south", "hour=15")))
        self.assertEqual(self.top(bundle, "", "place=west"), plain, "nothing is known of the west")
        # A long history says more.
        long = ",".join(f"t{i % 80}" for i in range(100))
        self.assertEqual(self.top(bundle, long, "place=north"), self.top(bundle, long))
        for words, said in ((["place"], "COLUMN=VALUE"), (["age=3"], "this bundle knows place, hour")):
            self.refused(2, [said], "recommend", "--bundle", bundle, "--history", "", "--context", *words)
        server = self.server(bundle=bundle)
        model = self.answer(server, "GET", "/v1/model")
        self.assertEqual(model["contexts"]["place"], ["north", "south"])
        page = self.answer(server, "POST", "/v1/page", {"history": [], "context": {"place": "north", "hour": 3}})
        top = next(row for row in page["rows"] if row["kind"] == "top")
        self.assertTrue(all(int(item["title_id"][1:]) < 10 for item in top["items"][:8]))
        for kind in ("recommend", "page"):
            answers = {json.dumps(self.answer(server, "POST", f"/v1/{kind}", {
                "user_id": user, "profile": "none", "context": {"place": "north"}, "at": 1_700_000_000}))
                for user in ("ann", "bob")}
            self.assertEqual(len(answers), 1, "the context is the request's, not the member's")
        asked = self.answer(server, "POST", "/v1/onboarding/next", {"k": 5, "context": {"place": "north"}})
        self.assertTrue(all(int(each["title_id"][1:]) < 40 for each in asked["questions"]))
        for context in ({"place": ["north"]}, {"place": -1}, {"place": ""}, {"age": "3"}, "north", [],
                        {f"c{i}": "x" for i in range(17)}):
            refused = self.answer(server, "POST", "/v1/recommend", {"history": [], "context": context}, status=400)
            self.assertIn("context", refused["error"])
        said = " ".join(self.answer(server, "GET", "/v1/model/parameters")["parameters"])
        self.assertIn("says your place, your hour", said)

    def test_nothing_is_said_of_few_members(self):
        self.planted()
        self.trained("popularity")
        column, = json.loads((self.exported("few") / "contexts.json").read_text())["columns"]
        self.assertEqual((column["values"], column["members"]), (["enough"], [50]))
        for words, said in ((["age"], "no attribute \"age\""), (["user_id"], "no attribute"),
                            (["few", "--context", "few"], "given twice")):
            self.refused(2, [said], "export", "--run", self.dir / "run", "--out", self.dir / "no", "--context", *words)
        self.refused(2, ["export it with --context"], "recommend", "--bundle", self.exported(out="plain"), "--history",
                     "", "--context", "few=enough")
        (self.dir / "ials.yaml").write_text("model: {name: ials}\n")
        self.ok("train", "--config", self.dir / "ials.yaml", "--data", self.dir / "data", "--out", self.dir / "private",
                "--set", "train.privacy.epsilon=5", "--set", "train.privacy.delta=0.001", "--set", "train.epochs=1")
        self.refused(2, ["counted without noise"], "export", "--run", self.dir / "private", "--out", self.dir / "no",
                     "--context", "place")
        # Files that do not fit each other are found when the bundle is opened.
        for size in (0, 4):
            damaged = self.copy(self.dir / "bundle", f"damaged{size}")
            (damaged / "contexts.bin").write_bytes(b"\0" * size)
            artefacts.rewrite_manifest(damaged)
            self.refused(3, ["contexts.bin has"], "recommend", "--bundle", damaged, "--history", "")


if __name__ == "__main__":
    m.main()
