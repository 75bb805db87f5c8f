"""From raw files to titles, and what all commands have in common: help, version, exit codes, where
they write, what they refuse."""

import json
import math
import re
import shlex
import signal
import subprocess
import unittest

import marquee as m

COMMANDS = ("synth", "ingest", "train", "export", "evaluate", "recommend", "similar", "predict",
            "inspect", "doctor", "quickstart", "reference")


class Help(m.Case):
    def test_help_has_examples_and_goes_to_stdout(self):
        for command in COMMANDS:
            with self.subTest(command):
                result = self.ok(command, "--help")
                self.assertIn(f"Usage: marquee {command}", result.out)
                self.assertRegex(result.out, rf"Examples:\n.*marquee {command}")
                self.assertEqual(result.err, "")

    def test_help_names_every_command(self):
        result = self.ok("--help")
        for command in COMMANDS:
            self.assertRegex(result.out, rf"\n  {command} ")

    def test_version_everywhere(self):
        for arguments in [(), *((c,) for c in COMMANDS)]:
            with self.subTest(arguments):
                result = self.ok(*arguments, "--version")
                self.assertRegex(result.out, r"^marquee \d+\.\d+\.\d+ \(([0-9a-f]{7,40}\+?|unknown)\)\n$")

    def test_wrong_words(self):
        self.refused(2, "subcommand")
        self.refused(2, 'did you mean train?', "trian", "--config", "c.yaml")
        self.refused(2, ["is no command", "quickstart, synth"], "frobnicate")
        self.refused(2, "--help", "recomend")
        self.refused(2, ["--bundel", "--help"], "recommend", "--bundel", "x")
        self.refused(2, "--out is required", "ingest", "--interactions", "x.csv")
        self.refused(2, "--log-level", "doctor", "--log-level", "loud")
        self.refused(2, "--log-format", "doctor", "--log-format", "xml")
        self.refused(2, "--threads", "doctor", "--threads", "0")

    def test_threads_in_the_environment(self):
        self.refused(2, ["MARQUEE_THREADS", "1 to 1024"], "inspect", m.dataset(), threads="many")


