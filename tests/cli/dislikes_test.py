"""What members turn down: models learn from it, reports say how much of it is shown, and a server lets what is like it
sink at once."""

import json
import random

import marquee as m
import serving


class Dislikes(serving.Case):
    def planted(self, *mapping):
        """Titles come in pairs: who likes one likes the other, and who turns one down, or rates it low, does so with the
        other."""
        draw = random.Random(5)
        rows = ["user_id,title_id,timestamp,event,value"]
        for user in range(1500):
            titles = [(title, draw.random() < 0.6) for title in draw.sample(range(60), 12)]
            events = [(title + twin, liked) for title, liked in titles for twin in (0, 60)]
            draw.shuffle(events)
            for n, (title, liked) in enumerate(events):
                event = "rating,5" if liked else draw.choice(("rating,1", "dislike,"))
                rows.append(f"u{user},t{title},{1_600_000_000 + 1_000 * n + user},{event}")
        (self.dir / "events.csv").write_text("\n".join(rows) + "\n")
        (self.dir / "titles.csv").write_text("title_id,name,genres\n" + "".join(
            f"t{i},Title {i},Kind {i % 4}\n" for i in range(120)))
        self.ok("ingest", "--interactions", self.dir / "events.csv", "--titles", self.dir / "titles.csv", "--out",
                self.dir / "data", "--split", "random", *mapping)

    def bundle(self, name, dislikes, *more):
        (self.dir / "m.yaml").write_text(f"model: {{name: {name}, dislikes: {dislikes}}}\n")
        out = self.dir / f"{name}-{dislikes}"
        self.ok("train", "--config", self.dir / "m.yaml", "--data", self.dir / "data", "--out", self.dir / "run",
                "--overwrite", *more)
        self.ok("export", "--run", self.dir / "run", "--out", out)
        return out

    LOW_RATINGS = ("--set", "weights.rating.0=-1", "--set", "weights.rating.3=1")

    def test_models_learn_what_nobody_likes_to_see(self):
        self.planted(*self.LOW_RATINGS)
        facts = m.manifest_of(self.dir / "data")["facts"]
        self.assertEqual(facts["weights"], {"rating": [[0, -1], [3, 1]]})
        steps = ("--set", "model.dim=16", "--set", "train.epochs=12")
        small = ("--set", "model.history.blocks=1", "--set", "model.history.heads=1")
        for name, more in (("item_knn", ()), ("ease", ()), ("ials", steps), ("bpr", steps),
                           ("two_tower", (*steps, *small)), ("neural_cf", (*steps, *small))):
            with self.subTest(model=name):
                bundles = [self.bundle(name, 1, *more), self.bundle(name, 0, *more)]
                result = self.ok("evaluate", "--bundle", bundles[0], "--bundle", bundles[1], "--data", self.dir / "data",
                                 "--out", self.dir / "report", "--overwrite")
                self.assertIn("turned down@10", result.out)
                report = json.loads((self.dir / "report/report.json").read_text())
                shown = [each["metrics"]["turned_down"]["recall@10"] for each in report["bundles"]]
                self.assertLess(shown[0]["high"], shown[1]["low"], shown)
                self.assertIn("Turned down", (self.dir / "report/report.html").read_text())

    def like(self, items, kind):
        return sum(int(item["title_id"][1:]) % 4 == kind for item in items)

    def test_a_server_lets_what_is_like_it_sink_at_once(self):
        self.planted(*self.LOW_RATINGS)
        (self.dir / "sink.yaml").write_text("answer: {dislike_strength: 2}\n")
        bundle = self.bundle("ials", 0, "--set", "model.dim=8", "--set", "train.epochs=4")
        server = self.server("--config", self.dir / "sink.yaml", bundle=bundle)
        plain = self.server(bundle=bundle, state=self.dir / "plain-state")
        for each in (server, plain):
            for title in ("t1", "t2", "t3", "t4"):
                self.answer(each, "POST", "/v1/events", {"event_id": title, "user_id": "ann", "title_id": title, "event": "play"})
        ask = lambda each: self.answer(each, "POST", "/v1/recommend", {"user_id": "ann", "k": 20})["items"]
        before = ask(server)
        self.assertEqual(before, ask(plain))
        disliked = before[0]["title_id"]
        kind = int(disliked[1:]) % 4
        for each in (server, plain):
            self.answer(each, "POST", "/v1/events",
                        {"event_id": "no", "user_id": "ann", "title_id": disliked, "event": "dislike"})
        after, unchanged = ask(server), ask(plain)
        self.assertGreater(self.like(before, kind), 2)
        self.assertLess(self.like(after, kind), self.like(unchanged, kind))
        scores = {item["title_id"]: item["score"] for item in unchanged}
        for item in after:  # their scores stay the model's
            self.assertEqual(item["score"], scores.get(item["title_id"], item["score"]))
        page = self.answer(server, "POST", "/v1/page", {"user_id": "ann"})
        plain_page = self.answer(plain, "POST", "/v1/page", {"user_id": "ann"})
        top = {name: next(row for row in each["rows"] if row["kind"] == "top") for name, each in
               (("sunk", page), ("plain", plain_page))}
        self.assertLess(self.like(top["sunk"]["items"][:10], kind), self.like(top["plain"]["items"][:10], kind))
        name = f"Title {disliked[1:]}"
        for each in (page, plain_page):
            for row in each["rows"]:
                self.assertNotIn(name, [row["title"].removeprefix("Because you watched ")])
                for item in row["items"]:
                    self.assertNotIn(name, " ".join(item.get("reasons", [])))
        parameters = json.dumps(self.answer(server, "GET", "/v1/model/parameters"))
        self.assertIn("that you turned down come later", parameters)


if __name__ == "__main__":
    m.main()
