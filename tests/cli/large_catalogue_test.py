"""The approximate search of a server: exact where it looks at everything, and never silently something else."""

import re

import marquee as m
import serving


class LargeCatalogue(serving.Case):
    def bundle(self, model, titles=600):
        events = m.write_events(self.dir / "events.csv", users=200, titles=titles, events=6000)
        rows = m.write_titles(self.dir / "titles.csv", titles=titles)
        self.ok("ingest", "--interactions", events, "--titles", rows, "--out", self.dir / "data", "--overwrite")
        (self.dir / "m.yaml").write_text(f"model: {{name: {model}}}\n")
        more = ("--set", "model.history.encoder=mean", "--set", "train.epochs=1") if model == "two_tower" else ()
        self.ok("train", "--config", self.dir / "m.yaml", "--data", self.dir / "data", *more, "--out", self.dir / "run",
                "--overwrite")
        self.ok("export", "--run", self.dir / "run", "--out", self.dir / model)
        return self.dir / model

    def lists(self, server):
        return [self.answer(server, "POST", "/v1/recommend", {"history": [f"t{i}", f"t{i + 7}"], "k": 15}) for i in range(1, 30)]

    def clusters(self, *more):
        return ("--set", "retrieval.index=clusters", *(word for each in more for word in ("--set", f"retrieval.{each}")))

    def test_says_what_it_finds(self):
        bundle = self.bundle("two_tower")
        exact = self.server(bundle=bundle, state=self.dir / "exact")
        whole = self.server(*self.clusters("from_titles=10", "share=1"), bundle=bundle, state=self.dir / "whole")
        some = self.server(*self.clusters("from_titles=10", "share=0.05"), bundle=bundle, state=self.dir / "some")
        wanted = self.lists(exact)
        self.assertEqual(self.lists(whole), wanted)
        self.assertNotIn("search", self.answer(exact, "GET", "/v1/model"))
        self.assertEqual(self.answer(whole, "GET", "/v1/model")["search"]["recall@100"], 1)
        recall = self.answer(some, "GET", "/v1/model")["search"]["recall@100"]
        self.assertTrue(0.05 < recall < 1, recall)
        gauge = re.search(r"^marquee_search_recall (.*)$", self.answer(some, "GET", "/metrics"), re.MULTILINE)
        self.assertAlmostEqual(float(gauge[1]), recall, places=5)
        for got, best in zip(self.lists(some), wanted):
            self.assertEqual(len(got["items"]), 15)
            scores = [item["score"] for item in got["items"]]
            self.assertEqual(scores, sorted(scores, reverse=True))
            exact_scores = {item["title_id"]: item["score"] for item in best["items"]}
            for item in got["items"]:
                self.assertAlmostEqual(item["score"], exact_scores.get(item["title_id"], item["score"]), delta=1e-5)
        new = {"name": "Brand New", "genres": ["Drama"]}
        self.answer(some, "PUT", "/v1/titles/new-1", new)
        everything = self.answer(some, "POST", "/v1/recommend", {"history": ["t1"], "k": 1000})["items"]
        self.assertIn("new-1", {item["title_id"] for item in everything})
        code, log = some.end()
        self.assertEqual(code, 0)
        self.assertRegex(log, r"approximate search: \d+ clusters, 5 % of the titles looked at, recall@100 0\.\d+")

    def test_small_catalogues_and_models_without_vectors_are_exact(self):
        small = self.server(*self.clusters(), state=self.dir / "small")
        self.assertNotIn("search", self.answer(small, "GET", "/v1/model"))
        without = self.server(*self.clusters("from_titles=10"), bundle=self.bundle("item_knn"), state=self.dir / "without")
        self.assertNotIn("search", self.answer(without, "GET", "/v1/model"))
        self.assertIn("scores titles without vectors", without.end()[1])


if __name__ == "__main__":
    m.main()
