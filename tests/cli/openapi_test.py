"""Requests and answers fit the schemas of /openapi.json. tests/serving/openapi_test.cpp checks
that every path is in it."""

import re
import unittest

import marquee as m
import serving
from open_inference_test import tensors

TYPES = {"object": dict, "array": list, "string": str, "boolean": bool, "null": type(None)}


def is_type(value, name):
    if name == "integer":
        return isinstance(value, int) and not isinstance(value, bool)
    if name == "number":
        return isinstance(value, (int, float)) and not isinstance(value, bool)
    return isinstance(value, TYPES[name])


class Schema:
    """As much of JSON Schema as the document uses; an unknown keyword is an error."""

    KNOWN = {"$ref", "type", "enum", "oneOf", "properties", "required", "additionalProperties",
             "items", "minItems", "maxItems", "minLength", "maxLength", "minimum", "maximum",
             "default", "description"}

    def __init__(self, document):
        self.schemas = document["components"]["schemas"]

    def problems(self, value, schema, where="$"):
        if unknown := set(schema) - self.KNOWN:
            return [f"{where}: the test does not know {unknown}"]
        if "$ref" in schema:
            return self.problems(value, self.schemas[schema["$ref"].rsplit("/", 1)[1]], where)
        found = []
        types = schema.get("type", [])
        types = [types] if isinstance(types, str) else types
        if types and not any(is_type(value, each) for each in types):
            return [f"{where}: {value!r} is no {types}"]
        if "enum" in schema and value not in schema["enum"]:
            found.append(f"{where}: {value!r} is none of {schema['enum']}")
        if "oneOf" in schema and sum(not self.problems(value, s, where) for s in schema["oneOf"]) != 1:
            found.append(f"{where}: {value!r} does not fit exactly one")
        for least, most, size in (("minItems", "maxItems", len), ("minLength", "maxLength", len),
                                  ("minimum", "maximum", lambda x: x)):
            if least in schema and size(value) < schema[least]:
                found.append(f"{where}: below {least}")
            if most in schema and size(value) > schema[most]:
                found.append(f"{where}: above {most}")
        if isinstance(value, dict):
            found += self.object_problems(value, schema, where)
        if isinstance(value, list) and "items" in schema:
            for i, each in enumerate(value):
                found += self.problems(each, schema["items"], f"{where}[{i}]")
        return found

    def object_problems(self, value, schema, where):
        properties = schema.get("properties", {})
        found = [f"{where}: {name} is missing" for name in schema.get("required", [])
                 if name not in value]
        for name, each in value.items():
            if name in properties:
                found += self.problems(each, properties[name], f"{where}.{name}")
            elif schema.get("additionalProperties") is False:
                found.append(f"{where}: {name} is not in the document")
        return found


