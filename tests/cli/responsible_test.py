"""Lists that are more varied: what is set, and what the report says that it costs."""

import collections
import json
import math
import random

import marquee as m
import serving


class Responsible(serving.Case):
    def write(self, name, text):
        (self.dir / name).write_text(text)
        return self.dir / name

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

    def test_rules_of_lists(self):
        """No studio has more titles in a window than it may; what cannot be kept is said."""
        server = self.server("--set", "diversity.most_of_studio=2", "--set", "diversity.window=5",
                             "--set", "diversity.depth=8", "--set", "page.titles_a_row=10")
        studio = {f"t{i}": i % 4 for i in range(1, 81)}  # samples.py
        def most_in_a_window(titles):
            return max(max(window.count(each) for each in window)
                       for window in (titles[i:i + 5] for i in range(len(titles) - 4)))
        answer = self.answer(server, "POST", "/v1/recommend", {"history": ["t1", "t6"], "k": 8})
        self.assertLessEqual(most_in_a_window([studio[item["title_id"]] for item in answer["items"]]), 2)
        self.assertNotIn("relaxed", answer)
        page = self.answer(server, "POST", "/v1/page", {"history": ["t1", "t6", "t11"]})
        top = next(row for row in page["rows"] if row["kind"] == "top")
        self.assertLessEqual(most_in_a_window([studio[item["title_id"]] for item in top["items"]]), 2)
        # All titles that the filter leaves are of few studios: four in five places cannot be kept.
        server = self.server("--set", "diversity.most_of_studio=1", "--set", "diversity.window=6",
                             state=self.dir / "other")
        answer = self.answer(server, "POST", "/v1/recommend", {"history": ["t1"], "k": 10})
        self.assertEqual(answer["relaxed"], ["studio"])

    def test_pages_that_differ_from_the_last(self):
        """With diversity.recent, what was first on the last page counts as the places before a row."""
        plain = self.server("--set", "diversity.strength=0.6", "--set", "diversity.method=ssd")
        seeded = self.server("--set", "diversity.strength=0.6", "--set", "diversity.method=ssd", "--set",
                             "diversity.recent=10", state=self.dir / "other")
        def tops(server):
            rows = [self.answer(server, "POST", "/v1/page", {"user_id": "ann", "at": 1_600_000_000})["rows"]
                    for _ in range(2)]
            return [[item["title_id"] for row in page if row["kind"] == "top" for item in row["items"]] for page in rows]
        first, second = tops(plain)
        self.assertEqual(first, second)
        first, second = tops(seeded)
        self.assertNotEqual(first, second)

    def test_lists_like_the_history(self):
        """Calibrated lists have nearer the member's own mix of genres than the ranking as it is."""
        self.ok("evaluate", "--bundle", m.bundle("mean"), "--data", m.dataset(), "--out", self.dir / "report",
                "--diversity", "0", "0.8", "--diversity-method", "calibrated")
        points = json.loads((self.dir / "report/report.json").read_text())["bundles"][0]["diversity"]
        off = [point["metrics"]["calibration@10"]["value"] for point in points]
        self.assertLess(off[1], 0.8 * off[0])
        # Nothing is known of any title: then there is nothing to follow.
        self.ok("ingest", "--interactions", m.write_events(self.dir / "events.csv"), "--out", self.dir / "bare")
        (self.dir / "popularity.yaml").write_text("model: {name: popularity}\n")
        self.ok("train", "--config", self.dir / "popularity.yaml", "--data", self.dir / "bare", "--out", self.dir / "p")
        self.ok("export", "--run", self.dir / "p", "--out", self.dir / "pb")
        for method in ("calibrated", "xquad", "msd"):
            self.ok("evaluate", "--bundle", self.dir / "pb", "--data", self.dir / "bare", "--out",
                    self.dir / f"bare-{method}", "--diversity", "0.5", "--diversity-method", method)
        self.ok("evaluate", "--bundle", m.bundle("mean"), "--data", m.dataset(), "--out", self.dir / "its-own",
                "--config", self.write("own.yaml", "diversity: {strength: 0.4, method: mmr}\n"))
        points = json.loads((self.dir / "its-own/report.json").read_text())["bundles"][0]["diversity"]
        self.assertEqual([round(point["strength"], 3) for point in points], [0, 0.4])
        self.refused(2, ["--config", "--diversity-method"], "evaluate", "--bundle", m.bundle("mean"), "--data",
                     m.dataset(), "--out", self.dir / "no", "--config", self.dir / "own.yaml", "--diversity-method",
                     "dpp")
        (self.dir / "server.yaml").write_text("diversity: {method: xquad, most_of_studio: 3}\n")
        self.ok("evaluate", "--bundle", m.bundle("mean"), "--data", m.dataset(), "--out", self.dir / "rules",
                "--diversity", "0.5", "--config", self.dir / "server.yaml")
        self.assertIn("xquad, within rules for lists", (self.dir / "rules/report.html").read_text())

    def test_new_members_are_asked_and_their_lists_get_better(self):
        synth, data = self.dir / "synth", self.dir / "data"
        self.ok("synth", "--users", 3000, "--titles", 400, "--interactions", 90000, "--out", synth)
        self.ok("ingest", "--interactions", synth / "interactions.csv", "--titles", synth / "titles.csv",
                "--split", "strong", "--out", data)
        (self.dir / "ease.yaml").write_text("model: {name: ease}\n")
        self.ok("train", "--config", self.dir / "ease.yaml", "--data", data, "--out", self.dir / "run")
        self.ok("export", "--run", self.dir / "run", "--out", self.dir / "bundle")
        words = ["evaluate", "--bundle", self.dir / "bundle", "--data", data, "--onboarding", 10, 0, 3, 3]
        result = self.ok(*words, "--out", self.dir / "report")
        bundle, = json.loads((self.dir / "report/report.json").read_text())["bundles"]
        curve = bundle["onboarding"]
        none, three, ten = curve["points"]
        self.assertEqual([point["answers"] for point in curve["points"]], [0, 3, 10])
        self.assertEqual(none["asked"], none["popular_asked"])
        self.assertEqual(none["asked"], none["first_events"])
        self.assertEqual(none["difference"], {"value": 0, "low": 0, "high": 0})
        self.assertEqual(curve["whole_history"], bundle["metrics"]["full_rank"]["ndcg@10"])
        self.assertGreater(ten["asked"]["value"], none["asked"]["value"])
        self.assertGreater(ten["known"], ten["popular_known"])
        self.assertTrue(0 < three["known"] < 1)
        self.assertIn("New members", (self.dir / "report/report.html").read_text())
        self.assertIn("popular asked", result.out)
        self.assertEqual(self.ok(*words, "--out", self.dir / "again", threads=1).out, result.out)
        self.refused(2, ["--split strong"], "evaluate", "--bundle", m.bundle("mean"), "--data", m.dataset(), "--out",
                     self.dir / "none", "--onboarding", 3)

    def test_why_these_titles_follows_the_configuration(self):
        def text(*more, **options):
            server = serving.Server(self, *more, **options)
            answer = server.call("GET", "/v1/model/parameters")[1]
            server.end()
            return answer
        plain = text(bundle=m.bundle("attention"))
        said = " ".join(plain["parameters"])
        self.assertIn("up to the newest 12 events", said)
        self.assertIn("watched last weighs more", said)
        for word in ("varied", "few have watched", "pages", "rows"):
            self.assertNotIn(word, said)
        self.assertTrue(plain["not_used"] and plain["choices"])
        self.ok("policy", "train", "--out", self.dir / "policy")
        set_up = " ".join(text("--set", "diversity.strength=0.25", "--set", "page.try_share=0.1", "--set",
                               "page.repeat_pages=7", "--policy", self.dir / "policy",
                               bundle=m.bundle("mean"))["parameters"])
        self.assertNotIn("watched last", set_up)  # the mean of a history has no order
        for words in ("strength of 25 %", "At least 10 % of the top row", "last 7 pages", "rows your page has"):
            self.assertIn(words, set_up)
        rules = " ".join(text("--set", "diversity.strength=0.5", "--set", "diversity.method=calibrated", "--set",
                              "diversity.most_of_studio=2", "--set", "diversity.least_from=3", "--set",
                              "diversity.floors_of=studio", "--set", "diversity.floors=0.7",
                              bundle=m.bundle("mean"))["parameters"])
        for words in ("shares of genres that you watched, with a strength of 50 %", "10 titles in a row at most 2 have "
                      "the same studio", "at least 3 are from European countries", "every studio are shown, over all "
                      "members, at least 70 % as much"):
            self.assertIn(words, rules)

    def planted(self):
        """Members of a group "odd" watch anything, all others titles of one kind; a coin says nothing."""
        draw = random.Random(5)
        events, users = ["user_id,title_id,timestamp,event"], ["user_id,group,coin,rare,taste"]
        for i in range(700):
            odd = i % 4 == 0
            pool = range(100) if odd else range(20 * (i % 5), 20 * (i % 5) + 20)
            for n, title in enumerate(draw.sample(pool, 12)):
                events.append(f"u{i},t{title},{1_600_000_000 + 1000 * n},play")
            users.append(f"u{i},{'odd' if odd else 'usual'},{draw.choice(('heads', 'tails'))},"
                         f"{'one' if i == 3 else 'some' if i < 300 else ''},{'left' if i % 2 else 'right'}")
        # What is watched least is French.
        watches = collections.Counter(row.split(",")[1] for row in events[1:])
        french = sorted((f"t{i}" for i in range(100)), key=lambda title: watches[title])[:40]
        titles = ["title_id,name,genres,studios,language,year,countries"]
        titles += [f"t{i},Title {i},Genre {i // 20},Studio {i % 3},{'en' if i % 10 else 'ko'},{2000 + i % 20},"
                   f"{'FR|BE' if f't{i}' in french else 'US'}" for i in range(100)]
        for name, rows in (("events", events), ("users", users), ("titles", titles)):
            (self.dir / f"{name}.csv").write_text("\n".join(rows) + "\n")
        self.ok("ingest", "--interactions", self.dir / "events.csv", "--titles", self.dir / "titles.csv", "--users",
                self.dir / "users.csv", "--out", self.dir / "data")
        for model in ("item_knn", "popularity"):
            (self.dir / f"{model}.yaml").write_text(f"model: {{name: {model}}}\n")
            self.ok("train", "--config", self.dir / f"{model}.yaml", "--data", self.dir / "data", "--out",
                    self.dir / f"{model}-run")
            self.ok("export", "--run", self.dir / f"{model}-run", "--out", self.dir / model)

    def audit(self, name, limits, model="item_knn", *more, rc=0):
        (self.dir / "limits.yaml").write_text(limits)
        result = self.sane(m.run("audit", "fairness", "--bundle", self.dir / model, "--data", self.dir / "data",
                                 "--config", self.dir / "limits.yaml", "--out", self.dir / name, *more))
        self.assertEqual(result.rc, rc, str(result))
        return result, json.loads((self.dir / name / "report.json").read_text())

    def test_planted_unfairness_is_found_and_stops_a_release(self):
        self.planted()
        limits = "members:\n  group: {gap: 0.2}\n  coin: {gap: 0.5}\nproviders:\n  studio: {least: 0.5, most: 2}\n"
        result, report = self.audit("gap", limits, rc=2)
        self.assertTrue(report["exceeded"])
        self.assertIn('! group "odd": NDCG@10 is -', result.out)
        by_name = {each["name"]: each for each in report["members"]["group"]["groups"]}
        self.assertLess(by_name["odd"]["gap"]["high"], -0.2)
        self.assertLess(by_name["odd"]["adjusted_p"], 0.001)
        self.assertGreater(by_name["usual"]["gap"]["low"], 0.2)
        for group in report["members"]["coin"]["groups"]:  # where nothing was planted nothing is found
            self.assertGreater(group["adjusted_p"], 0.05)
            self.assertTrue(group["gap"]["low"] < 0 < group["gap"]["high"])
        # One member, and those without a value, are not reported.
        rare = report["members"]["rare"]
        self.assertEqual([group["name"] for group in rare["groups"]], ["some"])
        self.assertEqual(rare["left_out"], 401)
        self.assertEqual(report["members"]["activity"]["groups"], [])  # all watched as much
        # A column that is named as the groups by popularity of histories hides none of them.
        names = {key: {group["name"] for group in report["members"][key]["groups"]}
                 for key in ("taste", "taste (users file)")}
        self.assertEqual(names, {"taste": {"rarest titles", "rarer", "more popular", "most popular"},
                                 "taste (users file)": {"left", "right"}})
        self.assertLess(report["worst_tenth"]["value"], report["ndcg@10"]["value"])
        for kind in ("genre", "studio", "language", "popularity"):
            for share in ("catalogue", "history", "watched"):
                self.assertAlmostEqual(sum(each[share] for each in report["providers"][kind]), 1, places=9)
            self.assertAlmostEqual(sum(each["shown"]["value"] for each in report["providers"][kind]), 1, places=9)
        self.assertAlmostEqual(next(each["catalogue"] for each in report["providers"]["language"]
                                    if each["name"] == "ko"), 0.1)
        page = (self.dir / "gap/report.html").read_text()
        self.assertIn("<h1>Limits are exceeded</h1>", page)
        self.is_intact(self.dir / "gap")
        _, held = self.audit("held", limits.replace("0.2", "1"))
        self.assertFalse(held["exceeded"] or held["findings"])
        # A model that shows everybody the same titles never shows the tail.
        _, popular = self.audit("popular", "providers: {popularity: {least: 0.2, most: 2}, genre: {least: 0.5}}\n",
                                "popularity", rc=2)
        self.assertTrue(any('popularity "tail": shown 0.00 times' in each["text"] for each in popular["findings"]))
        self.assertEqual({each["kind"] for each in popular["findings"]}, {"exceeded", "unclear"})
        again = self.audit("again", limits, rc=2)[1]
        for each in (again, report):
            each.pop("command")
        self.assertEqual(again, report)
        self.refused(2, ["members.grup", "there are group, coin, rare, taste (users file)"], "audit", "fairness", "--bundle",
                     self.dir / "item_knn", "--data", self.dir / "data", "--set", "members.grup.gap=0.1", "--out",
                     self.dir / "none")
        self.refused(2, ["members.group.gap", "1.5 is above 1"], "audit", "fairness", "--bundle",
                     self.dir / "item_knn", "--data", self.dir / "data", "--set", "members.group.gap=1.5", "--out",
                     self.dir / "none")

    def test_planted_country_bias_is_found_and_stops_a_release(self):
        self.planted()
        limits = "providers: {country: {least: 0.5}}\neuropean: {least_of_catalogue: 0.4, least_of_exposure: 0.2}\n"
        # The same titles for everybody are the most popular ones, none of them French.
        result, popular = self.audit("popular", limits, "popularity", rc=2)
        countries = {each["name"]: each for each in popular["providers"]["country"]}
        self.assertEqual({name: each["catalogue"] for name, each in countries.items()},
                         {"FR": 0.2, "BE": 0.2, "US": 0.6})
        self.assertEqual(countries["FR"]["shown"]["value"], 0)
        self.assertGreater(countries["FR"]["watched"], 0.1)
        self.assertEqual(popular["european_works"]["catalogue"], 0.4)
        texts = [each["text"] for each in popular["findings"] if each["kind"] == "exceeded"]
        self.assertTrue(any('country "FR": shown 0.00 times' in text for text in texts), texts)
        self.assertTrue(any("European works: 0.0" in text and "of what is shown" in text for text in texts), texts)
        self.assertIn("European works: 40.0", result.out)
        self.assertGreater(popular["amortised"]["country"]["low"], 0.3)
        self.assertGreater(popular["amplification"][0]["popularity_lift"]["low"], 0.05)
        page = (self.dir / "popular/report.html").read_text()
        for words in ("European works", "is for lawyers", "From histories to lists"):
            self.assertIn(words, page)
        # A model that follows taste shows what is watched.
        _, personal = self.audit("personal", limits)
        self.assertFalse(personal["exceeded"], personal["findings"])
        self.assertLess(personal["amortised"]["country"]["value"], popular["amortised"]["country"]["low"])
        self.assertEqual(personal["ratings"], {})  # it predicts none
        audit = ("audit", "fairness", "--bundle", self.dir / "item_knn", "--data", self.dir / "data", "--out",
                 self.dir / "none", "--set")
        self.refused(2, ["european.countries", '"UK" is a country of no title', "BE, FR, US"], *audit,
                     "european.countries=FR, UK")
        self.refused(2, ["members.group: a limit of ratings", "predicts none"], *audit, "members.group.value=0.1")
        self.assertRegex(self.ok("inspect", self.dir / "data").out, r"countries +on 100\.0")
        self.assertIn(",FR|BE,", (self.dir / "item_knn/titles.csv").read_text())
        # Where no title has a country.
        (self.dir / "titles.csv").write_text("\n".join(
            row.rpartition(",")[0] for row in (self.dir / "titles.csv").read_text().splitlines()) + "\n")
        self.ok("ingest", "--interactions", self.dir / "events.csv", "--titles", self.dir / "titles.csv", "--out",
                self.dir / "data", "--overwrite")
        self.refused(2, ["european: no title of this dataset has countries"], *audit, "european.least_of_catalogue=0.3")
        self.refused(2, ["providers.country: there is no such thing"], *audit, "providers.country.least=0.3")

    def test_floors_of_exposure_over_many_lists(self):
        """The most popular titles are none of France; with a floor France gets what it asks for, in what is
        audited, what is evaluated and what is served, and nothing of it where it is not asked for."""
        self.planted()
        serving = self.write("serving.yaml", "diversity: {floors_of: country, floors: 0.8, depth: 100}\n")
        found = {}
        for name, more in (("plain", []), ("floors", ["--serving", serving])):
            _, report = self.audit(name, "members: {}\n", "popularity", *more)
            found[name] = {each["name"]: each["ratio"]["value"] for each in report["providers"]["country"]}
            found[name]["ndcg"] = report["ndcg@10"]["value"]
        self.assertEqual(found["plain"]["FR"], 0)
        self.assertGreater(found["floors"]["FR"], 0.5)  # what comes next is not watched as often as all before
        self.assertLess(found["floors"]["FR"], 0.9)
        report = self.ok("evaluate", "--bundle", self.dir / "popularity", "--data", self.dir / "data", "--config",
                         serving, "--out", self.dir / "evaluated")
        point = json.loads((self.dir / "evaluated/report.json").read_text())["bundles"][0]["diversity"][0]
        self.assertEqual(point["metrics"]["ndcg@10"]["value"], found["floors"]["ndcg"], report)
        country = {row.split(",")[0]: row.split(",")[-1] for row in (self.dir / "titles.csv").read_text().splitlines()}
        server = self.server("--config", serving, bundle=self.dir / "popularity")
        def share(lists):
            weight = [1 / math.log2(2 + place) for place in range(10)]
            return sum(weight[place] for titles in lists for place, title in enumerate(titles)
                       if country[title] != "US") / (len(lists) * sum(weight))
        lists = [[item["title_id"] for item in self.answer(server, "POST", "/v1/recommend", {"history": ["t1"], "k": 10})
                  ["items"]] for _ in range(300)]
        watched = collections.Counter()
        for row in (self.dir / "events.csv").read_text().splitlines()[1:]:
            watched[country[row.split(",")[1]] != "US"] += 1
        self.assertEqual(share(lists[:1]), 0)
        self.assertAlmostEqual(share(lists[100:]), 0.8 * watched[True] / watched.total(), delta=0.03)
        rows = self.answer(server, "POST", "/v1/page", {"history": ["t1"]})["rows"]
        self.assertTrue(any(country[item["title_id"]] != "US" for row in rows if row["kind"] == "top"
                            for item in row["items"]))

    def test_what_is_evaluated_is_what_is_served(self):
        """The list of the runner is the one whose metrics the report has: most is the same with vectors."""
        history = [f"t{i}" for i in range(1, 6)]
        lists = []
        for strength in (0, 0.1, 1):
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