class Pipeline(m.Case):
    def test_every_model_from_events_to_titles(self):
        bundles = []
        for kind in m.KINDS:
            with self.subTest(kind):
                bundle = m.bundle(kind)
                bundles.append(bundle)
                for folder in (m.dataset(), m.trained(kind), m.trained(kind) / "best", bundle):
                    self.is_intact(folder)
                model = "popularity" if kind == "popularity" else "two_tower"
                answer = self.ok("recommend", "--bundle", bundle, "--history", "t1,t6,t11", "-k", 5,
                                 "--json").lines()[0]
                self.assertTrue(answer["model"].startswith(model + "@"))
                self.assertEqual(len(answer["items"]), 5)
                ids = [item["title_id"] for item in answer["items"]]
                self.assertFalse(set(ids) & {"t1", "t6", "t11"}, "seen titles are left out")
                scores = [item["score"] for item in answer["items"]]
                self.assertEqual(scores, sorted(scores, reverse=True))
                self.assertTrue(all(math.isfinite(s) for s in scores))
                similar = self.ok("similar", "--bundle", bundle, "--title", "t1", "-k", 3, "--json")
                self.assertEqual(len(similar.lines()[0]["items"]), 3)
                self.assertNotIn("t1", [i["title_id"] for i in similar.lines()[0]["items"]])
        report = self.dir / "report"
        result = self.ok("evaluate", "--bundle", *bundles, "--data", m.dataset(), "--out", report)
        self.is_intact(report)
        self.assertEqual(sorted(p.name for p in report.iterdir()),
                         ["manifest.json", "report.html", "report.json"])
        self.assertEqual(len(result.out.splitlines()), 1 + len(bundles), result.out)
        read = json.loads((report / "report.json").read_text())
        self.assertEqual(read["schema"], 1)
        self.assertEqual(read["command"], shlex.join(
            map(str, ["marquee", "evaluate", "--bundle", *bundles, "--data", m.dataset(), "--out", report])))
        self.assertEqual(read["dataset"]["sha256"], m.sha256(m.dataset() / "manifest.json"))
        for one, bundle in zip(read["bundles"], bundles, strict=True):
            self.assertEqual(one["sha256"], m.sha256(bundle / "manifest.json"))
            for metric in ("hr@10", "ndcg@10", "recall@20", "mrr@10"):
                value = one["metrics"]["full_rank"][metric]
                self.assertTrue(0 <= value["low"] <= value["value"] <= value["high"] <= 1, value)
        self.assertNotIn("http://", (report / "report.html").read_text().replace(
            "http://www.w3.org/", ""), "the report opens without a network")
        self.nothing_hidden(self.dir)

    def test_a_model_that_learns_beats_popularity(self):
        report = self.dir / "report"
        out = self.dir / "run"
        self.train(out, "--set", "train.epochs=12")
        self.ok("export", "--run", out, "--out", self.dir / "bundle")
        self.ok("evaluate", "--bundle", self.dir / "bundle", m.bundle("popularity"), "--data",
                m.dataset(), "--out", report)
        two_tower, popularity = [b["metrics"]["full_rank"]["ndcg@10"]["value"] for b in
                                 json.loads((report / "report.json").read_text())["bundles"]]
        self.assertGreater(two_tower, popularity)

    def test_artefacts_name_their_sources(self):
        bundle = m.manifest_of(m.bundle())
        ids = {s["kind"]: s["sha256"] for s in bundle["sources"]}
        self.assertEqual(ids["run"], m.sha256(m.trained() / "manifest.json"))
        self.assertEqual(ids["dataset"], m.sha256(m.dataset() / "manifest.json"))
        self.assertEqual(m.manifest_of(m.trained())["sources"][0]["sha256"], ids["dataset"])
        events = next(s for s in m.manifest_of(m.dataset())["sources"] if s["name"] == "events.csv")
        self.assertEqual(events["sha256"], m.sha256(m.raw() / "events.csv"))

    def test_inspect_everything(self):
        self.ok("evaluate", "--bundle", m.bundle(), "--data", m.dataset(), "--out",
                self.dir / "report")
        self.ok("synth", "--out", self.dir / "synth", "--users", 20, "--titles", 30,
                "--interactions", 300)
        checkpoint = next((m.trained() / "checkpoints").iterdir(), m.trained() / "best")
        for folder in (m.dataset(), m.trained(), m.trained("popularity"), m.bundle(), checkpoint,
                       self.dir / "report", self.dir / "synth"):
            with self.subTest(folder.name):
                result = self.ok("inspect", folder)
                self.assertIn(m.sha256(folder / "manifest.json"), result.out)
                self.assertIn("intact", result.out)
                raw = self.ok("inspect", folder, "--json")
                self.assertEqual(json.loads(raw.out), m.manifest_of(folder))
        self.refused(2, "there is no", "inspect", self.dir / "nowhere")
        self.refused(3, ["not an artefact", "manifest.json"], "inspect", m.raw())

    def test_doctor_and_reference(self):
        self.assertIn("LibTorch", self.ok("doctor").out)
        reference = self.ok("reference").out
        for key in ("model.dim", "train.learning_rate", "data.max_history"):
            self.assertIn(f"`{key}`", reference)

    def test_a_moved_dataset_is_named_with_data(self):
        data = self.copy(m.dataset(), "data")
        self.train(self.dir / "run", data=data)
        moved = data.rename(self.dir / "moved")
        self.refused(2, [str(self.dir / "data"), "--data"], "export", "--run", self.dir / "run",
                     "--out", self.dir / "bundle")
        self.ok("export", "--run", self.dir / "run", "--out", self.dir / "bundle", "--data", moved)

    def test_jsonl_and_csv_are_the_same_dataset(self):
        rows = (m.raw() / "events.csv").read_text().splitlines()[1:]
        lines = []
        for row in rows:
            user, title, when, event, value = row.split(",")
            record = {"user_id": user, "title_id": title, "timestamp": int(when)}
            record |= {"event": event} if event else {}
            record |= {"value": float(value)} if value else {}
            lines.append(json.dumps(record))
        (self.dir / "events.jsonl").write_text("\n".join(lines) + "\n")
        self.ok("ingest", "--interactions", self.dir / "events.jsonl", "--titles",
                m.raw() / "titles.csv", "--name", "tiny", "--out", self.dir / "data")
        self.assertEqual(m.manifest_of(self.dir / "data")["files"],
                         m.manifest_of(m.dataset())["files"])