class OpenApi(serving.Case):
    def test_requests_and_answers_fit_its_schemas(self):
        server = self.server(bundle=m.bundle("attention"))
        document = self.answer(server, "GET", "/openapi.json")
        schema = Schema(document)
        version = self.answer(server, "GET", "/v1/model")["version"].split("@")[1]
        event = {"event_id": "e1", "user_id": "u", "title_id": "t1", "event": "play", "value": 0.4}
        rated = {"title_id": "t3", "timestamp": 964982703, "event": "rating", "value": 4.0}
        title = {"name": "New", "year": 2020, "genres": ["Drama"], "actors": ["A", "B"],
                 "directors": ["C"], "studios": ["D"], "language": "en", "runtime_minutes": 90,
                 "maturity": "PG", "available_from": 1, "available_until": 2**33, "regions": ["DE"],
                 "countries": ["GB", "FR"]}
        request = {"id": "r", "history": ["t1", rated, "nowhere"], "k": 5, "exclude": ["t9"],
                   "at": 10**9, "include_seen": True, "diversity": 0.4, "sink_repeated": False,
                   "filters": {"genres": ["Comedy"], "max_maturity": "R", "region": "DE"}}
        infer = tensors([[1, 2]], 3) | {"id": "i"}
        calls = [
            ("POST", "/v1/recommend", request, 200),
            ("POST", "/v1/recommend", {"user_id": "u"}, 200),
            ("POST", "/v1/recommend", {"user_id": "u", "profile": "none"}, 200),
            ("POST", "/v1/page", {"profile": "none"}, 200),
            ("POST", "/v1/recommend", {"history": ["t1"], "profile": "none"}, 400),
            ("POST", "/v1/recommend", {"history": [], "k": 0}, 400),
            ("POST", "/v1/page", {"history": ["t1", "t2", "t3", "t4"], "diversity": 0.5}, 200),
            ("GET", "/v1/model/parameters", None, 200),
            ("POST", "/v1/onboarding/next", {}, 200),
            ("POST", "/v1/onboarding/next", {"id": "o", "k": 3, "filters": {"genres": ["Comedy"]}, "answers": [
                {"title_id": "t1", "answer": "like"}, {"title_id": "t2", "answer": "dislike"},
                {"title_id": "nowhere", "answer": "unknown"}]}, 200),
            ("POST", "/v1/onboarding/next", {"answers": [{"title_id": "t1"}]}, 400),
            ("POST", "/v1/events", event, 200), ("POST", "/v1/events", [event], 200),
            ("POST", "/v1/events", event | {"title_id": "nowhere", "event_id": "e2"}, 200),
            ("POST", "/v1/page", {"user_id": "u"}, 200), ("POST", "/v1/page", {}, 400),
            ("POST", "/v1/predict", {"history": ["t1"], "titles": ["t2"]}, 400),
            ("GET", "/v1/titles?query=t&k=3", None, 200), ("GET", "/v1/titles?k=x", None, 400),
            ("GET", "/v1/titles/t1/similar?k=3", None, 200),
            ("GET", "/v1/titles/nowhere/similar", None, 404), ("GET", "/v1/users/u", None, 200),
            ("PUT", "/v1/users/u/profile", {"profile": "none"}, 200), ("GET", "/v1/users/u", None, 200),
            ("PUT", "/v1/users/u/profile", {"profile": "full"}, 200),
            ("PUT", "/v1/users/u/profile", {"profile": "half"}, 400),
            ("GET", "/v1/users/nobody", None, 404), ("DELETE", "/v1/users/u", None, 200),
            ("PUT", "/v1/titles/new", title, 200), ("DELETE", "/v1/titles/new", None, 200),
            ("DELETE", "/v1/titles/nowhere", None, 404), ("GET", "/v1/health/live", None, 200),
            ("GET", "/v1/health/ready", None, 200), ("GET", "/v1/model", None, 200),
            ("GET", "/v2", None, 200), ("GET", "/v2/health/live", None, 200),
            ("GET", "/v2/health/ready", None, 200)]
        for model in ("/v2/models/two_tower", f"/v2/models/two_tower/versions/{version}"):
            calls += [("GET", model, None, 200), ("GET", model + "/ready", None, 200),
                      ("POST", model + "/infer", infer, 200)]
        called = set()
        for method, target, body, status in calls:
            got, answer, _ = server.call(method, target, body)
            self.assertEqual(got, status, (method, target, answer))
            path, call = self.described(document, method, target.split("?")[0])
            called.add((method, path))
            self.assertIn(str(status), call["responses"], (method, target))
            expected = call["responses"][str(status)]["content"]["application/json"]["schema"]
            self.assertEqual(schema.problems(answer, expected), [], (method, target))
            if body is not None and status == 200:
                expected = call["requestBody"]["content"]["application/json"]["schema"]
                self.assertEqual(schema.problems(body, expected), [], (method, target))
        left = {(method.upper(), path) for path, methods in document["paths"].items()
                for method in methods} - called
        self.assertEqual(left, {("POST", "/v1/predict"), ("GET", "/metrics"), ("GET", "/"),
                                ("GET", "/openapi.json")} - called)

    def described(self, document, method, target):
        for path, methods in document["paths"].items():
            pattern = re.sub(r"\\\{\w+\\\}", "[^/]+", re.escape(path))
            if re.fullmatch(pattern, target) and method.lower() in methods:
                return path, methods[method.lower()]
        raise AssertionError(f"{method} {target} is not described")


if __name__ == "__main__":
    unittest.main()
