"""What members dislike: models learn from it, reports say how much of it is shown, and a server lets what is like it
sink at once."""

import json
import random

import marquee as m
import serving


class Dislikes(serving.Case):
    def planted(self, *mapping):
        """Titles come in pairs: who likes one likes the other, and who dislikes one, or rates it low, does so with the
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
        for name, more in (("item_knn", ()), ("ease", ()), ("ials", steps), ("bpr", steps)):
            with self.subTest(model=name):
                bundles = [self.bundle(name, 1, *more), self.bundle(name, 0, *more)]
                result = self.ok("evaluate", "--bundle", bundles[0], "--bundle", bundles[1], "--data", self.dir / "data",
                                 "--out", self.dir / "report", "--overwrite")
                self.assertIn("disliked@10", result.out)
                report = json.loads((self.dir / "report/report.json").read_text())
                shown = [each["metrics"]["disliked"]["recall@10"] for each in report["bundles"]]
                self.assertLess(shown[0]["high"], shown[1]["low"], shown)
                self.assertIn("Disliked", (self.dir / "report/report.html").read_text())

    def place(self, items, title):
        ids = [item["title_id"] for item in items]
        return ids.index(title) if title in ids else len(ids)

    def test_a_server_lets_what_is_like_it_sink_at_once(self):
        self.planted(*self.LOW_RATINGS)
        (self.dir / "sink.yaml").write_text("answer: {dislike_strength: 2}\n")
        bundle = self.bundle("ials", 0, "--set", "model.dim=64", "--set", "train.epochs=6")
        server = self.server("--config", self.dir / "sink.yaml", bundle=bundle)
        plain = self.server(bundle=bundle, state=self.dir / "plain-state")

        def both(call, *words):
            return [self.answer(each, call, *words) for each in (server, plain)]

        def asked():
            return [each["items"] for each in both("POST", "/v1/recommend", {"user_id": "ann", "k": 20})]

        for title in ("t1", "t2", "t3", "t4"):
            both("POST", "/v1/events", {"event_id": title, "user_id": "ann", "title_id": title, "event": "like"})
        before, same = asked()
        self.assertEqual(before, same)
        # The four others of their pairs are first; one of them is disliked, and then what is like it is
        # the one of its pair that is seen, and whatever else. So another pair: neither is seen.
        twins = {f"t{i}": f"t{(i + 60) % 120}" for i in range(120)}
        ids = [item["title_id"] for item in before]
        disliked = next(title for title in ids if twins[title] in ids)
        both("POST", "/v1/events", {"event_id": "no", "user_id": "ann", "title_id": disliked, "event": "dislike"})
        after, unchanged = asked()
        self.assertLess(self.place(unchanged, twins[disliked]), 20)
        self.assertGreater(self.place(after, twins[disliked]), self.place(unchanged, twins[disliked]))
        scores = {item["title_id"]: item["score"] for item in unchanged}
        for item in after:  # their scores stay the model's
            self.assertEqual(item["score"], scores.get(item["title_id"], item["score"]))
        page, plain_page = both("POST", "/v1/page", {"user_id": "ann"})
        top, plain_top = [next(row["items"] for row in each["rows"] if row["kind"] == "top") for each in (page, plain_page)]
        self.assertGreater(self.place(top, twins[disliked]), self.place(plain_top, twins[disliked]))
        for each in (page, plain_page):  # neither as a title nor in a reason or the name of a row
            self.assertNotRegex(json.dumps(each["rows"]), rf"Title {disliked[1:]}\b")
        parameters = json.dumps(self.answer(server, "GET", "/v1/model/parameters"))
        self.assertIn("that you disliked come later", parameters)


if __name__ == "__main__":
    m.main()
