"""`cmake --install`: what a plain installation holds, and that each part of it works: programs,
presets, pages, completions in real shells, and the examples, built and run against it."""

import gzip
import json
import os
import pathlib
import re
import shutil
import subprocess
import tempfile
import unittest

import marquee as m
import serving

BUILD = m.PROGRAM.parent
EXAMPLES = m.SOURCE / "examples"


def shell(*words, env=None, cwd=None, stdin=None):
    done = subprocess.run([str(w) for w in words], capture_output=True, text=True, timeout=300,
                          env=env, cwd=cwd, input=stdin)
    if done.returncode != 0:
        raise AssertionError(f"{words}\n{done.stdout[-2000:]}\n{done.stderr[-2000:]}")
    return done.stdout


@unittest.skipUnless((BUILD / "CMakeCache.txt").exists(), "the program is not one of a build folder")
class Install(serving.Case):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.root = pathlib.Path(tempfile.mkdtemp(prefix="marquee install "))  # with spaces
        cls.addClassCleanup(shutil.rmtree, cls.root)
        shell("cmake", "--install", BUILD, "--prefix", cls.root / "usr")
        cls.prefix = cls.root / "moved"
        (cls.root / "usr").rename(cls.prefix)

    def program(self, *words, cwd=None):
        return shell(self.prefix / "bin/marquee", *words, env=m.environment(), cwd=cwd)

    def test_both_programs_say_their_version_and_commit(self):
        for name in ("marquee", "marquee-serve"):
            said = shell(self.prefix / "bin" / name, "--version")
            self.assertRegex(said, r"^marquee \d+\.\d+\.\d+ \(([0-9a-f]{7,40}\+?|unknown)\)\n$")

    def test_presets_are_found_from_any_folder(self):
        shipped = sorted((m.SOURCE / "configs").rglob("*.yaml"))
        for file in shipped:
            installed = self.prefix / "share/marquee" / file.relative_to(m.SOURCE)
            self.assertEqual(installed.read_bytes(), file.read_bytes())
        run = self.dir / "run"
        self.program("train", "--config", "configs/popularity.yaml", "--data", m.dataset(), "--out",
                     run, cwd=self.dir)
        self.assertTrue((run / "manifest.json").exists())
        done = subprocess.run([self.prefix / "bin/marquee", "train", "--config", "configs/none.yaml",
                               "--data", m.dataset(), "--out", self.dir / "other"], cwd=self.dir,
                              capture_output=True, text=True)
        self.assertEqual(done.returncode, 2)
        self.assertIn("configs/none.yaml", done.stderr)

    def test_every_document_that_another_names_is_there(self):
        folder = self.prefix / "share/doc/marquee"
        pages = [folder / "README.md", *folder.glob("docs/*.md")]
        self.assertGreater(len(pages), 10)
        for page in pages:
            for link in re.findall(r"\]\(([^)#:]+)(?:#[^)]*)?\)", page.read_text(encoding="utf-8")):
                self.assertTrue((page.parent / link).exists(), f"{page.name} names {link}")

    @unittest.skipUnless(shutil.which("help2man"), "there is no help2man")
    def test_every_subcommand_has_a_page(self):
        pages = self.prefix / "share/man/man1"
        commands = set(re.findall(r"^  (\w+) ", self.program("--help").split("Subcommands:")[1], re.M))
        for command in commands:
            text = gzip.decompress((pages / f"marquee-{command}.1.gz").read_bytes()).decode()
            self.assertIn(f"\n.SH NAME\nmarquee\\-{command} \\- ".replace("\\-" + command, "-" + command),
                          text)
            if command != "serve":
                for option in re.findall(r"^  (--[\w-]+)", self.program(command, "--help"), re.M):
                    self.assertIn(option.replace("-", "\\-"), text)
        main = gzip.decompress((pages / "marquee.1.gz").read_bytes()).decode()
        for command in commands:
            self.assertIn(command, main)
        if shutil.which("man"):
            shown = shell("man", "-l", pages / "marquee-train.1.gz", env=os.environ | {"MANWIDTH": "100"})
            examples = shown.split("EXAMPLES")[1].splitlines()
            self.assertRegex(examples[1], r"^ +marquee train .* --out out/run$")

    def test_bash_completes(self):
        def complete(name, *words):
            script = (f'source "$1"; COMP_WORDS=({" ".join(repr(w) for w in (name, *words))}); '
                      f'COMP_CWORD={len(words)}; _{name.replace("-", "_")}; echo "${{COMPREPLY[*]}}"')
            return shell("bash", "-euc", script, "-", self.prefix / "share/bash-completion/completions"
                         / name).split()

        self.assertEqual(complete("marquee", "tr"), ["train"])
        self.assertEqual(complete("marquee", "train", "--conf"), ["--config"])
        self.assertEqual(complete("marquee", "--threads", "2", "ev"), ["evaluate"])
        self.assertEqual(complete("marquee", "train", "--log-format", "j"), ["json"])
        self.assertEqual(complete("marquee", "train", "--resume", "--over"), ["--overwrite"])
        self.assertEqual(complete("marquee", "completion", ""), ["bash", "zsh", "fish"])
        self.assertEqual(complete("marquee", "train", "--config", ""), [])  # bash goes on with files
        self.assertEqual(complete("marquee-serve", "--bund"), ["--bundle"])

    @unittest.skipUnless(shutil.which("fish"), "there is no fish")
    def test_fish_completes(self):
        def complete(line):
            file = self.prefix / "share/fish/vendor_completions.d" / (line.split()[0] + ".fish")
            said = shell("fish", "-c", f"source {str(file)!r}; complete -C {line!r}")
            return [word.split("\t")[0] for word in said.splitlines()]

        self.assertEqual(complete("marquee tr"), ["train"])
        self.assertEqual(complete("marquee train --conf"), ["--config"])
        self.assertEqual(complete("marquee --log-format "), ["json", "text"])
        self.assertEqual(complete("marquee-serve --bund"), ["--bundle"])

    @unittest.skipUnless(shutil.which("zsh"), "there is no zsh")
    def test_zsh_completes(self):
        """zsh completes on a terminal only, so it gets one."""
        # Debian's folder has another name, and scripts/package leaves it in the build's cache.
        functions = next((self.prefix / "share/zsh").rglob("_marquee")).parent
        script = r'''
import os, pty, re, select, sys
pid, fd = pty.fork()
if pid == 0:
    os.execvp("zsh", ["zsh", "-f", "-i"])
def wait_for(mark):
    out = ""
    while mark not in out:
        assert select.select([fd], [], [], 20)[0], out
        out += os.read(fd, 65536).decode("utf-8", "replace")
    return out
os.write(fd, ("fpath=(%s $fpath); autoload -U compinit; compinit -u -D\n"
              "show() { print -r -- \"[[$BUFFER]\"] }; zle -N show; bindkey '^X' show; print read''y\n"
              % sys.argv[1]).encode())
wait_for("ready")
for line in sys.argv[2:]:
    os.write(fd, (line + "\t\x18").encode())
    print(re.findall(r"\[\[(.*?)\]\]", wait_for("]]"))[-1])
    os.write(fd, b"\x15")
'''
        functions = str(functions).replace(" ", "\\ ")
        lines = {"marquee tra": "marquee train", "marquee train --conf": "marquee train --config",
                 "marquee train --log-format=j": "marquee train --log-format=json",
                 "marquee train --resume --overw": "marquee train --resume --overwrite",
                 "marquee-serve --bund": "marquee-serve --bundle"}
        got = shell("python3", "-c", script, functions, *lines).splitlines()
        self.assertEqual([line.rstrip(" =") for line in got], list(lines.values()))

    def test_another_program_answers_from_a_bundle(self):
        folder = self.dir / "embed"
        shell("cmake", "-S", EXAMPLES / "embed", "-B", folder, f"-DCMAKE_PREFIX_PATH={self.prefix}",
              "-DCMAKE_BUILD_TYPE=Release", "-DCMAKE_CXX_FLAGS=-Wall -Wextra -Wpedantic -Werror")
        shell("cmake", "--build", folder)
        self.assertLess(len((EXAMPLES / "embed/main.cpp").read_text().splitlines()), 80)
        bundle = m.bundle("attention")
        said = shell(folder / "embed", bundle, "t1", "t5", "nothing", env=m.environment())
        request = '{"history":[{"title_id":"t1","event":"complete"},{"title_id":"t5","event":"complete"}],"k":5}'
        answer = self.ok("recommend", "--bundle", bundle, "--requests", "-", stdin=request).lines()[0]
        shown = re.findall(r"^ +(-?[\d.]+)  (\S+) ", said.split("Similar")[0], re.M)
        self.assertEqual([id for _, id in shown], [item["title_id"] for item in answer["items"]])
        for (score, _), item in zip(shown, answer["items"]):
            self.assertAlmostEqual(float(score), item["score"], delta=6e-4)
        self.assertIn("not known: nothing", said)
        similar = self.ok("similar", "--bundle", bundle, "--title", shown[0][1], "-k", "3",
                          "--json").lines()[0]
        self.assertEqual(re.findall(r"^ +-?[\d.]+  (\S+) ", said.split("Similar")[1], re.M),
                         [item["title_id"] for item in similar["items"]])
        for argument, code in ((m.dataset(), 3), (self.dir / "none", 2)):
            done = subprocess.run([folder / "embed", argument], capture_output=True, text=True)
            self.assertEqual(done.returncode, code, done.stderr)
            self.assertIn(str(argument), done.stderr)

    def test_the_example_of_the_documentation(self):
        page = (m.SOURCE / "docs/embedding.md").read_text(encoding="utf-8")
        cmake, code = (re.search(rf"```{kind}\n(.*?)```", page, re.S)[1] for kind in ("cmake", "cpp"))
        include, body = code.split("\n", 1)
        body = body.replace("out/bundle", str(m.bundle("attention")))
        (self.dir / "main.cpp").write_text(f"{include}\n#include <cstdio>\nint main() {{\n{body}}}\n")
        (self.dir / "CMakeLists.txt").write_text(
            "cmake_minimum_required(VERSION 3.22)\nproject(p CXX)\nadd_executable(my_program main.cpp)\n"
            + cmake)
        shell("cmake", "-S", self.dir, "-B", self.dir / "b", f"-DCMAKE_PREFIX_PATH={self.prefix}")
        shell("cmake", "--build", self.dir / "b")
        self.assertEqual(len(shell(self.dir / "b/my_program").splitlines()), 10)

    def test_versions_that_do_not_fit_are_refused(self):
        for version, fits in (("0.1", True), ("0.2", False), ("1.0", False), ("0.0", False)):
            folder = self.dir / version
            folder.mkdir()
            (folder / "CMakeLists.txt").write_text(
                f"cmake_minimum_required(VERSION 3.22)\nproject(p CXX)\nfind_package(Marquee {version})\n"
                "if(NOT Marquee_FOUND)\n  message(FATAL_ERROR none)\nendif()\n")
            done = subprocess.run(["cmake", "-S", folder, "-B", folder / "b",
                                   f"-DCMAKE_PREFIX_PATH={self.prefix}"], capture_output=True)
            self.assertEqual(done.returncode == 0, fits, version)

    def test_the_library_shows_what_its_headers_say_and_no_more(self):
        library = self.prefix / "lib/libmarquee-inference.so"
        names = shell("nm", "-DC", "--defined-only", library)
        self.assertIn("marquee::inference::Engine::recommend", names)
        for line in names.splitlines():
            self.assertRegex(line, r"marquee::(Error|errno_error|kCommit|data|inference)\b")
            self.assertNotIn("marquee::inference::Runner", line)
        for header in (self.prefix / "include").rglob("*.h"):
            for included in re.findall(r'#include "([^"]+)"', header.read_text()):
                self.assertTrue((self.prefix / "include" / included).exists(), included)

    @unittest.skipUnless(shutil.which("curl"), "there is no curl")
    def test_the_http_example(self):
        server = self.server()
        said = shell("sh", EXAMPLES / "http/recommend.sh", f"http://127.0.0.1:{server.port}", "t3")
        answers = [json.loads(line) for line in said.splitlines() if line.startswith("{")]
        self.assertEqual(len(answers), 5, said)
        for answer in (answers[0], answers[2]):
            self.assertEqual(len(answer["items"]), 3)
            self.assertNotIn("t3", [item["title_id"] for item in answer["items"]])
        self.assertGreater(len(answers[3]["rows"]), 0)
        self.assertEqual(server.call("GET", "/v1/users/example")[0], 404)

    @unittest.skipUnless(os.environ.get("MARQUEE_PYTHON"), "MARQUEE_PYTHON names no Python with torch")
    def test_the_torchscript_example(self):
        bundle = m.bundle("attention")
        said = shell(os.environ["MARQUEE_PYTHON"], EXAMPLES / "torchscript/recommend.py", bundle, "t1", "t5")
        answer = self.ok("recommend", "--bundle", bundle, "--history", "t1,t5", "-k", "5",
                         "--json").lines()[0]
        self.assertEqual(re.findall(r"^ +-?[\d.]+  (\S+) ", said, re.M),
                         [item["title_id"] for item in answer["items"]])


if __name__ == "__main__":
    m.main()
