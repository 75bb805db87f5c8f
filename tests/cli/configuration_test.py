"""All problems of a configuration are reported at once, with file, line and remedy, before
anything is started."""

import pathlib
import unittest

import marquee as m


OTHERS = ("The server", "A policy", "An experiment", "A simulation", "Limits of fairness", "A mapping",
          "A gate")  # than models


class Configuration(m.Case):
    def train(self, text, *more):
        file = self.dir / "c.yaml"
        file.write_text(text if isinstance(text, str) else m.yaml_of(text), encoding="utf-8")
        return ["train", "--config", file, "--data", m.dataset(), "--out", self.dir / "run", *more]

    def wrong(self, needles, text, *more):
        (self.dir / "c.yaml").write_text("")  # so that it is there before and after
        words = self.train(text, *more)
        result = self.refused(2, needles, *words)
        self.assertIn("nothing was started", result.err)
        self.assertFalse((self.dir / "run").exists())
        return result

    def test_unknown_keys_with_the_nearest_name(self):
        self.wrong(["c.yaml:2: model.dims: unknown key", 'did you mean "model.dim"'],
                   "model:\n  dims: 8\n")
        self.wrong(["c.yaml:1: modell: unknown key", 'did you mean "model"'],
                   "modell:\n  dim: 8\n  name: two_tower\n")
        self.wrong(["c.yaml:3: train.learning_rat: unknown key", 'did you mean "train.learning_rate"'],
                   "train:\n  epochs: 1\n  learning_rat: 1\n")
        result = self.wrong("c.yaml:1: zzzzzzzz: unknown key", "zzzzzzzz: 1\n")
        self.assertNotIn("did you mean", result.err)

    def test_everything_at_once_by_line(self):
        result = self.wrong(
            ["c.yaml:2: model.dims", "c.yaml:4: model.history.encoder", "c.yaml:6: train.epochs",
             "c.yaml:7: train.batch_size", "--set: train.learning_rate", "5 problems"],
            "model:\n  dims: 8\n  history:\n    encoder: lstm\ntrain:\n  epochs: 0\n"
            "  batch_size: many\n", "--set", "train.learning_rate=fast")
        self.assertIn("attention, ligr, hstu, mean", result.err)

    def test_ranges(self):
        for key, bad, bound in (
                ("train.epochs", 0, "below 1"), ("train.epochs", 10_001, "above 10000"),
                ("train.batch_size", -1, "below 1"), ("model.dim", 0, "below 1"),
                ("model.dim", 4097, "above 4096"), ("train.learning_rate", 0, "below"),
                ("train.learning_rate", 11, "above 10"), ("data.max_history", 10_001, "above 10000"),
                ("train.seed", -1, "below 0"), ("model.history.dropout", 1, "above 0.95"),
                ("train.keep_checkpoints", 1, "below 2"), ("train.checkpoint_every_steps", 0, "below 1"),
                ("model.loss.temperature", 0.001, "below 0.01")):
            with self.subTest(key=key, value=bad):
                self.wrong([f"{key}: {bad} is {bound}"], m.CONFIG | {key: bad})

    def test_types(self):
        for key, bad, advice in (
                ("train.epochs", "2.5", "whole number"), ("train.epochs", "1e3", "whole number"),
                ("train.epochs", "'two'", "whole number"), ("train.epochs", "99999999999999999999", ""),
                ("train.epochs", "[1, 2]", "list"), ("train.epochs", "", "no value"),
                ("train.learning_rate", ".nan", "number"), ("train.learning_rate", ".inf", "number"),
                ("train.learning_rate", "nan", "number"), ("model.history.signal", "yes", "true or false"),
                ("model.name", "two_towers", "did you mean two_tower"),
                ("model.history", "attention", "must hold keys"),
                ("train.precision", "fp16", "float32, bf16")):
            with self.subTest(key=key, value=bad):
                keys = {k: v for k, v in m.CONFIG.items() if not k.startswith(key + ".")}
                self.wrong([f" {key}:", advice], keys | {key: bad})
        self.wrong("single value", "train:\n  epochs:\n    first: 1\n")

    def test_rules_across_keys(self):
        self.wrong(["model.history.heads", "does not divide", "16"], m.CONFIG
                   | {"model.history.heads": 3})
        self.wrong(["model.loss.kind", "negatives"], m.CONFIG | m.SAMPLED
                   | {"model.loss.in_batch_negatives": 0, "model.loss.uniform_negatives": 0})

    def test_keys_given_twice(self):
        self.wrong(["c.yaml:3: train.epochs: given twice", "c.yaml:2"],
                   "train:\n  epochs: 1\n  epochs: 2\n")
        self.wrong(["c.yaml:3: train: given twice", "c.yaml:1"],
                   "train:\n  epochs: 1\ntrain:\n  seed: 2\n")

    def test_what_is_not_yaml(self):
        for text in ("model: [1, 2\n", "model:\n\tdim: 8\n", "model: {dim: 8\n", "a: b: c\n",
                     "model: *nowhere\n", "train:\n  epochs: 1\n epochs: 2\n"):
            with self.subTest(text):
                self.wrong(["c.yaml:", "not valid YAML"], text)
        for text in ("- model\n", "just words\n"):
            with self.subTest(text):
                self.wrong("mapping", text)
        self.wrong("plain word", "[1, 2]: 3\n")

    def test_hostile_yaml(self):
        bomb = "a: &a {x: 1}\n" + "".join(
            f"{chr(98 + i)}: &{chr(98 + i)} {{p: *{chr(97 + i)}, q: *{chr(97 + i)}}}\n"
            for i in range(22))
        self.wrong("c.yaml", bomb)
        self.wrong("c.yaml", "a: " * 0 + "{a: " * 2000 + "1" + "}" * 2000 + "\n")
        self.wrong("larger than", "# " + "x" * (2 << 20) + "\n")
        self.wrong("c.yaml", b"model:\n  dim: \xff\xfe\n".decode("latin-1"))

    def test_no_configuration(self):
        words = ["train", "--data", m.dataset(), "--out", self.dir / "run"]
        self.refused(2, ["there is no configuration", "nowhere.yaml"], *words, "--config",
                     self.dir / "nowhere.yaml")
        result = self.sane(m.run(*words, "--config", self.dir))
        self.assertIn(result.rc, (1, 2), str(result))
        self.says(result, str(self.dir))

    def test_set(self):
        self.wrong(["--set", '"train.epochs"', "KEY=VALUE"], m.CONFIG, "--set", "train.epochs")
        self.wrong(["--set", "KEY=VALUE"], m.CONFIG, "--set", "=3")
        self.wrong(["--set: train.epoch: unknown key", "train.epochs"], m.CONFIG, "--set",
                   "train.epoch=3")
        self.wrong(["--set: train.epochs"], m.CONFIG, "--set", "train.epochs=")
        self.wrong(["--set: train"], m.CONFIG, "--set", "train=3")
        self.wrong(["--set", "train.epochs: 0 is below", "model.dim: 0 is below"], m.CONFIG, "--set",
                   "train.epochs=0", "--set", "model.dim=0")

    def test_set_reaches_every_key(self):
        """The last of several wins, and the run records the configuration that it used."""
        config = m.CONFIG | {"train.epochs": 9}
        self.ok(*self.train(config, "--set", "train.epochs=4", "--set", "train.epochs=1", "--set",
                            "model.history.dropout=0.25", "--set", "train.seed=12", "--set",
                            "model.history.age=false"))
        written = (self.dir / "run" / "config.yaml").read_text()
        for line in ("  epochs: 1\n", "    dropout: 0.25\n", "  seed: 12\n", "    age: false\n"):
            self.assertIn(line, written)

    NEEDED = {"model.loss.in_batch_negatives": "model.loss.kind=sampled",
              "model.loss.uniform_negatives": "model.loss.kind=sampled",
              "model.loss.calibration": "model.loss.kind=gbce",
              "model.member_dropout": "model.member=both",
              "rows.temperature": "rows.algorithm=boltzmann",
              "titles.kept": "titles.fill=sampled",
              "titles.temperature": "titles.fill=sampled",
              "titles.candidates": "titles.fill=random",
              "diversity.floors": "diversity.floors_of=genre",
              "arms.ARM.diversity.floors": "arms.ARM.diversity.floors_of=genre",
              "train.privacy.delta": "train.privacy.epsilon=1",
              "train.privacy.titles_per_member": "train.privacy.epsilon=1",
              "train.privacy.clip": "train.privacy.epsilon=1",
              "train.groups.balance": "train.groups.attribute=group"}

    def needed(self, key):
        """What another key has to be where this one can be set; "": whatever it is."""
        if key.startswith(("model.loss.reward.", "model.loss.top_k", "model.loss.weight_cap")):
            return "model.loss.kind=reinforce"
        return self.NEEDED.get(key, "")

    def reference(self):
        """(section, key, default) of all that `marquee reference` lists."""
        section = ""
        for line in self.ok("reference").out.splitlines():
            if line.startswith("## "):
                section = line.removeprefix("## ").split("model.name: ")[-1].rstrip("`")
            if line.startswith("| `"):
                yield section, *(part.strip().strip("`") for part in line.split("|")[1:3])

    def words_of(self, section, keys):
        if section == "The server":
            return ["serve", "--bundle", self.dir / "none"]
        if section == "An experiment":
            return self.experiment(next(iter(keys)))
        if section == "A simulation":
            return self.simulation(next(iter(keys)))
        if section == "Limits of fairness":
            return ["audit", "fairness", "--bundle", self.dir / "none", "--data", self.dir / "none", "--out",
                    self.dir / "fairness"]
        if section == "A gate":
            return ["evaluate", "--bundle", self.dir / "none", self.dir / "other", "--data", self.dir / "none", "--out",
                    self.dir / "report"]
        if section == "A mapping":
            return ["ingest", "--interactions", self.dir / "none", "--out", self.dir / "data"]
        if section == "A policy":
            return ["policy", "train", "--out", self.dir / "policy"]
        return self.train({"model.name": section})

    def test_every_key_of_the_reference_can_be_set(self):
        """Each with its default, so that the reference and the reader cannot differ: beside one that is unknown,
        which is the only problem then. Keys that need the same of others are set together, except where the file
        depends on the key."""
        batches = {}
        for section, key, default in self.reference():
            alone = key if key.startswith("metrics.") or key.endswith((".server", ".server_key")) else ""
            batches.setdefault((section, self.needed(key), alone), {})[key] = default
        self.assertGreater(sum(map(len, batches.values())), 250)
        for (section, needed, _), keys in batches.items():
            sets = [f"{key}={default}" for key, default in keys.items()] + ["no.such=1"] + ([needed] if needed else [])
            if section not in OTHERS:
                sets.append("model.name=" + section)
            result = self.sane(m.run(*self.words_of(section, keys), *(word for each in sets for word in ("--set", each))))
            self.assertEqual(result.rc, 2, str(result))
            self.assertIn("1 problem;", result.err, str(result))
            self.assertIn("no.such: unknown key", result.err, str(result))

    def experiment(self, key, *more):
        """The words of an experiment whose metric has this key."""
        config = self.dir / "experiment.yaml"
        kind = {"denominator": "ratio", "ended": "survival", "horizon": "survival",
                "early": "surrogate", "past": "surrogate", "quantile": "quantile", "values": "quantile"}.get(
            key.rpartition(".")[2], "mean")
        config.write_text("experiment: {units: units.csv, control: a}\nshares: {ARM: 1}\nmetrics:\n  NAME: "
                          f"{{kind: {kind}, column: x, role: guardrail"
                          + (", early: x, past: past.csv}\n" if kind == "surrogate" else "}\n"))
        kept = ["--set", f"metrics.NAME.kind={kind}"] if key.endswith(".kind") else []
        return ["experiment", "--config", config, "--out", self.dir / "report", *more, *kept]

    def simulation(self, key, *more):
        config = self.dir / "simulation.yaml"
        used = "server: http://127.0.0.1:1" if key.endswith(".server_key") else "bundle: none"
        config.write_text(f"arms: {{ARM: {{{used}}}}}\n")
        return ["simulate", "--config", config, "--out", self.dir / "simulation", *more]

    def test_what_the_model_does_not_have(self):
        self.wrong(["model.dim", "unknown key"], "model:\n  name: popularity\n  dim: 8\n")
        self.wrong(["train.epochs", "unknown key"], "model:\n  name: popularity\n", "--set",
                   "train.epochs=3")
        self.wrong(["model.history.heads", "unknown key"], m.CONFIG
                   | {"model.history.encoder": "mean"})
        self.wrong(["model.loss.uniform_negatives", "unknown key"], m.CONFIG
                   | {"model.loss.uniform_negatives": 3})
        self.wrong(["model.half_life_days", "unknown key"], m.CONFIG | {"model.half_life_days": 3})

    def test_the_presets_are_valid(self):
        for preset in sorted((m.SOURCE / "configs").glob("*.yaml")):
            with self.subTest(preset.name):
                result = self.sane(m.run("train", "--config", preset, "--data", m.dataset(), "--out",
                                         self.dir / "run", "--set", "no.such=1"))
                self.assertIn("1 problem;", result.err, str(result))

    def test_a_written_configuration_reads_back_the_same(self):
        for kind in m.KINDS:
            with self.subTest(kind):
                written = m.trained(kind) / "config.yaml"
                out = self.dir / kind
                self.ok("train", "--config", written, "--data", m.dataset(), "--out", out)
                self.assertEqual((out / "config.yaml").read_text(), written.read_text())

    def test_devices(self):
        words = self.train(m.CONFIG)
        self.refused(2, ['--device "tpu"', "auto, cpu or cuda"], *words, "--device", "tpu")
        if pathlib.Path("/dev/nvidiactl").exists():
            self.skipTest("a GPU is here")
        self.refused(2, ["--device cuda", "--device cpu"], *words, "--device", "cuda")
        self.refused(2, ["--device cuda", "--device cpu"], "recommend", "--bundle", m.bundle(),
                     "--history", "t1", "--device", "cuda")
        self.refused(2, ["--device cuda", "--device cpu"], "evaluate", "--bundle", m.bundle(),
                     "--data", m.dataset(), "--out", self.dir / "report", "--device", "cuda")

    def test_bf16(self):
        self.ok(*self.train(m.CONFIG, "--set", "train.precision=bf16"))


if __name__ == "__main__":
    m.main()
