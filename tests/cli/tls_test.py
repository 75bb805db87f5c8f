"""HTTPS: which clients can connect, and the errors of a server whose files are wrong."""

import http.client
import json
import shutil
import socket
import ssl
import subprocess
import unittest

import marquee as m
import serving


@unittest.skipUnless(shutil.which("openssl"), "there is no openssl to make a certificate with")
class Tls(serving.Case):
    def certificate(self, name="server"):
        chain, key = self.dir / f"{name}.pem", self.dir / f"{name}.key"
        subprocess.run(["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt",
                        "ec_paramgen_curve:prime256v1", "-nodes", "-days", "2", "-subj",
                        "/CN=localhost", "-addext", "subjectAltName=IP:127.0.0.1", "-keyout", key,
                        "-out", chain], check=True, capture_output=True)
        return chain, key

    def secure(self, *more):
        chain, key = self.certificate()
        server = self.server("--tls-cert", chain, "--tls-key", key, *more)
        self.assertTrue(server.address.startswith("https://127.0.0.1:"), server.address)
        return server, ssl.create_default_context(cafile=chain)

    def test_answers_many_requests_on_one_connection(self):
        server, trust = self.secure()
        client = http.client.HTTPSConnection("127.0.0.1", server.port, timeout=20, context=trust)
        history = [f"t{i}" for i in range(1, 60)]
        for k in (1, 5, 50):
            client.request("POST", "/v1/recommend", json.dumps({"history": history, "k": k}),
                           {"Content-Type": "application/json"})
            answer = client.getresponse()
            self.assertEqual(answer.status, 200)
            self.assertEqual(len(json.loads(answer.read())["items"]), min(k, 21))
        # More than one TLS record.
        client.request("POST", "/v1/recommend", " " * 200_000 + '{"history":[]}',
                       {"Content-Type": "application/json"})
        self.assertEqual(client.getresponse().status, 200)
        client.close()
        self.ok("health", "--port", server.port, "--tls", "--ready")
        self.assertEqual(m.run("health", "--port", server.port).rc, 1, "HTTP to an HTTPS port")
        self.assertEqual(server.end()[0], 0)
        self.assertEqual(m.run("health", "--port", server.port, "--tls").rc, 1)

    def test_refuses_old_versions_and_plain_bytes_and_goes_on(self):
        server, trust = self.secure("--set", "http.head_seconds=1")
        old = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
        old.check_hostname, old.verify_mode = False, ssl.CERT_NONE
        old.minimum_version = old.maximum_version = ssl.TLSVersion.TLSv1_1
        old.set_ciphers("ALL:@SECLEVEL=0")
        with socket.create_connection(("127.0.0.1", server.port)) as plain:
            self.assertRaises((ssl.SSLError, OSError), old.wrap_socket, plain)
        self.assertNotIn(b"HTTP/1.1", server.raw(b"GET / HTTP/1.1\r\nHost: a\r\n\r\n"))
        silent = socket.create_connection(("127.0.0.1", server.port), timeout=5)
        silent.sendall(b"\x16\x03\x01")
        self.assertEqual(silent.recv(10), b"", "a connection that does not go on is closed")
        silent.close()
        with socket.create_connection(("127.0.0.1", server.port)) as plain:
            with trust.wrap_socket(plain, server_hostname="127.0.0.1") as client:
                self.assertIn(client.version(), ("TLSv1.2", "TLSv1.3"))
                client.sendall(b"GET /v1/health/live HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n")
                got = b""
                while piece := client.recv(4096):
                    got += piece
                self.assertIn(b'"live":true', got)

    def test_says_which_file_is_wrong(self):
        chain, key = self.certificate()
        _, other = self.certificate("other")
        nothing = self.dir / "nothing.pem"
        nothing.write_text("nothing\n")
        for files, needle in [((nothing, key), "nothing.pem"), ((chain, nothing), "nothing.pem"),
                              ((chain, other), "other.key"), ((self.dir / "no", key), "no: no cert")]:
            result = self.sane(m.run("serve", "--bundle", m.bundle("attention"), "--port", 0,
                                     "--state", self.dir / "state", "--tls-cert", files[0],
                                     "--tls-key", files[1]))
            self.assertEqual(result.rc, 2, result.err)
            self.says(result, needle)


if __name__ == "__main__":
    m.main()
