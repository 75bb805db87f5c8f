"""Damaged artefacts: a damaged dataset, run or bundle is refused with exit code 3 and a message
that names the file, and nothing is written."""

import concurrent.futures
import itertools
import json
import os
import shutil
import unittest

import marquee as m

CHANGES = {  # name → how a file's bytes change
    "flipped": lambda content: content[:len(content) // 2]
    + bytes([content[len(content) // 2] ^ 0x01]) + content[len(content) // 2 + 1:],
    "flipped at its end": lambda content: content[:-1] + bytes([content[-1] ^ 0x80]),
    "truncated": lambda content: content[:len(content) * 2 // 3],
    "emptied": lambda content: b"",
    "longer": lambda content: content + b"\0",
    "removed": None,
}


NUMBERS = itertools.count()


class Damage(m.Case):
    def reader(self, kind):
        """An artefact of this kind, and the arguments of a command that reads it. Several run at
        once, so that each has an output of its own."""
        def out(of):
            return of.with_name(of.name + "-out")

        return {
            "dataset": (m.dataset(), lambda d: ["train", "--config", m.config("popularity"), "--data",
                                                d, "--out", out(d)]),
            "run": (m.trained(), lambda d: ["export", "--run", d, "--out", out(d)]),
            "bundle": (m.bundle(), lambda d: ["recommend", "--bundle", d, "--history", "t1"]),
        }[kind]

    def copy(self, folder, name="copy"):
        """Makes a new folder in each call: tests go on after a failure."""
        return super().copy(folder, f"{name}-{next(NUMBERS)}")

    def check(self, words, needles):
        """→ what is wrong with how the command refuses, or None."""
        out = words[words.index("--out") + 1] if "--out" in words else self.dir / "out"
        shutil.rmtree(out, ignore_errors=True)
        result = m.run(*words)
        try:
            self.sane(result)
            self.assertEqual(result.rc, 3, f"exit code {result.rc}, should be 3:\n{result}")
            self.says(result, *needles)
            self.assertEqual(result.out, "", str(result))
            self.assertFalse(out.exists(), f"{out} was made by\n{result}")
        except AssertionError as e:
            return str(e)
        return None

    def everything(self, kind):
        folder, command = self.reader(kind)
        files = [e["path"] for e in m.manifest_of(folder)["files"]] + ["manifest.json"]
        cases = []
        for number, file in enumerate(files):
            for name, change in CHANGES.items():
                content = (folder / file).read_bytes()
                if not content and name not in ("removed", "longer"):
                    continue
                if change is not None and change(content) == content:
                    continue
                if file == "manifest.json" and name == "longer":
                    continue  # a zero byte after JSON may be accepted or refused
                # Each file is read by the command after one change, by turns, else by `inspect`.
                by_command = number % len(CHANGES) == list(CHANGES).index(name)
                cases.append((file, name, change, by_command))

        def one(case):
            file, name, change, by_command = case
            copy = self.copy(folder, kind)
            try:
                if change is None:
                    (copy / file).unlink()
                else:
                    (copy / file).write_bytes(change((copy / file).read_bytes()))
                words = command(copy) if by_command or file == "manifest.json" else ["inspect", copy]
                # A damaged manifest may still be valid JSON: the message names a file it lists.
                needles = [str(copy)] if file == "manifest.json" else [str(copy / file)]
                return case, self.check(words, needles)
            finally:
                shutil.rmtree(copy)

        with concurrent.futures.ThreadPoolExecutor(os.cpu_count() or 2) as pool:
            for (file, name, _, _), wrong in pool.map(one, cases):
                with self.subTest(artefact=kind, file=file, done=name):
                    # A flipped bit of the manifest may hit a fact that nothing depends on: then
                    # only the artefact's id changes.
                    if file == "manifest.json" and wrong and "exit code 0" in wrong:
                        continue
                    self.assertIsNone(wrong)
        self.assertGreater(len(cases), 3 * len(files))

    def test_datasets(self):
        self.everything("dataset")

    def test_runs(self):
        self.everything("run")

    def test_bundles(self):
        self.everything("bundle")

    def edited(self, kind, change, needles, rehash=True):
        folder, command = self.reader(kind)
        copy = self.copy(folder, kind)
        manifest = m.manifest_of(copy)
        change(manifest)
        (copy / "manifest.json").write_text(json.dumps(manifest))
        for words in (command(copy), ["inspect", copy]):
            wrong = self.check(words, needles)
            self.assertIsNone(wrong)
        shutil.rmtree(copy)

    def test_edited_manifests(self):
        def put(key, value):
            return lambda manifest: manifest.__setitem__(key, value)

        def path(value):
            return lambda manifest: manifest["files"][0].__setitem__("path", value)

        edits = {
            "schema 99": (put("schema", 99), ["schema 99", "update marquee"]),
            "schema text": (put("schema", "one"), ["manifest.json"]),
            "schema fraction": (put("schema", 1e300), ["manifest.json"]),
            "parent path": (path("../x"), ["outside", "../x"]),
            "hidden parent path": (path("a/../../x"), ["outside"]),
            "absolute path": (path("/etc/passwd"), ["outside", "/etc/passwd"]),
            "empty path": (path(""), ["outside"]),
            "file that is not there": (path("nowhere"), ["nowhere", "missing"]),
            "no files": (put("files", {}), ["manifest.json"]),
            "files null": (put("files", None), ["manifest.json"]),
            "file a number": (put("files", [7]), ["manifest.json"]),
            "size negative": (lambda x: x["files"][0].__setitem__("size", -1), []),
            "size text": (lambda x: x["files"][0].__setitem__("size", "12"), ["manifest.json"]),
            "no kind": (lambda x: x.pop("kind"), ["manifest.json", "kind"]),
            "no sources": (lambda x: x.pop("sources"), ["manifest.json", "sources"]),
            "no facts": (lambda x: x.pop("facts"), ["manifest.json", "facts"]),
        }
        for kind in ("dataset", "run", "bundle"):
            for name, (change, needles) in edits.items():
                with self.subTest(artefact=kind, edit=name):
                    self.edited(kind, change, needles)

    def test_another_kind(self):
        for kind, maker in (("dataset", "ingest"), ("run", "train"), ("bundle", "export")):
            folder, command = self.reader(kind)
            copy = self.copy(folder, kind)
            m.rewrite_manifest(copy, lambda manifest: manifest.__setitem__("kind", "report"))
            with self.subTest(kind):
                self.assertIsNone(self.check(command(copy),
                                             ["is a report", f"not a {kind}", f"marquee {maker}"]))

    def test_facts_that_are_gone_or_of_another_type(self):
        for kind in ("dataset", "run", "bundle"):
            folder, command = self.reader(kind)
            for fact, value in m.manifest_of(folder)["facts"].items():
                for wrong in ("gone", [], {}, "text", -1):
                    if type(wrong) is type(value) or isinstance(value, (int, float)) and wrong == -1:
                        continue
                    with self.subTest(artefact=kind, fact=fact, becomes=wrong):
                        copy = self.copy(folder, kind)
                        manifest = m.manifest_of(copy)
                        if wrong == "gone":
                            manifest["facts"].pop(fact)
                        else:
                            manifest["facts"][fact] = wrong
                        (copy / "manifest.json").write_text(json.dumps(manifest))
                        # Not every command needs every fact, but none may fall over one.
                        result = self.sane(m.run(*command(copy)))
                        self.assertIn(result.rc, (0, 3), str(result))
                        if result.rc == 3:
                            self.says(result, "manifest")
                        shutil.rmtree(copy)
                        shutil.rmtree(self.dir / "out", ignore_errors=True)

    def test_facts_before_inspect(self):
        folder = m.trained()
        for fact in m.manifest_of(folder)["facts"]:
            with self.subTest(fact):
                copy = self.copy(folder, "run")
                manifest = m.manifest_of(copy)
                manifest["facts"].pop(fact)
                (copy / "manifest.json").write_text(json.dumps(manifest))
                result = self.sane(m.run("inspect", copy))
                self.assertIn(result.rc, (0, 3), str(result))
                shutil.rmtree(copy)

    def test_a_manifest_that_leaves_a_file_out(self):
        """What is not listed was not verified, so it must not be read."""
        for kind in ("dataset", "run", "bundle"):
            folder, command = self.reader(kind)
            needed = {"dataset": [e["path"] for e in m.manifest_of(folder)["files"]][::4],
                      "run": ["config.yaml", "best/model.safetensors"],
                      "bundle": ["model.pt", "titles.csv", "titles.bin", "golden.json"]}[kind]
            for file in needed:
                for remove in (False, True):
                    with self.subTest(artefact=kind, file=file, removed=remove):
                        copy = self.copy(folder, kind)
                        m.rewrite_manifest(copy, lambda manifest: manifest.__setitem__(
                            "files", [e for e in manifest["files"] if e["path"] != file]))
                        if remove:
                            (copy / file).unlink()
                        wrong = self.check(command(copy), [str(copy), file])
                        shutil.rmtree(copy)
                        self.assertIsNone(wrong)

    def bundle_with(self, change):
        """A bundle that was changed and whose hashes match again."""
        copy = self.copy(m.bundle(), "bundle")
        change(copy)
        m.rewrite_manifest(copy)
        self.is_intact(copy)
        return copy

    def refuses_bundle(self, change, needles):
        copy = self.bundle_with(change)
        for words in (["recommend", "--bundle", copy, "--history", "t1"],
                      ["similar", "--bundle", copy, "--title", "t1"],
                      ["evaluate", "--bundle", copy, "--data", m.dataset(), "--out",
                       self.dir / "out"]):
            self.assertIsNone(self.check(words, needles))
        shutil.rmtree(copy)

    def test_a_wrong_vocabulary(self):
        def edit(change):
            def apply(bundle):
                lines = (bundle / "titles.csv").read_text().splitlines(keepends=True)
                (bundle / "titles.csv").write_text("".join(change(lines)))
            return apply

        self.refuses_bundle(edit(lambda lines: lines[:-1]), ["titles"])
        self.refuses_bundle(edit(lambda lines: lines[:1] + lines[2:]), ["titles"])
        self.refuses_bundle(edit(lambda lines: [*lines, lines[-1].replace("t80,", "t81,", 1)]),
                            ["titles"])
        self.refuses_bundle(edit(lambda lines: lines[:1]), ["titles.csv"])
        self.refuses_bundle(edit(lambda lines: [*lines[:-1], lines[1]]), ["titles.csv"])  # twice
        # The same ids in another order: the golden answers notice.
        self.refuses_bundle(edit(lambda lines: [lines[0], *lines[:0:-1]]), ["golden.json"])

    def test_parts_of_two_bundles(self):
        other = m.bundle("sampled")
        for file, needle in (("model.pt", "golden.json"), ("titles.bin", "golden.json")):
            with self.subTest(file):
                self.refuses_bundle(lambda bundle: shutil.copyfile(other / file, bundle / file),
                                    [needle, "marquee export"])

    def test_vectors_that_are_no_numbers(self):
        def put_nan(bundle):
            content = bytearray((bundle / "titles.bin").read_bytes())
            content[100 * 4:101 * 4] = b"\x00\x00\xc0\x7f"
            (bundle / "titles.bin").write_bytes(content)

        self.refuses_bundle(put_nan, ["titles.bin", "not finite"])

    def test_files_that_hold_something_else(self):
        for file, content in (("model.pt", b"not a zip file"), ("model.pt", b"PK\x03\x04" + b"\0" * 90),
                              ("golden.json", b"{}"), ("golden.json", b"[{}]"), ("golden.json", b"["),
                              ("titles.csv", b"\xff\xfe"), ("titles.csv", b""),
                              ("titles.bin", b"1234567")):
            with self.subTest(file=file, content=content[:8]):
                self.refuses_bundle(lambda bundle: (bundle / file).write_bytes(content), [file])

    def test_weights_that_do_not_fit_their_run(self):
        for name, content in (("of another model",
                               (m.trained("mean") / "best" / "model.safetensors").read_bytes()),
                              ("cut", (m.trained() / "best" / "model.safetensors").read_bytes()[:-4]),
                              ("a long header", b"\xff" * 16), ("empty", b""),
                              ("no JSON", b"\x08" + b"\0" * 7 + b"nonsense")):
            with self.subTest(name):
                copy = self.copy(m.trained(), "run")
                (copy / "best" / "model.safetensors").write_bytes(content)
                m.rewrite_manifest(copy)
                wrong = self.check(["export", "--run", copy, "--out", self.dir / "out"],
                                   ["best/model.safetensors"])
                shutil.rmtree(copy)
                self.assertIsNone(wrong)

    def test_columns_that_do_not_fit_each_other(self):
        for file in ("interactions.titles", "interactions.times", "interactions.offsets",
                     "interactions.events", "interactions.parts", "interactions.values"):
            for name, change in (("short", lambda c: c[:-8]), ("odd", lambda c: c[:-1]),
                                 ("all ones", lambda c: b"\xff" * len(c)), ("empty", lambda c: b"")):
                if name == "all ones" and file[13:] in ("values", "times"):
                    continue  # missing values (NaN) and times in 1969 are valid
                with self.subTest(file=file, done=name):
                    copy = self.copy(m.dataset(), "data")
                    (copy / file).write_bytes(change((copy / file).read_bytes()))
                    m.rewrite_manifest(copy)
                    wrong = self.check(["train", "--config", m.config("popularity"), "--data", copy,
                                        "--out", self.dir / "out"], ["marquee ingest"]
                                       if name != "odd" or file[13:] in ("events", "parts") else [file])
                    shutil.rmtree(copy)
                    self.assertIsNone(wrong)

    def test_links_and_folders_in_place_of_files(self):
        copy = self.copy(m.bundle(), "bundle")
        (copy / "model.pt").unlink()
        (copy / "model.pt").mkdir()
        self.assertIsNone(self.check(["recommend", "--bundle", copy, "--history", "t1"], ["model.pt"]))

    def test_a_run_of_a_dataset_that_has_changed(self):
        data = self.copy(m.dataset(), "data")
        self.train(self.dir / "run", kind="popularity", data=data)
        self.ok("ingest", "--interactions", m.write_events(self.dir / "e.csv", seed=3), "--out", data,
                "--overwrite")
        self.assertIsNone(self.check(["export", "--run", self.dir / "run", "--out", self.dir / "out"],
                                     ["another dataset"]))


if __name__ == "__main__":
    m.main()
