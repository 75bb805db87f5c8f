"""Two bundles exported as one: candidates from the first, their order from the second."""

import unittest

import marquee as m

COUNT = 5


def ranked(case, bundle, history, *more):
    answer = case.ok("recommend", "--bundle", bundle, "--history", ",".join(history), "-k", 80,
                     "--json", *more).lines()[0]
    return [item["title_id"] for item in answer["items"]]


class TwoStage(m.Case):
    def combined(self, name="both", count=COUNT):
        out = self.dir / name
        self.ok("export", "--candidates", m.bundle("popularity"), "--ranking", m.bundle("attention"),
                "--count", count, "--out", out)
        return out

    def test_candidates_of_the_first_in_the_order_of_the_second(self):
        both = self.combined()
        for history in (["t1"], ["t3", "t4", "t5"]):
            first = ranked(self, m.bundle("popularity"), history)
            second = ranked(self, m.bundle("attention"), history)
            got = ranked(self, both, history)
            candidates = set(first[:COUNT])
            self.assertEqual(got[:COUNT], [title for title in second if title in candidates])
            self.assertEqual(got[COUNT:], first[COUNT:], "the rest keeps the first one's order")

    def test_seen_titles_take_no_candidate_s_place(self):
        most_popular = ranked(self, m.bundle("popularity"), ["t80"])[:3]
        got = ranked(self, self.combined(), most_popular)
        self.assertEqual(set(got[:COUNT]),
                         set(ranked(self, m.bundle("popularity"), most_popular)[:COUNT]))

    def test_is_a_bundle_like_any_other(self):
        both = self.combined()
        self.is_intact(both)
        self.says(self.ok("evaluate", "--bundle", both, "--bundle", m.bundle("attention"), "--data",
                          m.dataset(), "--out", self.dir / "report"), "two_stage")
        self.ok("similar", "--bundle", both, "--title", "t1")
        self.assertIn("two_stage", self.ok("inspect", both).out)

    def test_with_every_title_a_candidate_it_is_the_second(self):
        both = self.combined(count=1000)
        self.assertEqual(ranked(self, both, ["t2", "t9"]),
                         ranked(self, m.bundle("attention"), ["t2", "t9"]))

    def test_longer_histories_than_a_stage_takes_are_cut_for_it_alone(self):
        both = self.combined()
        long = [f"t{i}" for i in range(1, 41)]
        first = ranked(self, m.bundle("popularity"), long)
        second = ranked(self, m.bundle("attention"), long)
        self.assertEqual(ranked(self, both, long)[:COUNT],
                         [title for title in second if title in set(first[:COUNT])])

    def test_refuses_what_does_not_fit(self):
        self.refused(2, "--run", "export", "--out", self.dir / "x")
        self.refused(2, "--ranking", "export", "--candidates", m.bundle("popularity"), "--out",
                     self.dir / "x")
        other = self.copy(m.bundle("attention"), "other")

        def of_another_dataset(manifest):
            for source in manifest["sources"]:
                source["sha256"] = "0" * 64

        m.rewrite_manifest(other, of_another_dataset)
        self.refused(3, ["dataset", "same"], "export", "--candidates", m.bundle("popularity"),
                     "--ranking", other, "--out", self.dir / "x")


if __name__ == "__main__":
    m.main()
