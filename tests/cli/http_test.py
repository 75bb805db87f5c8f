"""HTTP as clients of all ages speak it: RFC 9110 and 9112."""

import gzip
import json

import marquee as m
import serving

BODY = json.dumps({"history": ["t1"], "k": 1}).encode()


def post(body=BODY, kind="application/json", head="", target="/v1/recommend", version="HTTP/1.1"):
    return (f"POST {target} {version}\r\nHost: x\r\nContent-Type: {kind}\r\n{head}"
            f"Content-Length: {len(body)}\r\n\r\n").encode() + body


def get(target, head="", version="HTTP/1.1", method="GET"):
    return f"{method} {target} {version}\r\nHost: x\r\n{head}\r\n".encode()


class Http(serving.Case):
    def exchange(self, server, data, status):
        """→ the fields of the answer and its body."""
        head, _, body = server.raw(data, wait=1).partition(b"\r\n\r\n")
        line, *fields = head.decode().split("\r\n")
        self.assertEqual(line.split()[:2], ["HTTP/1.1", str(status)], head)
        return dict(f.split(": ", 1) for f in fields), body

    def test_http_1_0_says_whether_the_connection_stays(self):
        server = self.server()
        fields, _ = self.exchange(server, get("/v1/model", "Connection: keep-alive\r\n", "HTTP/1.0"),
                                  200)
        self.assertEqual(fields["Connection"], "keep-alive")
        fields, _ = self.exchange(server, get("/v1/model", version="HTTP/1.0"), 200)
        self.assertEqual(fields["Connection"], "close")
        fields, _ = self.exchange(server, get("/v1/model"), 200)
        self.assertNotIn("Connection", fields)
        two = server.raw(2 * get("/v1/model", "Connection: keep-alive\r\n", "HTTP/1.0"), wait=1)
        self.assertEqual(two.count(b"HTTP/1.1 200"), 2)

    def test_an_encoded_body_is_refused_for_what_it_is(self):
        server = self.server()
        packed = gzip.compress(BODY)
        fields, body = self.exchange(server, post(packed, head="Content-Encoding: gzip\r\n"), 415)
        self.assertEqual(fields["Accept-Encoding"], "identity")
        self.assertIn(b"gzip", body)
        self.exchange(server, post(head="Content-Encoding: Identity\r\n"), 200)
        _, body = self.exchange(server, post(packed), 400)
        self.assertIn(b"gzip", body)

    def test_media_types_have_no_case_and_a_byte_order_mark_is_skipped(self):
        server = self.server()
        for kind in ("Application/JSON", "application/json;charset=UTF-8", "APPLICATION/JSON ; x=y"):
            self.exchange(server, post(kind=kind), 200)
        self.exchange(server, post(b"\xef\xbb\xbf" + BODY), 200)
        event = {"event_id": "e", "user_id": "u", "title_id": "t1"}
        for body in (event, [event]):
            self.exchange(server, post(b"\xef\xbb\xbf" + json.dumps(body).encode(),
                                       target="/v1/events"), 200)

    def test_targets_in_the_absolute_form(self):
        server = self.server()
        for target in ("http://x/v1/model", "HTTP://other.example:8080/v1/model",
                       "https://x/v1/model"):
            self.exchange(server, get(target), 200)
        self.exchange(server, get("http://x"), 200)  # the page
        self.exchange(server, get("http://x?a=b"), 200)
        _, body = self.exchange(server, get("http://x/v1/titles?k=1"), 200)
        self.assertEqual(len(json.loads(body)["titles"]), 1)

    def test_an_empty_line_before_a_request_is_ignored(self):
        server = self.server()
        self.exchange(server, b"\r\n" + get("/v1/model"), 200)
        between = server.raw(post() + b"\r\n" + post(), wait=1)
        self.assertEqual(between.count(b"HTTP/1.1 200"), 2)
        self.exchange(server, b"\r\n\r\n" + get("/v1/model"), 400)

    def test_what_an_address_takes(self):
        server = self.server()
        fields, _ = self.exchange(server, get("/v1/users/x", method="PATCH"), 405)
        self.assertEqual(fields["Allow"], "GET, HEAD, DELETE")
        fields, body = self.exchange(server, get("/v1/users/x", method="OPTIONS"), 204)
        self.assertEqual(fields["Allow"], "GET, HEAD, DELETE, OPTIONS")
        self.assertEqual(body, b"")
        self.assertNotIn("Content-Length", fields)
        fields, _ = self.exchange(server, get("*", method="OPTIONS"), 204)
        self.assertEqual(fields["Allow"], "GET, HEAD, POST, PUT, DELETE, OPTIONS")
        self.exchange(server, get("/nowhere", method="OPTIONS"), 404)
        self.exchange(server, get("*"), 400)


if __name__ == "__main__":
    m.main()
