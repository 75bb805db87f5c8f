"""A table of requests that are wrong or hostile, sent as bytes: the status is the table's, never a
5xx, the answer never has a path or an address of the machine, and the server goes on."""

import json
import re

import marquee as m
import serving

GOOD = '{"history":["t1"],"k":3}'
CLOSED = 0  # without an answer
LEAK = re.compile(rb"(/root|/home|/tmp|/work|/build|0x[0-9a-f]{6,}|\.cpp|\.h:|std::|what\(\))")


def post(body, path="/v1/recommend", head="", kind="application/json"):
    body = body if isinstance(body, bytes) else body.encode("utf-8", "surrogatepass")
    return (f"POST {path} HTTP/1.1\r\nHost: x\r\nContent-Type: {kind}\r\n{head}"
            f"Content-Length: {len(body)}\r\n\r\n").encode("latin-1") + body


def get(target, head="", method="GET", version="HTTP/1.1", host="Host: x\r\n"):
    return f"{method} {target} {version}\r\n{host}{head}\r\n".encode("latin-1")


def framed(fields, body=GOOD):
    body = body if isinstance(body, bytes) else body.encode()
    return (f"POST /v1/recommend HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\n{fields}"
            "\r\n\r\n").encode("latin-1") + body


def chunked(body, fields="Transfer-Encoding: chunked"):
    return framed(fields, body)


def request_lines():
    yield from ((f"method {x!r}", get("/", method=x), s) for x, s in [
        ("BREW", 501), ("get", 501), ("G\0T", 400), ("", 400), ("GET\t", 400), ("(", 400),
        ("X" * 9000, 414), ("TRACE", 405), ("CONNECT", {400, 405}),
        ("PATCH", 405), ("PRI", 501)])
    yield from ((f"version {x!r}", get("/", version=x), {400, 505}) for x in [
        "HTTP/2.0", "HTTP/0.9", "HTTP/1.2", "HTTP/11", "HTTP/1.1 ", "http/1.1", "HTTP/x.y", "",
        "HTTP/1.1\0", "ICY/1.0", "HTTP/1.10"])
    yield from ((f"target {x[:20]!r}", get(x), s) for x, s in [
        ("*", 400), ("v1/model", 400), ("http://", 400), ("http:///v1/model", 400),
        ("ftp://x/v1/model", 400), ("http://x/nowhere", 404), ("//", 404), ("/v1//model", 404),
        ("/v1/model/", 404), ("/../etc/passwd", 404), ("/assets/../../etc/passwd", 404),
        ("/assets/%2e%2e%2fapp.js", 404), ("/%", 404), ("/v1/users/%", 400), ("/v1/users/%zz", 400),
        ("/v1/users/%00", 400), ("/v1/users/%ff", 400), ("/v1/users/%c0%af", 400),
        ("/v1/users/" + "x" * 257, 400), ("/v1/users/", 404), ("/v1/users/a/b", 404),
        ("/v1/users/a%2fb", 404), ("/" + "a" * 8100, 404), ("/" + "a" * 9000, 414),
        ("/v1/titles/%/similar", 400), ("/v1/titles//similar", 404), ("/a b", 400),
        ("/v1/titles?query=%", 400), ("/v1/titles?query=%00", 400), ("/v1/titles?query=%ff", 400),
        ("/v1/titles?k=0", 400), ("/v1/titles?k=-1", 400), ("/v1/titles?k=1001", 400),
        ("/v1/titles?k=99999999999999999999", 400), ("/v1/titles?k=1e2", 400),
        ("/v1/titles?k=%201", 400), ("/v1/titles?k=1&k=2", 400), ("/v1/titles?q=x", 400),
        ("/v1/titles?=x", 400), ("/v1/titles/t1/similar?query=x", 400), ("/v1/users/x?a=b", 400),
        ("/v2/models/%00", 400), ("/v2/models/" + "x" * 300, {400, 404})])


