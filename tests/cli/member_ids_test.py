"""model.member: members known by id, from training to the answer, and where ids do not belong."""

import json

import marquee as m

BOTH = ("model: {name: neural_cf, dim: 8, negatives: 16, member: both, history: {encoder: mean}}\n"
        "train: {epochs: 2}\n")
IDS = "model: {name: neural_cf, dim: 8, negatives: 16, member: id}\ntrain: {epochs: 2}\n"
KNOWN = "u3"


class MemberIds(m.Case):
    def bundle(self, text, name, data=None):
        config = self.dir / f"{name}.yaml"
        config.write_text(text)
        self.ok("train", "--config", config, "--data", data or m.dataset(), "--out", self.dir / f"{name}-run")
        self.ok("export", "--run", self.dir / f"{name}-run", "--out", self.dir / name)
        self.is_intact(self.dir / name)
        return self.dir / name

    def answers(self, bundle, *requests):
        """Titles with scores, of requests that may name users of the dataset."""
        lines = "\n".join(json.dumps(each) for each in requests)
        answers = self.ok("recommend", "--bundle", bundle, "--requests", "-", "--data", m.dataset(),
                          stdin=lines).lines()
        return [[(item["title_id"], round(item["score"], 4)) for item in each["items"]] for each in answers]


    def test_who_is_known_gets_another_list_than_who_watched_the_same(self):
        bundle = self.bundle(BOTH, "both")
        named = {"user_id": KNOWN, "k": 20}
        stored, again = self.answers(bundle, named, named)
        self.assertEqual(stored, again)
        other, unknown = self.answers(bundle, {"user_id": "u4", "k": 20}, {"history": [], "k": 20})
        self.assertNotEqual(stored, other)
        plain = self.answers(bundle, {"history": ["t1", "t2"], "k": 5}, {"history": ["t3", "t4"], "k": 5})
        self.assertNotEqual(*plain)
        self.assertNotEqual(stored, unknown)

    def test_by_ids_alone_histories_only_say_what_was_seen(self):
        bundle = self.bundle(IDS, "ids")
        one, other = self.answers(bundle, {"history": ["t1"], "k": 78}, {"history": ["t2"], "k": 78})
        seen = {"t1", "t2"}
        self.assertEqual([each for each in one if each[0] not in seen],
                         [each for each in other if each[0] not in seen])
        users = self.answers(bundle, {"user_id": "u3", "k": 20}, {"user_id": "u4", "k": 20})
        self.assertNotEqual(*users)
        self.assertIn("embedding of their own", (bundle / "model_card.md").read_text())

    def test_a_bundle_holds_hashes_and_no_ids(self):
        bundle = self.bundle(IDS, "ids")
        again = self.bundle(IDS, "again")
        raw = (bundle / "users.bin").read_bytes()
        self.assertEqual(raw, (again / "users.bin").read_bytes())
        users = json.loads((bundle / "manifest.json").read_text())["facts"]["users"]
        self.assertEqual(len(raw), 32 + 20 * users)
        hashes = [raw[at:at + 16] for at in range(32, len(raw), 20)]
        self.assertEqual(hashes, sorted(hashes))
        self.assertEqual(len(set(hashes)), users)

    def test_two_stages_know_them_as_well(self):
        ids = self.bundle(IDS, "ids")
        out = self.dir / "two"
        self.ok("export", "--candidates", m.bundle("popularity"), "--ranking", ids, "--count", 1000, "--out", out)
        requests = [{"user_id": KNOWN, "k": 10}, {"history": ["t1"], "k": 10}]
        self.assertEqual(self.answers(out, *requests), self.answers(ids, *requests))

    def test_evaluation_asks_with_the_ids(self):
        ids, both = self.bundle(IDS, "ids"), self.bundle(BOTH, "both")
        self.ok("evaluate", "--bundle", ids, both, "--data", m.dataset(), "--out", self.dir / "report")
        report = json.loads((self.dir / "report/report.json").read_text())
        # Without ids every member would have the mean's list, less what they have seen.
        coverage = report["bundles"][0]["metrics"]["beyond_accuracy"]["coverage@10"]["value"]
        self.assertGreater(coverage, 0.5)

    def test_what_gives_no_ids_is_refused(self):
        ids = self.bundle(IDS, "ids")
        self.refused(2, "model.member", "export", "--format", "triton", "--bundle", ids, "--out",
                     self.dir / "triton")
        self.refused(2, "model.member", "train", "--config", self.dir / "ids.yaml", "--data", m.dataset(),
                     "--set", "train.privacy.epsilon=4", "--out", self.dir / "private")

    def test_a_users_file_that_does_not_fit_is_refused(self):
        ids = self.bundle(IDS, "ids")
        for name, damage in {"short": lambda raw: raw[:-1], "number": lambda raw: raw[:-4] + b"\xff\xff\xff\x7f",
                             "empty": lambda raw: b""}.items():
            broken = self.copy(ids, name)
            (broken / "users.bin").write_bytes(damage((broken / "users.bin").read_bytes()))
            self.refused(3, "users.bin", "recommend", "--bundle", broken, "--history", "t1")
            m.rewrite_manifest(broken)
            self.refused(3, "users.bin", "recommend", "--bundle", broken, "--history", "t1")


if __name__ == "__main__":
    m.main()
