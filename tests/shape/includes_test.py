"""The form of the code (ARCHITECTURE.md): rooms include lower floors only, torch stays out of
headers, files and functions stay short.

    includes_test.py ROOT"""

import json
import pathlib
import re
import shutil
import subprocess
import sys
import unittest

ROOT = pathlib.Path(sys.argv.pop(1)) if len(sys.argv) > 1 else pathlib.Path.cwd()

# Lowest floor first; rooms on one floor do not include each other.
FLOORS = [["core"], ["configs", "data"], ["models", "inference"],
          ["training", "evaluation", "serving"], ["tuning", "exporting", "policy"], ["cli"]]
FLOOR_OF = {room: floor for floor, rooms in enumerate(FLOORS) for room in rooms}
OUTSIDE = {"tests", "bench"}  # may include every room
USERS = {"examples"}  # include what is installed
SUFFIXES = {".h", ".cpp", ".cu", ".cuh"}
TORCH = re.compile(r'#include\s*<(torch|ATen|c10)/([^>]+)>')
OURS = re.compile(r'#include\s*"([a-z_]+)/')
MAX_FILE_LINES = 350
MAX_FUNCTION_LINES = 60
MAX_PARAMETERS = 5  # more belong in a struct of options
# Kernels take what their loops need, and LibTorch calls forward() of an autograd function.
MANY_PARAMETERS = re.compile(r"^inference/retrieval/(scan|title_scan)|^models/kernels/(kernels_impl|narrow_products)|"
                             r"^models/layers/(packed_hstu|hstu|pair_loss).*forward$")


def sources(*suffixes):
    for room in FLOOR_OF:
        yield from ((room, path) for path in sorted((ROOT / room).rglob("*"))
                    if path.suffix in (suffixes or SUFFIXES))


def name(path):
    return str(path.relative_to(ROOT))


def parameters(signature):
    """How many parameters "(int a, std::map<int, int> b)" has."""
    depth, count = 0, 1
    for c in signature[1:-1]:
        depth += (c in "<([{") - (c in ">)]}")
        count += c == "," and depth == 0
    return 0 if signature in ("()", "(void)") else count


def functions():
    """Every function definition: its file, name, lines and parameters."""
    files = [str(path) for _, path in sources(".cpp", ".cu", ".h")]
    found = subprocess.run(
        ["ctags", "--output-format=json", "--fields=+neS", "--language-force=C++",
         "--kinds-C++=f", "-o", "-", "-L", "-"], input="\n".join(files), check=True,
        capture_output=True, text=True).stdout
    for tag in map(json.loads, found.splitlines()):
        if "end" in tag:
            yield (name(pathlib.Path(tag["path"])), tag["name"], tag["end"] - tag["line"] + 1,
                   parameters(tag.get("signature", "()")))


class Shape(unittest.TestCase):
    def test_every_folder_with_sources_has_a_floor(self):
        for folder in sorted(path for path in ROOT.iterdir() if path.is_dir()):
            if folder.name.startswith(".") or folder.name in OUTSIDE | USERS | {"build"}:
                continue
            if any(path.suffix in SUFFIXES for path in folder.rglob("*")):
                self.assertIn(folder.name, FLOOR_OF, "has sources and is on no floor")
        for room in FLOOR_OF:
            self.assertTrue((ROOT / room / "CMakeLists.txt").exists(), f"there is no room {room}")

    def test_rooms_include_only_lower_floors(self):
        found = 0
        for room, path in sources():
            for other in OURS.findall(path.read_text()):
                if other == room:
                    continue
                self.assertIn(other, FLOOR_OF, f"{name(path)} includes {other}/, which is no room")
                found += 1
                self.assertLess(FLOOR_OF[other], FLOOR_OF[room], f"{name(path)} includes {other}/")
        self.assertGreater(found, 100)  # the pattern still finds includes

    def test_the_map_shows_the_floors(self):
        """The picture in ARCHITECTURE.md has the same rooms on the same floors."""
        text = (ROOT / "ARCHITECTURE.md").read_text(encoding="utf-8")
        picture = text[text.index("## Rooms and floors"):].split("```")[1]
        floors = [sorted(re.findall(r"[a-z]+", line)) for line in picture.splitlines()
                  if line.strip()]
        self.assertEqual(floors, [sorted(floor) for floor in reversed(FLOORS)])

    def test_torch_stays_out_of_headers(self):
        for room, path in sources(".h"):
            for library, header in TORCH.findall(path.read_text()):
                what = f"{name(path)} includes <{library}/{header}>"
                if path.parent == ROOT / "models" / "layers":
                    continue  # private to models/: only its .cpp files include them
                self.assertIn(room, ("models", "training"), what)
                self.assertEqual(f"{library}/{header}", "ATen/core/Tensor.h", what)

    def test_layers_are_private_to_models(self):
        for room, path in sources(".h", ".cpp"):
            if "models/layers/" in path.read_text():
                self.assertEqual(room, "models", path)

    def test_torch_and_spdlog_never_meet(self):
        for _, path in sources(".cpp"):
            text = path.read_text()
            self.assertFalse("<spdlog/" in text and TORCH.search(text), path)

    def test_files_are_one_idea(self):
        for _, path in sources():
            lines = path.read_text().count("\n")
            self.assertLessEqual(lines, MAX_FILE_LINES, f"{name(path)} has {lines} lines")

    @unittest.skipUnless(shutil.which("ctags"), "there is no ctags (Debian's universal-ctags)")
    def test_functions_fit_a_screen_and_take_few_parameters(self):
        found = list(functions())
        self.assertGreater(len(found), 1000)  # ctags still finds functions
        for path, function, lines, count in found:
            self.assertLessEqual(lines, MAX_FUNCTION_LINES, f"{path}: {function} has {lines} lines")
            if not MANY_PARAMETERS.search(f"{path} {function}"):
                self.assertLessEqual(count, MAX_PARAMETERS, f"{path}: {function} takes {count}")

    def test_parameters_are_counted(self):
        self.assertEqual(parameters("()"), 0)
        self.assertEqual(parameters("(int a)"), 1)
        self.assertEqual(parameters("(std::map<int, int> a, std::function<void(int, int)> b) const"
                                    .rsplit(" const")[0]), 2)


if __name__ == "__main__":
    unittest.main()
