"""Rooms include only what stands on lower floors, and torch stays out of headers that serve."""

import pathlib
import re
import sys
import unittest

ROOT = pathlib.Path(sys.argv.pop(1)) if len(sys.argv) > 1 else pathlib.Path.cwd()

# Lowest floor first; rooms on one floor are neighbours and do not know each other.
FLOORS = [["core"], ["configs", "data"], ["models", "inference"], ["training", "evaluation"],
          ["policy"], ["cli"]]
FLOOR_OF = {room: floor for floor, rooms in enumerate(FLOORS) for room in rooms}
TORCH = re.compile(r'#include\s*<(torch|ATen|c10)/([^>]+)>')
OURS = re.compile(r'#include\s*"([a-z]+)/')


def sources(pattern):
    for room in FLOOR_OF:
        yield from ((room, path) for path in sorted((ROOT / room).rglob(pattern)))


class Shape(unittest.TestCase):
    def test_rooms_include_only_lower_floors(self):
        found = 0
        for room, path in [*sources("*.h"), *sources("*.cpp"), *sources("*.cu")]:
            for other in OURS.findall(path.read_text()):
                if other == room or other not in FLOOR_OF:
                    continue
                found += 1
                self.assertLess(FLOOR_OF[other], FLOOR_OF[room],
                                f"{path.relative_to(ROOT)} includes {other}/")
        self.assertGreater(found, 100)  # the pattern still finds includes

    def test_torch_stays_out_of_headers(self):
        for room, path in sources("*.h"):
            for library, header in TORCH.findall(path.read_text()):
                name = f"{path.relative_to(ROOT)} includes <{library}/{header}>"
                if path.parent == ROOT / "models" / "layers":
                    continue  # private to models/: only its .cpp files include them
                self.assertIn(room, ("models", "training"), name)
                self.assertEqual(f"{library}/{header}", "ATen/core/Tensor.h", name)

    def test_layers_are_private_to_models(self):
        for room, path in [*sources("*.h"), *sources("*.cpp")]:
            if "models/layers/" in path.read_text():
                self.assertEqual(room, "models", path)

    def test_torch_and_spdlog_never_meet(self):
        for _, path in sources("*.cpp"):
            text = path.read_text()
            self.assertFalse("<spdlog/" in text and TORCH.search(text), path)

    def test_files_are_one_idea(self):
        for _, path in [*sources("*.h"), *sources("*.cpp"), *sources("*.cu")]:
            lines = path.read_text().count("\n")
            self.assertLessEqual(lines, 350, f"{path.relative_to(ROOT)} has {lines} lines")


if __name__ == "__main__":
    unittest.main()
