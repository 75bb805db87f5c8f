"""The Open Inference Protocol with plain HTTP, and with PyPI's tritonclient where MARQUEE_PYTHON
has it. And the model repository for Triton itself."""

import csv
import json
import os
import pathlib
import struct
import subprocess
import unittest

import marquee as m
import serving

CLIENT = r"""
import json, sys
import numpy as np
import tritonclient.http as http
client = http.InferenceServerClient("127.0.0.1:" + sys.argv[1])
assert client.is_server_live() and client.is_server_ready() and client.is_model_ready("two_tower")
inputs = {i["name"]: i["datatype"] for i in client.get_model_metadata("two_tower")["inputs"]}
assert inputs == {"history": "INT64", "signal": "FP32", "age": "FP32", "k": "INT64"}, inputs
history = np.array([[1, 5, 7], [2, 0, 0]], dtype=np.int64)
values = {"history": history, "signal": (history > 0).astype(np.float32),
          "age": np.zeros((2, 3), np.float32), "k": np.array([4], dtype=np.int64)}
answers = []
for binary in (True, False):
    given = []
    for name, value in values.items():
        given.append(http.InferInput(name, value.shape, inputs[name]))
        given[-1].set_data_from_numpy(value, binary_data=binary)
    wanted = [http.InferRequestedOutput(n, binary_data=binary) for n in ("titles", "scores")]
    result = client.infer("two_tower", given, request_id="q1", outputs=wanted)
    assert result.get_response()["id"] == "q1"
    answers.append({n: result.as_numpy(n).tolist() for n in ("titles", "scores")})
assert answers[0] == answers[1]
print(json.dumps(answers[0]))
"""


def tensors(history, count, **changes):
    shape = [len(history), len(history[0])]
    inputs = {"history": {"datatype": "INT64", "shape": shape, "data": history},
              "signal": {"datatype": "FP32", "shape": shape,
                         "data": [[float(t > 0) for t in row] for row in history]},
              "age": {"datatype": "FP32", "shape": shape, "data": [[0.0] * shape[1]] * shape[0]},
              "k": {"datatype": "INT64", "shape": [1], "data": [count]}}
    for name, change in changes.items():
        inputs[name] = None if change is None else inputs[name] | change
    return {"inputs": [{"name": n} | i for n, i in inputs.items() if i is not None]}