def fields():
    yield from ((f"host {x!r}", get("/", host=x), 400) for x in [
        "", "Host: x\r\nHost: y\r\n", "Host: x\r\nhost: x\r\n"])
    yield from ((f"field {x[:24]!r}", get("/", head=x + "\r\n"), s) for x, s in [
        ("A : b", 400), (" A: b", 400), ("\tfolded", 400), ("A: b\r\n folded", 400), (": b", 400),
        ("A", 400), ("A: \0", 400), ("A: \x01", 400), ("A: \x7f", 400), ("A\0: b", 400),
        ("A: b\n", 400), ("A: b\rC: d", 400), ("A\x80: b", 400), ("A(b): c", 400),
        ("A: " + "b" * 70_000, 431), ("A" * 70_000 + ": b", 431), ("\r", 400)])
    yield "101 fields", get("/", head="".join(f"A{i}: b\r\n" for i in range(101))), 431
    yield "bare LF", b"GET / HTTP/1.1\nHost: x\n\n", 400
    yield "bare CR", b"GET / HTTP/1.1\rHost: x\r\r", {400, CLOSED}
    yield from ((f"deadline {x!r}", post(GOOD, head=f"X-Request-Deadline-Ms: {x}\r\n"), 400)
                for x in ["0", "-1", "x", "1.5", "600001", "99999999999999999999", "1 2", "+5"])
    yield from ((f"content type {x!r}", post(GOOD, kind=x), 415) for x in [
        "", "text/plain", "application/jsonp", "application/x-www-form-urlencoded", "json",
        "multipart/form-data; boundary=x"])


def framing():
    yield from ((f"length {x!r}", framed(f"Content-Length: {x}"), 400) for x in [
        "-1", "+24", "0x18", "24 24", "2 4", "24,24", "", "x", "1e1", "99999999999999999999999",
        "18446744073709551616", "24\r\nContent-Length: 25", "24\r\nTransfer-Encoding: chunked"])
    yield "length beyond the limit", framed("Content-Length: 99999999"), 413
    yield from ((f"coding {x!r}", chunked("0\r\n\r\n", f"Transfer-Encoding: {x}"), {400, 501})
                for x in ["gzip", "identity", "chunked, identity", "chunked, chunked", "x-chunked",
                          "chunked\r\nTransfer-Encoding: chunked", "chunked;q=1", "\x0bchunked"])
    yield from ((f"chunk {x[:20]!r}", chunked(x), 400) for x in [
        b"-1\r\n", b"+5\r\nhello\r\n", b"0x5\r\n\r\n", b"5 \r\n\0hello", b"g\r\n", b"\r\n\r\n",
        b"ffffffffffffffffff\r\n", b"5\r\nhelloX\r\n0\r\n\r\n",
        b"1\r\nab\r\n0\r\n\r\n", b" 5\r\nhello\r\n0\r\n\r\n"])
    yield "chunks with bare LF", chunked(b"5\nhello\n0\n\n"), {400, CLOSED}
    yield "chunks beyond the limit", chunked(b"fffff\r\n" + b"a" * 0xfffff + b"\r\n" + b"fffff\r\n"
                                             + b"a" * 0xfffff + b"\r\n" + b"fffff\r\n"), {413, 400}
    yield "3 MB of tiny chunks", chunked(b"1\r\n \r\n" * 500_000 + b"0\r\n\r\n"), {400, 413}


def json_bodies():
    yield from ((f"JSON cut at {i}", post(GOOD[:i]), 400) for i in range(len(GOOD)))
    yield from ((f"JSON {x[:24]!r}", post(x), 400) for x in [
        "\ufeff\ufeff" + GOOD, GOOD + GOOD, GOOD + "x", "// c\n" + GOOD, GOOD[:-1] + ",}", "null", "true",
        "1", '"x"', "[]", "[1]", "NaN", "{'k':1}", '{"history":[],"k":NaN}', '{"history":[],"k":Infinity}',
        '{"history":[],"history":[]}', '{"history":[],"k":1,"k":2}', '{"history":["\\ud800"]}',
        '{"history":["\\u0000"]}', '{"history":["a\0b"]}', '{"history":["' + "a\n" + '"]}',
        '{"history":' + "[" * 1000 + "]" * 1000 + "}", "[" * 100_000, '{"a":' * 5000,
        '{"history":[],"\\u006b":0}', '{"":1}', '{"history":[],"k":01}', '{"history":[],"k":1.}',
        '{"history":[],"k":--1}', '{"history":[,]}', '{"history" []}', '{"history":["t1" "t2"]}'])
    yield from ((f"bytes {x!r}", post(b'{"history":["' + x + b'"]}'), 400) for x in [
        b"\xff", b"\xc0\xaf", b"\xed\xa0\x80", b"\xf4\x90\x80\x80", b"\xc3", b"\x80"])


WRONG = ["null", "true", "1", "1.5", '"x"', "[]", "{}", "[[]]", "[1]", '[null]', '{"a":1}']