class Output(m.Case):
    def commands(self):
        """Each command that writes a folder, without its --out."""
        return {
            "synth": ["synth", "--users", 20, "--titles", 30, "--interactions", 300],
            "ingest": ["ingest", "--interactions", m.raw() / "events.csv"],
            "train": ["train", "--config", m.config("popularity"), "--data", m.dataset()],
            "export": ["export", "--run", m.trained("popularity")],
            "evaluate": ["evaluate", "--bundle", m.bundle("popularity"), "--data", m.dataset()],
        }

    def test_an_existing_folder_is_refused_and_replaced_with_overwrite(self):
        for name, words in self.commands().items():
            with self.subTest(name):
                out = self.dir / name
                self.ok(*words, "--out", out)
                self.refused(2, [str(out), "exists already", "--overwrite"], *words, "--out", out)
                inode = out.stat().st_ino
                self.ok(*words, "--out", out, "--overwrite")
                self.assertNotEqual(inode, out.stat().st_ino, "should be another folder")
                self.is_intact(out)
                self.assertEqual(sorted(p.name for p in self.dir.iterdir() if p.name != name
                                        and p.name not in self.commands()), [])

    def test_overwrite_leaves_alone_what_is_no_artefact(self):
        (self.dir / "mine").mkdir()
        (self.dir / "mine" / "thesis.txt").write_text("years of work")
        (self.dir / "file").write_text("years of work")
        (self.dir / "link").symlink_to(self.dir / "mine")
        for name, words in self.commands().items():
            for out in ("mine", "file", "link"):
                with self.subTest(command=name, out=out):
                    self.refused(2, ["not an artefact", "--overwrite"], *words, "--out",
                                 self.dir / out, "--overwrite")

    def test_a_trailing_slash_and_missing_parents(self):
        out = self.dir / "a" / "b"
        self.ok("ingest", "--interactions", m.raw() / "events.csv", "--out", f"{out}/")
        self.is_intact(out)
        self.assertEqual([p.name for p in (self.dir / "a").iterdir()], ["b"])

    def test_a_relative_out(self):
        self.ok("ingest", "--interactions", m.raw() / "events.csv", "--out", "data", cwd=self.dir)
        self.is_intact(self.dir / "data")

    def test_results_alone_go_to_stdout(self):
        for name, words in self.commands().items():
            with self.subTest(name):
                result = self.ok(*words, "--out", self.dir / name)
                if name == "evaluate":
                    self.assertIn("ndcg@10", result.out)
                else:
                    self.assertEqual(result.out, "")
                self.assertIn(f"wrote {self.dir / name}", result.err)
                self.assertNotIn("\r", result.err, "no bars where there is no terminal")

    def test_quiet(self):
        for name, words in self.commands().items():
            with self.subTest(name):
                result = self.ok(*words, "--out", self.dir / name, "--quiet")
                for line in result.err.splitlines():
                    self.assertTrue(line.startswith("W "), f"not a warning: {line!r}")
        result = self.ok("recommend", "--bundle", m.bundle(), "--history", "t1", "--quiet")
        self.assertEqual(result.err, "")
        self.assertIn("Top picks", result.out)

    def test_json_log(self):
        for name, words in self.commands().items():
            with self.subTest(name):
                result = self.ok(*words, "--out", self.dir / name, "--log-format", "json")
                records = [json.loads(line) for line in result.err.splitlines()]
                self.assertTrue(any("wrote" in r["message"] for r in records))
                for record in records:
                    self.assertEqual(set(record), {"time", "level", "message"})
                    self.assertRegex(record["time"], r"^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}[+-]")

    def test_errors_in_a_json_log_are_json(self):
        result = self.sane(m.run("export", "--run", self.dir / "no \"such\" run", "--out",
                                 self.dir / "x", "--log-format", "json"))
        self.assertEqual(result.rc, 2)
        try:
            records = [json.loads(line) for line in result.err.splitlines()]
        except json.JSONDecodeError:
            self.fail(f"stderr is to hold JSON lines:\n{result}")
        self.assertEqual([r["level"] for r in records], ["error"])
        self.assertIn('no "such" run', records[0]["message"])

    def test_log_level_error_says_nothing_when_all_is_well(self):
        result = self.ok("ingest", "--interactions", m.raw() / "events.csv", "--out",
                         self.dir / "d", "--log-level", "error")
        self.assertEqual(result.err, "")

    def test_a_closed_stdout_is_noticed(self):
        with open("/dev/full", "w") as full:
            done = subprocess.run([m.PROGRAM, "recommend", "--bundle", m.bundle(), "--requests",
                                     "-"], input=b'{"history":["t1"]}\n', stdout=full,
                                    stderr=subprocess.PIPE, timeout=m.TIMEOUT)
        self.assertEqual(done.returncode, 1, done.stderr)
        self.assertIn(b"No space left", done.stderr)