class OpenInference(serving.Case):
    def titles(self):
        with open(m.bundle("attention") / "titles.csv", encoding="utf-8", newline="") as file:
            return [None, *(row["title_id"] for row in csv.DictReader(file))]

    def expected(self, server, history, k):
        ids = self.titles()
        answer = self.answer(server, "POST", "/v1/recommend",
                             {"history": [ids[t] for t in history if t], "k": k})
        return [ids.index(i["title_id"]) for i in answer["items"]]

    def test_infers_what_recommend_answers(self):
        server = self.server()
        history = [[1, 5, 7], [2, 0, 0]]
        answer = self.answer(server, "POST", "/v2/models/two_tower/infer",
                             tensors(history, 4) | {"id": "a"})
        self.assertEqual((answer["model_name"], answer["id"]), ("two_tower", "a"))
        outputs = {o["name"]: o for o in answer["outputs"]}
        self.assertEqual(outputs["titles"]["shape"], [2, 4])
        self.assertEqual(outputs["titles"]["data"],
                         sum((self.expected(server, row, 4) for row in history), []))
        version = answer["model_version"]
        one = self.answer(server, "POST", f"/v2/models/two_tower/versions/{version}/infer",
                          tensors(history, 4) | {"outputs": [{"name": "scores"}]})
        self.assertEqual([o["name"] for o in one["outputs"]], ["scores"])

    def test_metadata_and_health(self):
        server = self.server()
        self.assertEqual(self.answer(server, "GET", "/v2")["extensions"], ["binary_tensor_data"])
        model = self.answer(server, "GET", "/v2/models/two_tower")
        for path in ("/v2/health/live", "/v2/health/ready", "/v2/models/two_tower/ready",
                     f"/v2/models/two_tower/versions/{model['versions'][0]}"):
            self.answer(server, "GET", path)
        for path in ("/v2/models/other", "/v2/models/two_tower/versions/1", "/v2/models/other/ready"):
            self.assertIn("there is", self.answer(server, "GET", path, status=404)["error"])

    def test_what_is_wrong_is_refused_by_name(self):
        server = self.server()
        good = [[1, 5]]
        cases = [
            (tensors(good, 0), "k: must be"), (tensors(good, 1001), "k: must be"),
            (tensors(good, 900), "k: there are"),
            (tensors([[1, -5]], 3), "history: a title must be"),
            (tensors([[0, 5]], 3), "padding"), (tensors([[1, 10**6]], 3), "titles are 1 to"),
            (tensors([[1] * 5000], 3), "the model looks at"),
            (tensors(good, 3, age=None), "age is missing"),
            (tensors(good, 3, age={"data": [[0.0, -1.0]]}), "at least 0"),
            (tensors(good, 3, age={"data": [[0.0]]}), "holds 1 values"),
            (tensors(good, 3, age={"data": [["x", 0]]}), "numbers"),
            (tensors(good, 3, age={"shape": [2, 1]}), "shape"),
            (tensors(good, 3, age={"shape": [2**40, 2**40]}), "shape"),
            (tensors(good, 3, age={"shape": []}), "shape"),
            (tensors(good, 3, signal={"datatype": "FP64"}), "must be FP32"),
            (tensors(good, 3, k={"data": [1, 2]}), "k: "),
            (tensors(good, 3) | {"extra": 1}, "unknown field"),
            (tensors(good, 3) | {"outputs": [{"name": "x"}]}, "none of scores"),
            ({"inputs": tensors(good, 3)["inputs"] * 2}, "up to four"),
            ("[" * 100_000, "deep"), ('{"inputs":' + "[" * 40 + "]" * 40 + "}", "deep"),
            (json.dumps(tensors(good, 3))[:-1] + ',"inputs":[]}', "given twice"),
            (json.dumps(tensors(good, 3)).replace('"shape"', '"shape":[1],"shape"', 1), "given twice"),
            ("", "not a JSON object"), ("{}", "inputs is missing")]
        for body, words in cases:
            answer = self.answer(server, "POST", "/v2/models/two_tower/infer", body, status=400)
            self.assertIn(words, answer["error"], str(body)[:200])
        for name in ("signal", "age"):
            for number in (float("nan"), float("inf"), float("-inf")):
                body = tensors(good, 3)
                tensor = next(t for t in body["inputs"] if t["name"] == name)
                del tensor["data"]
                tensor["parameters"] = {"binary_data_size": 8}
                head = json.dumps(body).encode()
                answer = self.answer(server, "POST", "/v2/models/two_tower/infer",
                                     head + struct.pack("<2f", 1.0, number), status=400,
                                     Inference_Header_Content_Length=str(len(head)))
                self.assertIn("must be finite", answer["error"])
        for length in ("-1", "x", "99999999", "99999999999999999999"):
            self.answer(server, "POST", "/v2/models/two_tower/infer", tensors(good, 3), status=400,
                        Inference_Header_Content_Length=length)
        self.answer(server, "POST", "/v2/models/two_tower/infer", tensors(good, 3))

    @unittest.skipUnless(os.environ.get("MARQUEE_PYTHON"), "MARQUEE_PYTHON names no Python")
    def test_tritonclient_infers(self):
        python = os.environ["MARQUEE_PYTHON"]
        if subprocess.run([python, "-c", "import tritonclient.http"], capture_output=True).returncode:
            self.skipTest("MARQUEE_PYTHON has no tritonclient")
        server = self.server()
        done = subprocess.run([python, "-c", CLIENT, str(server.port)], capture_output=True, text=True)
        self.assertEqual(done.returncode, 0, done.stderr)
        titles = json.loads(done.stdout)["titles"]
        self.assertEqual(titles, [self.expected(server, row, 4) for row in ([1, 5, 7], [2])])

    def test_the_repository_for_triton(self):
        out = self.dir / "triton"
        bundle = m.bundle("attention")
        self.ok("export", "--format", "triton", "--bundle", bundle, "--out", out)
        self.assertEqual((out / "two_tower" / "1" / "model.pt").read_bytes(),
                         (bundle / "model.pt").read_bytes())
        self.assertEqual((out / "two_tower" / "config.pbtxt").read_text(),
                         (pathlib.Path(__file__).parent / "triton_config.pbtxt").read_text())
        self.ok("inspect", out)
        for source in (("--bundle", bundle), ("--run", m.trained("attention"))):
            self.assertEqual(m.run("export", "--format", "triton", *source, "--out", out).rc, 2)


if __name__ == "__main__":
    unittest.main()