def wrong_types():
    """Every field of every call with values of the wrong type."""
    user = {"history": {"[]"}, "user_id": {'"x"'}, "id": {'"x"'}, "at": {"1"}}
    more = {"exclude": {"[]"}, "filters": {"{}"}}
    calls = {"/v1/recommend": user | more | {"k": {"1"}, "include_seen": {"true"}},
             "/v1/page": user | more, "/v1/predict": user | {"titles": set()}}
    for path, names in calls.items():
        for name, fit in names.items():
            base = "" if name in ("history", "user_id") else '"history":[],'
            for value in WRONG:
                if value not in fit:
                    yield f"{path} {name} {value}", post("{" + base + f'"{name}":{value}' + "}", path), 400
    event = {"event_id": '"e"', "user_id": '"u"', "title_id": '"t1"', "timestamp": "1",
             "event": '"play"', "value": "0.5"}
    for name in event:
        for value in WRONG:
            number = name in ("timestamp", "value") and value in ("1", "1.5")
            if (value != '"x"' or name in ("timestamp", "event", "value")) and not number:
                body = ",".join(f'"{n}":{value if n == name else v}' for n, v in event.items())
                yield f"event {name} {value}", post("{" + body + "}", "/v1/events"), 400
    for path in ("/v1/recommend", "/v1/page", "/v1/predict", "/v1/events"):
        yield f"{path} unknown field", post('{"history":[],"histroy":[]}', path), 400


def values():
    for name, request, status in [
            ("k 0", {"k": 0}, 400), ("k -1", {"k": -1}, 400), ("k 1001", {"k": 1001}, 400),
            ("k 2^31", {"k": 2**31}, 400), ("k 2^64", {"k": 2**64}, 400), ("k 1e400", None, 400),
            ("at in year 0", {"at": -62_135_596_801}, 400), ("at in year 1", {"at": -62_135_596_800}, 200), ("at year 10000", {"at": 253402300800}, 400),
            ("10,001 events", {"history": ["t1"] * 10_001}, 400),
            ("10,000 events", {"history": ["t1"] * 10_000}, 200),
            ("no known title", {"history": ["nowhere", "t99999999"]}, 200),
            ("id of 257 bytes", {"history": ["x" * 257]}, 400), ("empty id", {"history": [""]}, 400),
            ("no such genre", {"filters": {"genres": ["Nothing"]}}, 400),
            ("no such maturity", {"filters": {"max_maturity": "X"}}, 400),
            ("nothing left", {"filters": {"region": "ZZ"}, "exclude": ["t1"]}, 200),
            ("10,001 excluded", {"exclude": ["t1"] * 10_001}, 400),
            ("rating 1e7", {"history": [{"title_id": "t1", "event": "rating", "value": 1e7}]}, 400),
            ("rating 0", {"history": [{"title_id": "t1", "event": "rating", "value": 0}]}, 200),
            ("rating without", {"history": [{"title_id": "t1", "event": "rating"}]}, 400),
            ("share 2", {"history": [{"title_id": "t1", "event": "play", "value": 2}]}, 400),
            ("no such event", {"history": [{"title_id": "t1", "event": "bought"}]}, 400),
            ("both", {"history": [], "user_id": "x"}, 400)]:
        body = '{"history":[],"k":1e400}'
        if request is not None:
            body = json.dumps({"history": []} | request)
        yield name, post(body), status
    yield "unknown user", post('{"user_id":"nobody was here"}'), 200
    yield "no events", post("[]", "/v1/events"), 400
    yield "1,001 events", post("[" + ",".join(['{"event_id":"e","user_id":"u","title_id":"t"}'] * 1001)
                               + "]", "/v1/events"), 400


class Malformed(serving.Case):
    cases = 0

    def check(self, table):
        server = self.server()
        for name, data, wanted in table:
            with self.subTest(name):
                data = data.replace(b"HTTP/1.1\r\n", b"HTTP/1.1\r\nConnection: close\r\n", 1)
                got = server.raw(data, wait=8)
                status = int(got[9:12]) if got.startswith(b"HTTP/1.1 ") else CLOSED
                self.assertIn(status, wanted if isinstance(wanted, set) else {wanted}, got[:300])
                self.assertEqual(LEAK.findall(got), [], got[:300])
                Malformed.cases += 1
        for _ in range(2):
            self.answer(server, "POST", "/v1/recommend", {"history": ["t1"]})
        self.assertEqual(server.end()[0], 0)

    def test_request_lines(self):
        self.check(request_lines())

    def test_fields(self):
        self.check(fields())

    def test_framing(self):
        self.check(framing())

    def test_json(self):
        self.check(json_bodies())

    def test_types(self):
        self.check(wrong_types())

    def test_values(self):
        self.check(values())

    def test_there_are_many(self):
        tables = (request_lines, fields, framing, json_bodies, wrong_types, values)
        count = sum(len(list(table())) for table in tables)
        print(f"{count} malformed requests")
        self.assertGreaterEqual(count, 300)


if __name__ == "__main__":
    m.main()
