"""Lists that are more varied: what is set, and what the report says that it costs."""

import json

import marquee as m


class Responsible(m.Case):
    def evaluated(self, name, *more):
        out = self.dir / name
        result = self.ok("evaluate", "--bundle", m.bundle("mean"), "--data", m.dataset(), "--out", out, *more)
        bundle, = json.loads((out / "report.json").read_text())["bundles"]
        return result, bundle

    def test_what_variety_costs(self):
        for method in ("mmr", "msd", "dpp", "ssd"):
            result, bundle = self.evaluated(method, "--diversity", 0.6, 0, 0.3, "--diversity-method", method)
            none, some, more = bundle["diversity"]
            self.assertEqual([point["strength"] for point in bundle["diversity"]],
                             [0, *(self.assertAlmostEqual(p["strength"], s, places=6) or p["strength"]
                                   for p, s in ((some, 0.3), (more, 0.6)))])
            self.assertEqual(none["metrics"]["ndcg@10"], bundle["metrics"]["full_rank"]["ndcg@10"],
                             "without diversity it is the ranking as it is")
            for name in ("diversity@10", "novelty@10", "coverage@10"):
                self.assertEqual(none["metrics"][name], bundle["metrics"]["beyond_accuracy"][name])
            self.assertEqual(none["changes"]["ndcg@10"], {"value": 0, "low": 0, "high": 0})
            self.assertGreater(some["changes"]["diversity@10"]["value"], 0)
            self.assertGreater(more["metrics"]["diversity@10"]["value"], some["metrics"]["diversity@10"]["value"])
            self.assertIn(f"{method} by genres", result.out)
        self.assertIn("What variety costs", (self.dir / "mmr/report.html").read_text())
        _, plain = self.evaluated("plain")
        self.assertNotIn("diversity", plain)
        self.refused(2, ["--diversity"], "evaluate", "--bundle", m.bundle("mean"), "--data", m.dataset(), "--out",
                     self.dir / "none", "--diversity", 1.5)
        for strength in ("nan", "inf", "-0.1", "some"):
            self.refused(2, ["--diversity"], "recommend", "--bundle", m.bundle("mean"), "--history", "t1",
                         "--diversity", strength)

    def test_what_is_evaluated_is_what_is_served(self):
        """The list of the runner is the one whose metrics the report has: most is the same with vectors."""
        history = [f"t{i}" for i in range(1, 6)]
        lists = []
        for strength in (0, 0.5, 1):
            request = json.dumps({"history": history, "k": 10, "diversity": strength})
            (self.dir / "requests.jsonl").write_text(request + "\n")
            result = self.ok("recommend", "--bundle", m.bundle("mean"), "--requests", self.dir / "requests.jsonl")
            lists.append([item["title_id"] for item in json.loads(result.out)["items"]])
            single = self.ok("recommend", "--bundle", m.bundle("mean"), "--history", ",".join(history), "--diversity",
                           strength, "--json")
            self.assertEqual([item["title_id"] for item in json.loads(single.out)["items"]], lists[-1])
        self.assertEqual(lists[0][0], lists[1][0], "the best title stays the first")
        self.assertNotEqual(lists[0], lists[1])
        self.assertNotEqual(lists[1], lists[2])


if __name__ == "__main__":
    m.main()
