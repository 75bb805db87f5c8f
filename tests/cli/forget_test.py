"""`marquee forget` and `export-user`: nothing of a member is left where it was named, and only there."""

import json
import shutil
import subprocess
import time

import marquee as m
import serving
from samples import scratch, write_events, write_titles

WHO = "member-to-forget-17"


def files_with(text, *folders):
    """Every file, database page and journal that holds the bytes."""
    return [str(path) for folder in folders for path in folder.rglob("*")
            if path.is_file() and text.encode() in path.read_bytes()]


class Forget(serving.Case):
    """A dataset, a run and a bundle in which the member is, made once and copied for each test."""

    @classmethod
    def setUpClass(cls):
        cls.made = scratch() / "forget"
        if cls.made.exists():
            return
        cls.made.mkdir()
        events = write_events(cls.made / "events.csv")
        lines = events.read_text().splitlines()
        kept = [line for line in lines if not line.startswith("u7,")]
        theirs = [WHO + line[2:] for line in lines if line.startswith("u7,")]
        assert len(theirs) > 10, theirs
        events.write_text("\n".join([kept[0], *theirs, *kept[1:]]) + "\n")
        (cls.made / "users.csv").write_text(f"user_id,town\nu1,York\n{WHO},a-town-nobody-else-has\n")
        (cls.made / "knn.yaml").write_text("model: {name: item_knn}\n")
        at = cls.made.joinpath
        for words in (("ingest", "--interactions", events, "--titles", write_titles(at("titles.csv")), "--users",
                       at("users.csv"), "--out", at("data")),
                      ("train", "--config", at("knn.yaml"), "--data", at("data"), "--out", at("run")),
                      ("export", "--run", at("run"), "--out", at("bundle"))):
            result = m.run(*words)
            assert result.rc == 0, result

    def dataset(self, name="data"):
        return shutil.copytree(self.made / "data", self.dir / name)

    def watch(self, server, *titles, user=WHO, **more):
        for title in titles:
            self.answer(server, "POST", "/v1/events", {"event_id": f"{user}-{title}", "user_id": user,
                                                       "title_id": title, **more})

    def test_nothing_is_left_in_any_file(self):
        server = self.server("--exposures", self.dir / "shown", bundle=self.made / "bundle")
        self.watch(server, "t1", "t2", "t3")
        self.watch(server, "t4", user="ann")
        for user in (WHO, "ann"):
            self.answer(server, "POST", "/v1/page", {"user_id": user})
        self.answer(server, "PUT", f"/v1/users/{WHO}/profile", {"profile": "none"})
        server.end()
        data = self.dataset()
        places = ["--state", server.state, "--exposures", self.dir / "shown", "--dataset", data]
        self.assertTrue(files_with(WHO, server.state, data))
        held = json.loads(self.ok("export-user", "--user", WHO, *places).out)
        self.assertEqual([each["title_id"] for each in held["histories"][0]["history"]], ["t1", "t2", "t3"])
        self.assertEqual(held["histories"][0]["profile"], "none")
        self.assertEqual([line["kind"] for line in held["shown"]].count("event"), 3)
        self.assertEqual([line["kind"] for line in held["shown"]].count("shown"), 1)
        self.assertEqual(held["datasets"][0]["attributes"], {"town": "a-town-nobody-else-has"})
        said = self.ok("forget", "--user", WHO, *places, "--artefacts", self.made, "--receipt", self.dir / "receipt",
                       "--tombstones", self.dir / "gone.json")
        for folder in ("run", "bundle"):
            self.assertIn(f"still learned from: {folder} {self.made / folder}", said.out)
        everywhere = (server.state, self.dir / "shown", data, self.dir / "receipt")
        self.assertEqual(files_with(WHO, *everywhere), [])
        self.assertEqual(files_with("a-town-nobody-else-has", *everywhere), [])
        self.assertNotIn(WHO, (self.dir / "gone.json").read_text())
        # Others stay, and so does what was shown to them.
        rest = json.loads(self.ok("export-user", "--user", "ann", *places).out)
        self.assertEqual((len(rest["histories"][0]["history"]), len(rest["shown"])), (1, 2))
        nothing = json.loads(self.ok("export-user", "--user", WHO, *places).out)
        self.assertEqual((nothing["histories"], nothing["shown"], nothing["datasets"]), ([], [], []))
        receipt = json.loads((self.dir / "receipt/receipt.json").read_text())
        self.assertEqual([each["removed"] > 0 for each in receipt["erased"]], [True] * 3)
        self.assertEqual({each["kind"] for each in receipt["still_learned_from"]}, {"run", "bundle"})
        self.is_intact(data)
        self.is_intact(self.dir / "receipt")

    def test_a_dataset_that_was_made_from_a_servers_log(self):
        """It knows the member by the id that the log has, which the server says."""
        shown = self.dir / "shown"
        server = self.server("--exposures", shown, bundle=self.made / "bundle")
        self.watch(server, "t1", "t2")
        self.watch(server, "t4", "t5", user="ann")
        for user in (WHO, "ann"):
            self.answer(server, "POST", "/v1/page", {"user_id": user})
        m.wait_until(lambda: sum(path.read_text().count("\n") for path in shown.glob("*.feedback")) == 6)
        log = shutil.copytree(shown, self.dir / "log")  # as it was, for an ingest later
        words = ["ingest", "--feedback", log, "--titles", self.made / "titles.csv"]
        self.ok(*words, "--out", self.dir / "feedback")
        rows = len((self.dir / "feedback/shown.csv").read_text().splitlines())
        gone = self.dir / "gone.json"
        self.ok("forget", "--user", WHO, "--server", server.address, "--dataset", self.dir / "feedback",
                "--tombstones", gone, "--exposures", shown, "--receipt", self.dir / "receipt")
        erased = json.loads((self.dir / "receipt/receipt.json").read_text())["erased"]
        self.assertGreater(next(each for each in erased if each["kind"] == "dataset")["removed"], 2)
        left = (self.dir / "feedback/shown.csv").read_text().splitlines()
        self.assertTrue(1 < len(left) < rows)
        self.assertEqual(len({line.split(",")[1] for line in left[1:]}), 1)  # one member
        self.ok(*words, "--tombstones", gone, "--out", self.dir / "again")
        self.assertEqual((self.dir / "again/shown.csv").read_text().splitlines(), left)
        server.end()

    def test_what_is_half_done_is_said(self):
        """A receipt of what was erased before a place failed."""
        data = self.dataset()
        failed = self.sane(m.run("forget", "--user", WHO, "--dataset", data, "--redis", "redis://127.0.0.1:1",
                                 "--receipt", self.dir / "receipt"))
        self.assertEqual(failed.rc, 1, failed)
        self.says(failed, "Redis")
        receipt = json.loads((self.dir / "receipt/receipt.json").read_text())
        self.assertEqual((receipt["complete"], receipt["erased"]), (False, []))
        self.ok("forget", "--user", WHO, "--dataset", data, "--receipt", self.dir / "receipt", "--overwrite")
        receipt = json.loads((self.dir / "receipt/receipt.json").read_text())
        self.assertEqual((receipt["complete"], len(receipt["erased"])), (True, 1))

    def test_models_that_were_made_after_it(self):
        """They did not learn from the member; those from a dataset that was replaced may have."""
        data = self.dataset()
        files = ["--interactions", self.made / "events.csv", "--titles", self.made / "titles.csv"]
        self.ok("ingest", *files, "--out", data, "--overwrite")
        found = self.ok("forget", "--user", WHO, "--dataset", data, "--artefacts", self.made).out
        self.assertIn(f"still learned from: bundle {self.made / 'bundle'}", found)
        config = self.made / "knn.yaml"
        self.ok("train", "--config", config, "--data", data, "--out", self.dir / "clean")
        again = self.ok("forget", "--user", WHO, "--dataset", data, "--artefacts", self.dir, "--artefacts",
                        self.made).out
        self.assertNotIn(f"run {self.dir / 'clean'}", again)
        self.assertIn(f"still learned from: bundle {self.made / 'bundle'}", again)

    def test_a_dataset_is_as_if_they_had_never_been_in_it(self):
        """And no ingest of the same files brings them back, but what they do later is kept."""
        data = self.dataset()
        gone = self.dir / "gone.json"
        self.ok("forget", "--user", WHO, "--dataset", data, "--tombstones", gone)
        files = ["--interactions", self.made / "events.csv", "--titles", self.made / "titles.csv", "--users",
                 self.made / "users.csv"]
        said = self.ok("ingest", *files, "--tombstones", gone, "--out", self.dir / "again")
        self.assertIn("interactions of members who were forgotten are left out", said.err)
        for path in sorted(data.glob("interactions.*")) + sorted(data.glob("users.*")):
            self.assertEqual(path.read_bytes(), (self.dir / "again" / path.name).read_bytes(), path.name)
        facts = [json.loads((folder / "manifest.json").read_text())["facts"] for folder in (data, self.dir / "again")]
        for key in ("users", "interactions", "train", "valid", "test", "titles"):
            self.assertEqual(facts[0][key], facts[1][key], key)
        self.ok("ingest", *files, "--out", data, "--overwrite")  # over it: it knew who was forgotten
        self.assertEqual(files_with(WHO, data), [])
        later = self.dir / "later.csv"
        later.write_text((self.made / "events.csv").read_text() + f"{WHO},t1,{int(time.time()) + 60},play,\n")
        self.ok("ingest", "--interactions", later, "--tombstones", gone, "--out", self.dir / "later")
        back = json.loads(self.ok("export-user", "--user", WHO, "--dataset", self.dir / "later").out)
        self.assertEqual([each["title_id"] for each in back["datasets"][0]["interactions"]], ["t1"])

    def test_models_stay_known_and_fit_the_dataset(self):
        data = self.dataset()
        self.ok("forget", "--user", WHO, "--dataset", data)
        said = self.ok("evaluate", "--bundle", self.made / "bundle", "--data", data, "--out", self.dir / "report")
        self.assertNotIn("another dataset", said.err)
        # Of somebody who is forgotten later, earlier models are found as well.
        again = self.ok("forget", "--user", "u9", "--dataset", data, "--artefacts", self.made)
        self.assertIn("still learned from: bundle", again.out)

    def test_twice_and_somebody_unknown(self):
        data = self.dataset()
        words = ["--dataset", data, "--artefacts", self.made]
        self.ok("forget", "--user", WHO, *words)
        twice = self.ok("forget", "--user", WHO, *words, "--receipt", self.dir / "receipt")
        self.assertIn("nothing was kept of this member", twice.err)
        self.assertIn("still learned from: bundle", twice.out)
        stranger = self.ok("forget", "--user", "nobody", *words)
        self.assertNotIn("still learned from", stranger.out)
        self.assertIn("nothing was kept of this member", stranger.err)

    def test_while_a_server_runs(self):
        server = self.server(bundle=self.made / "bundle")
        self.watch(server, "t1")
        self.refused(2, ["--server"], "forget", "--user", WHO, "--state", server.state)
        said = self.ok("forget", "--user", WHO, "--server", server.address)
        self.assertIn("  1", said.out)
        self.answer(server, "GET", f"/v1/users/{WHO}", status=404)
        server.end()
        self.assertEqual(files_with(WHO, server.state), [])
        odd = "ann/?x=%2e é"
        server = self.server(bundle=self.made / "bundle")
        self.watch(server, "t1", user=odd)
        self.ok("forget", "--user", odd, "--server", server.address)
        server.end()
        self.assertEqual(files_with(odd, server.state), [])

    def test_while_a_model_is_trained(self):
        """It goes on with the data that it began with, and is named as one that learned."""
        data = self.dataset()
        slow = self.dir / "slow.yaml"
        slow.write_text("model: {name: two_tower, dim: 8}\ntrain: {epochs: 40}\n")
        run = subprocess.Popen([m.PROGRAM, "train", "--config", slow, "--data", data, "--out", self.dir / "run"],
                               stderr=subprocess.PIPE, stdout=subprocess.PIPE, env=m.environment(1))
        self.addCleanup(run.kill)
        while not (self.dir / "run/manifest.json").exists() and run.poll() is None:
            time.sleep(0.05)
        said = self.ok("forget", "--user", WHO, "--dataset", data, "--artefacts", self.dir)
        self.assertIn(f"still learned from: run {self.dir / 'run'}", said.out)
        run.communicate(timeout=120)
        self.assertEqual(run.returncode, 0)
        self.is_intact(self.dir / "run")

    def test_a_signed_receipt(self):
        key, public = self.dir / "key.pem", self.dir / "public.pem"
        subprocess.run(["openssl", "genpkey", "-algorithm", "ed25519", "-out", key], check=True)
        subprocess.run(["openssl", "pkey", "-in", key, "-pubout", "-out", public], check=True)
        words = ["forget", "--user", WHO, "--dataset", self.dataset(), "--key", key]
        self.refused(2, ["--key", "--receipt"], *words)
        self.ok(*words, "--receipt", self.dir / "receipt")
        self.assertIn("by a trusted key", self.ok("inspect", self.dir / "receipt", "--trusted-keys", public).out)
        file = self.dir / "receipt/receipt.json"
        file.write_text(file.read_text().replace('"removed": ', '"removed": 1'))
        self.assertEqual(m.run("inspect", self.dir / "receipt").rc, 3)

    def test_a_choice_that_is_stored(self):
        """For whoever chose no profile, answers are those for anybody, and no id is logged."""
        server = self.server("--exposures", self.dir / "shown", "--set", "exposures.user_ids=plain",
                             bundle=self.made / "bundle")
        self.watch(server, "t1", "t6", "t11")
        def titles(path, **body):
            answer = self.answer(server, "POST", path, body)
            answer.pop("request_id")
            return answer
        full = titles("/v1/page", user_id=WHO)
        self.assertEqual(self.answer(server, "PUT", f"/v1/users/{WHO}/profile", {"profile": "none"}),
                         {"profile": "none"})
        for path in ("/v1/page", "/v1/recommend"):
            self.assertEqual(titles(path, user_id=WHO), titles(path, profile="none"))
            self.assertEqual(titles(path, user_id=WHO), titles(path, user_id="nobody", profile="none"))
        self.assertNotEqual(full, titles("/v1/page", user_id=WHO))
        state, shown = server.state, self.dir / "shown"
        server.end()
        server = self.server("--exposures", shown, "--set", "exposures.user_ids=plain", state=state,
                             bundle=self.made / "bundle")
        self.assertEqual(titles("/v1/page", user_id=WHO), titles("/v1/page", profile="none"))  # after a restart too
        self.assertEqual(self.answer(server, "GET", f"/v1/users/{WHO}")["profile"], "none")
        self.answer(server, "PUT", f"/v1/users/{WHO}/profile", {"profile": "full"})
        self.assertEqual(titles("/v1/page", user_id=WHO), full)
        status, answer, _ = server.call("PUT", f"/v1/users/{WHO}/profile", {})
        self.assertEqual((status, answer["error"]), (400, 'profile: is missing; it must be "full" or "none"'))
        server.end()
        pages = [json.loads(line[9:]) for path in sorted(shown.glob("*.feedback"))
                 for line in path.read_text().splitlines() if '"kind":"shown"' in line]
        self.assertEqual([page.get("user") for page in pages].count(WHO), 2)  # before it, and after it was taken back

    def test_what_is_kept_for_a_time(self):
        """By kind of event, from the next start on."""
        now = int(time.time())
        server = self.server(bundle=self.made / "bundle")
        self.watch(server, "t1", timestamp=now - 40 * 86400)
        self.watch(server, "t2", timestamp=now - 10 * 86400)
        self.watch(server, "t3", timestamp=now - 40 * 86400, event="like")
        server.end()
        server = self.server("--set", "retention.play=30", state=server.state, bundle=self.made / "bundle")
        for _ in range(50):
            kept = [each["title_id"] for each in self.answer(server, "GET", f"/v1/users/{WHO}")["history"]]
            if kept == ["t3", "t2"]:
                break
            time.sleep(0.1)
        self.assertEqual(kept, ["t3", "t2"])
        server.end()
        self.assertEqual(files_with(f"{WHO}-t1", server.state), [])

    def test_what_does_not_fit(self):
        self.refused(2, ["name where to look"], "forget", "--user", WHO)
        self.refused(2, ["name where to look"], "export-user", "--user", WHO)
        for option in ("--state", "--exposures", "--dataset"):
            self.refused(2, [option, "no such folder"], "forget", "--user", WHO, option, self.dir / "nowhere")
        data = self.dataset("kept")
        self.refused(2, ["--artefacts", "no such folder"], "forget", "--user", WHO, "--dataset", data, "--artefacts",
                     self.dir / "nowhere")
        self.refused(2, ["--user: is empty"], "forget", "--user", "", "--dataset", data)
        self.assertTrue(files_with(WHO, data))  # nothing was begun
        self.refused(2, ["no history.db"], "forget", "--user", WHO, "--state", self.dir)
        self.refused(3, ["marquee ingest"], "forget", "--user", WHO, "--dataset", self.made / "bundle")
        (self.dir / "gone.json").write_text("{}")
        self.refused(3, ["no file of forgotten members"], "forget", "--user", WHO, "--dataset", self.dataset(),
                     "--tombstones", self.dir / "gone.json")
        self.refused(3, ["no file of forgotten members"], "ingest", "--interactions", self.made / "events.csv",
                     "--tombstones", self.dir / "gone.json", "--out", self.dir / "out")


if __name__ == "__main__":
    m.main()
