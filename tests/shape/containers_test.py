"""Checks docker/ against the files and the program, and with hadolint where it is installed.

    containers_test.py ROOT"""

import pathlib
import re
import shutil
import subprocess
import sys
import unittest

try:
    import yaml
except ImportError:
    yaml = None

ROOT = pathlib.Path(sys.argv.pop(1))
DOCKER = ROOT / "docker"


def documents(name):
    return list(yaml.safe_load_all((DOCKER / name).read_text(encoding="utf-8")))


class Containers(unittest.TestCase):
    def test_the_image_that_serves_is_no_root_and_has_no_training(self):
        text = (DOCKER / "serve.Dockerfile").read_text()
        last = text[text.rindex("FROM "):]
        self.assertRegex(last, r"(?m)^USER [1-9]\d*(:[1-9]\d*)?$")
        self.assertRegex(last, r"(?m)^HEALTHCHECK ")
        self.assertIn("marquee-serve", last)
        self.assertNotIn("nvcc", last)

    def test_images_are_pinned(self):
        for file in DOCKER.glob("*.Dockerfile"):
            for image in re.findall(r"(?m)^FROM (?:--\S+ )?(\S+)", file.read_text()):
                if image in re.findall(r" AS (\S+)", file.read_text()):
                    continue
                self.assertRegex(image, r":[^:]*\d", f"{file.name}: {image} has no version")
                self.assertNotIn(":latest", image)

    def test_what_is_copied_is_there(self):
        for file in DOCKER.glob("*.Dockerfile"):
            for line in re.findall(r"(?m)^COPY (?!--from)(.*)$", file.read_text()):
                for source in line.split()[:-1]:
                    if not source.startswith("--") and source != ".":
                        self.assertTrue((ROOT / source).exists(), f"{file.name}: {source}")

    def test_what_is_run_is_a_script_of_the_project(self):
        for file in DOCKER.glob("*.Dockerfile"):
            for script in re.findall(r"scripts/[\w-]+", file.read_text()):
                self.assertTrue((ROOT / script).exists(), f"{file.name}: {script}")

    @unittest.skipUnless(yaml, "there is no yaml for Python")
    def test_compose_mounts_what_there_is_and_leaves_root_read_only(self):
        compose, = documents("compose.yaml")
        serve = next(s for s in compose["services"].values() if "serve" in str(s.get("build", "")))
        self.assertTrue(serve["read_only"])
        self.assertIn("ALL", serve["cap_drop"])
        for service in compose["services"].values():
            for volume in service.get("volumes", []):
                source = volume.split(":")[0]
                if source.startswith("./"):
                    self.assertTrue((DOCKER / source).exists(), source)

    @unittest.skipUnless(yaml, "there is no yaml for Python")
    def test_kubernetes_has_probes_and_limits(self):
        deployment = next(d for d in documents("kubernetes.yaml") if d["kind"] == "Deployment")
        pod = deployment["spec"]["template"]["spec"]
        container = pod["containers"][0]
        paths = {probe: container[probe]["httpGet"]["path"]
                 for probe in ("livenessProbe", "readinessProbe")}
        self.assertEqual(paths, {"livenessProbe": "/v1/health/live",
                                 "readinessProbe": "/v1/health/ready"})
        self.assertTrue(container["securityContext"]["readOnlyRootFilesystem"])
        self.assertIn("memory", container["resources"]["limits"])

    @unittest.skipUnless(shutil.which("hadolint"), "there is no hadolint")
    def test_hadolint_has_nothing_to_say(self):
        for file in DOCKER.glob("*.Dockerfile"):
            done = subprocess.run(["hadolint", str(file)], capture_output=True, text=True)
            self.assertEqual(done.returncode, 0, done.stdout)


if __name__ == "__main__":
    unittest.main()
