"""A running server, for the tests that are its clients."""

import http.client
import json
import os
import signal
import socket
import subprocess

import marquee as m

# MARQUEE_SERVE may name a server with a sanitizer (scripts/sanitize).
SERVE = [os.environ["MARQUEE_SERVE"]] if "MARQUEE_SERVE" in os.environ else [m.PROGRAM, "serve"]


class Server:
    def __init__(self, case, *options, bundle=None, state=None, threads=None,
                 environment=None, port=0):
        """bundle: a folder, or several by their names."""
        self.state = state or case.dir / "state"
        named = bundle.items() if isinstance(bundle, dict) else [("", bundle or m.bundle("attention"))]
        bundles = [word for name, folder in named for word in ("--bundle", f"{name}={folder}" if name else str(folder))]
        self.process = subprocess.Popen(
            [*map(str, SERVE), *bundles, "--port", str(port), "--state", str(self.state), "--admin-port", "0",
             *map(str, options)],
            stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
            env=m.environment(threads) | (environment or {}))
        self.addresses = [self.process.stdout.readline().strip() for _ in named]
        self.address = self.addresses[0]
        if not self.address:
            raise AssertionError(self.process.stderr.read())
        self.port = int(self.address.split("/")[2].rsplit(":", 1)[1])
        self.admin_port = [int(self.process.stdout.readline().split(":")[2].split("/")[0]) for _ in named][0]

    def admin(self, path, body=None, token=None):
        token = token or (self.state / "admin-token").read_text().strip()
        return self.call("POST", path, body, port=self.admin_port,
                         Authorization=f"Bearer {token}")[:2]

    def call(self, method, path, body=None, port=None, **headers):
        """Status, answer (JSON where it is), fields."""
        connection = http.client.HTTPConnection("127.0.0.1", port or self.port, timeout=60)
        headers = {name.replace("_", "-"): value for name, value in headers.items()}
        if body is not None:
            headers.setdefault("Content-Type", "application/json")
            body = body if isinstance(body, (str, bytes)) else json.dumps(body)
        connection.request(method, path, body, headers)
        response = connection.getresponse()
        text = response.read()
        connection.close()
        is_json = response.getheader("Content-Type") == "application/json"
        return response.status, json.loads(text) if is_json else text.decode(), response.headers

    def raw(self, data, wait=5.0):
        """Everything that is sent back for these bytes, until the server closes or is silent."""
        with socket.create_connection(("127.0.0.1", self.port), timeout=wait) as connection:
            got = b""
            try:
                connection.sendall(data)
                while piece := connection.recv(65536):
                    got += piece
            except (TimeoutError, ConnectionError):
                pass
            return got

    def end(self, number=signal.SIGTERM):
        self.process.send_signal(number)
        _, err = self.process.communicate(timeout=30)
        return self.process.returncode, err


class Case(m.Case):
    def server(self, *options, **named):
        server = Server(self, *options, **named)
        self.addCleanup(lambda: server.process.poll() is None and server.end(signal.SIGKILL))
        return server

    def answer(self, server, *call, status=200, **headers):
        got, answer, _ = server.call(*call, **headers)
        self.assertEqual(got, status, answer)
        return answer