class Requests(m.Case):
    def recommend(self, *arguments, **options):
        return m.run("recommend", "--bundle", m.bundle(), *arguments, **options)

    def answers(self, text, rc=0):
        result = self.sane(self.recommend("--requests", "-", stdin=text))
        self.assertEqual(result.rc, rc, str(result))
        return result.lines()

    def test_answers_come_in_order(self):
        requests = [{"id": f"r{i}", "history": [f"t{1 + (i * 7 + j) % 80}" for j in range(i % 30)],
                     "k": 1 + i % 9} for i in range(1500)]
        answers = self.answers("".join(json.dumps(r) + "\n" for r in requests))
        self.assertEqual([a["id"] for a in answers], [r["id"] for r in requests])
        for request, answer in zip(requests, answers):
            self.assertEqual(len(answer["items"]), request["k"])
            self.assertFalse({i["title_id"] for i in answer["items"]} & set(request["history"]))

    def test_a_file_is_as_good_as_stdin(self):
        text = '{"id":"a","history":["t1"],"k":2}\n{"id":"b","history":[],"k":2}\n'
        (self.dir / "requests.jsonl").write_text(text)
        by_file = self.ok("recommend", "--bundle", m.bundle(), "--requests",
                          self.dir / "requests.jsonl")
        self.assertEqual(by_file.lines(), self.answers(text))
        self.refused(2, ["--requests", "nowhere"], "recommend", "--bundle", m.bundle(),
                     "--requests", self.dir / "nowhere.jsonl")
        self.refused(2, ["--requests", "director"], "recommend", "--bundle", m.bundle(),
                     "--requests", self.dir)

    def test_a_bad_line_leaves_the_others_answered(self):
        good = '{"id":"%s","history":["t1"],"k":3}\n'
        bad = ['{"id":"x","history":["t1"],"k":0}', "not json", '{"id":"y","histroy":[]}', "[1]",
               '{"id":"z","history":["t1"],"user_id":"u1"}', '{"history":["t1"],"k":2147483648}',
               '{"history":["t1"],"k":1e3}', '{"history":["t1"], "k":3} trailing', '{"history":[7]}',
               '{"history":["t1"],"filters":{"genre":["Drama"]}}', '{"user_id":"u1"}', '"\udcff"',
               '{"history":[{"title_id":"t1","event":"watched"}]}', '{"k":3}', "[" * 5000, "{" * 99]
        text = "".join(good % i + b + "\n" for i, b in enumerate(bad)) + good % "last"
        result = self.sane(self.recommend("--requests", "-",
                                          stdin=text.encode("utf-8", "surrogateescape")))
        self.assertEqual(result.rc, 2, str(result))
        self.assertIn(f"answered {len(bad) + 1} requests, {len(bad)} failed", result.err)
        answers = result.lines()
        self.assertEqual(len(answers), 2 * len(bad) + 1)
        for i, line in enumerate(bad):
            self.assertEqual(answers[2 * i]["id"], str(i))
            self.assertEqual(len(answers[2 * i]["items"]), 3)
            wrong = answers[2 * i + 1]
            self.assertEqual(set(wrong), {"id", "line", "error"}, f"{line}: {wrong}")
            self.assertEqual(wrong["line"], 2 * i + 2)
            self.assertTrue(wrong["error"])
            for crash in m.CRASHES:
                self.assertNotIn(crash, wrong["error"])
        errors = {b: answers[2 * i + 1]["error"] for i, b in enumerate(bad)}
        self.assertIn("1000", errors[bad[0]])
        self.assertIn("history", errors[bad[2]], "the nearest name")
        self.assertIn("genre", errors[bad[9]])
        self.assertIn("watched", errors[bad[12]])
        self.assertEqual(answers[1]["id"], "x")

    def test_no_request_at_all(self):
        for text in ("", "\n\n", "\ufeff"):
            self.assertEqual(self.answers(text), [])

    def test_line_ends(self):
        text = '\ufeff{"history":["t1"],"k":2}\r\n\r\n{"history":["t1"],"k":2}'
        first, second = self.answers(text)
        self.assertEqual(first, second)

    def test_exactly_one_kind_of_request(self):
        for words in ([], ["--history", "t1", "--requests", "-"], ["--history", "t1", "--user", "u1"]):
            self.refused(2, ["--requests", "--history", "--user"], "recommend", "--bundle",
                         m.bundle(), *words)
        self.refused(2, "--data", "recommend", "--bundle", m.bundle(), "--user", "u1")
        self.refused(2, ["nobody"], "recommend", "--bundle", m.bundle(), "--user", "nobody",
                     "--data", m.dataset())

    def test_a_user_of_a_dataset(self):
        table = self.ok("recommend", "--bundle", m.bundle(), "--user", "u1", "--data", m.dataset())
        self.assertIn("Top picks", table.out)
        by_user, = self.answers_with_data('{"user_id":"u1","k":5}')
        flag = self.ok("recommend", "--bundle", m.bundle(), "--user", "u1", "--data", m.dataset(),
                       "-k", 5, "--json").lines()[0]
        self.assertEqual(by_user["items"], flag["items"])
        seen = {row.split(",")[1] for row in (m.raw() / "events.csv").read_text().splitlines()
                if row.startswith("u1,")}
        self.assertFalse(seen & {item["title_id"] for item in flag["items"]})

    def answers_with_data(self, text):
        return self.ok("recommend", "--bundle", m.bundle(), "--data", m.dataset(), "--requests", "-",
                       stdin=text).lines()

    def test_a_new_user(self):
        result = self.ok("recommend", "--bundle", m.bundle(), "--history", "", "--json")
        self.assertEqual(len(result.lines()[0]["items"]), 10)
        self.assertNotIn("unknown_titles", result.lines()[0])
        by_request, = self.answers('{"history":[]}')
        self.assertEqual(by_request["items"], result.lines()[0]["items"])
        table = self.ok("recommend", "--bundle", m.bundle(), "--history", "")
        self.assertEqual(table.err, "")

    def test_k(self):
        for command in (["recommend", "--history", "t1"], ["similar", "--title", "t1"]):
            for k in (0, -1, 1001, 2147483648, 99999999999999999999, "many", "1.5"):
                with self.subTest(command=command[0], k=k):
                    self.refused(2, ["k", str(k), "1 to 1000"], *command, "--bundle", m.bundle(),
                                 "-k", k)
            for k, count in ((1, 1), (1000, 79)):
                answer = self.ok(*command, "--bundle", m.bundle(), "-k", k, "--json").lines()[0]
                self.assertEqual(len(answer["items"]), count)

    def test_unknown_and_repeated_titles(self):
        answer = self.ok("recommend", "--bundle", m.bundle(), "--history", "t1,nope,t6,nope2,nope",
                         "--json").lines()[0]
        self.assertEqual(answer["unknown_titles"], ["nope", "nope2"])
        plain = self.ok("recommend", "--bundle", m.bundle(), "--history", "t1,t6", "--json").lines()[0]
        self.assertEqual(answer["items"], plain["items"])
        table = self.ok("recommend", "--bundle", m.bundle(), "--history", "t1,nope")
        self.assertIn('"nope"', table.err)
        again, = self.answers('{"history":["t1","t1","t1"],"k":1000}')
        self.assertEqual(len(again["items"]), 79)
        self.assertEqual(len({i["title_id"] for i in again["items"]}), 79)
        self.refused(2, ['"nope"', "titles.csv"], "similar", "--bundle", m.bundle(), "--title",
                     "nope")

    def test_everything_filtered(self):
        everything = json.dumps([f"t{i}" for i in range(1, 81)])
        for request in ('{"history":["t1"],"filters":{"genres":["Opera"]}}',
                        '{"history":["t1"],"exclude":%s}' % everything,
                        '{"history":%s}' % everything):
            result = self.sane(self.recommend("--requests", "-", stdin=request))
            if result.rc == 2:  # a genre that no title has may also be an error that names it
                self.assertIn("Opera", result.lines()[0]["error"])
            else:
                self.assertEqual((result.rc, result.lines()[0]["items"]), (0, []), str(result))
        table = self.ok("recommend", "--bundle", m.bundle(), "--history",
                        ",".join(f"t{i}" for i in range(1, 81)))
        self.assertIn("Top picks", table.out)
        seen, = self.answers('{"history":%s,"include_seen":true,"k":1000}' % everything)
        self.assertEqual(len(seen["items"]), 80)

    def test_filters(self):
        comedies, = self.answers('{"history":["t1"],"k":80,"filters":{"genres":["Comedy"]}}')
        rows = {r.split(",")[0]: r for r in (m.raw() / "titles.csv").read_text().splitlines()}
        self.assertTrue(comedies["items"])
        self.assertTrue(all("Comedy" in rows[i["title_id"]] for i in comedies["items"]))

    def test_names_with_quotes_and_umlauts(self):
        answer, = self.answers('{"history":["t1"],"k":79}')
        names = {item["title_id"]: item["name"] for item in answer["items"]}
        self.assertEqual(names["t10"], 'The "Ünique" Title, 10')

    def test_long_histories(self):
        long = [f"t{1 + i % 80}" for i in range(10_000)]
        answer, = self.answers(json.dumps({"history": long, "include_seen": True}))
        newest, = self.answers(json.dumps({"history": long[-12:], "include_seen": True}))
        self.assertEqual([i["title_id"] for i in answer["items"]],
                         [i["title_id"] for i in newest["items"]])
        wrong, = self.answers(json.dumps({"history": [*long, "t1"]}), rc=2)
        self.assertIn("10000", wrong["error"].replace(",", ""))

    def test_predict_with_a_model_that_predicts_no_ratings(self):
        result = self.sane(m.run("predict", "--bundle", m.bundle(), "--requests", "-",
                                 stdin='{"history":["t1"],"titles":["t2"]}'))
        self.assertEqual(result.rc, 2, str(result))
        self.assertIn("predicts no ratings", result.err + result.out)

    def test_the_same_whatever_the_batch(self):
        requests = [json.dumps({"history": [f"t{1 + (i * 3 + j) % 80}" for j in range(i % 14)]})
                    for i in range(40)]
        together = self.answers("\n".join(requests))
        for i in (0, 1, 17, 39):
            alone, = self.answers(requests[i])
            self.assertEqual([x["title_id"] for x in alone["items"]],
                             [x["title_id"] for x in together[i]["items"]])
            for a, b in zip(alone["items"], together[i]["items"]):
                self.assertTrue(math.isclose(a["score"], b["score"], rel_tol=1e-5, abs_tol=1e-5))

    def test_an_answer_comes_before_the_next_request_is_written(self):
        process = m.start("recommend", "--bundle", m.bundle(), "--requests", "-",
                          stdin=subprocess.PIPE)
        for i in range(3):
            process.stdin.write(b'{"id":"%d","history":["t1"],"k":1}\n' % i)
            process.stdin.flush()
            self.assertEqual(json.loads(process.stdout.readline())["id"], str(i))
        self.assertEqual(m.finish(process).rc, 0)

    def test_ctrl_c_ends_a_program_that_waits_for_requests(self):
        process = m.start("recommend", "--bundle", m.bundle(), "--requests", "-",
                          stdin=subprocess.PIPE)
        process.stdin.write(b'{"id":"a","history":["t1"],"k":1}\n')
        process.stdin.flush()
        self.assertEqual(json.loads(process.stdout.readline())["id"], "a")
        process.send_signal(signal.SIGINT)
        try:
            process.wait(20)
        except subprocess.TimeoutExpired:
            process.kill()
            self.fail("one Ctrl-C did not end `recommend --requests -`")
        finally:
            process.communicate()
        self.assertIn(process.returncode, (1, -signal.SIGINT))


if __name__ == "__main__":
    m.main()
