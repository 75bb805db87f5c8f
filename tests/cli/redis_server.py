"""A Redis of a test's own. redis-tools has the server's program under another name; it runs as what its first
argument names."""

import shutil
import socket
import subprocess
import time

PROGRAM = shutil.which("redis-check-rdb")


class Redis:
    environment = {"MARQUEE_REDIS_PASSWORD": "secret"}

    def __init__(self, folder):
        self.folder = folder
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            self.port = probe.getsockname()[1]
        self.address = f"redis://127.0.0.1:{self.port}/3"
        self.start()

    def start(self):
        self.process = subprocess.Popen(
            ["redis-server", "--port", str(self.port), "--bind", "127.0.0.1", "--dir", str(self.folder),
             "--save", "", "--appendonly", "yes", "--appendfsync", "always", "--requirepass", "secret"],
            executable=PROGRAM, stdout=subprocess.DEVNULL)
        for _ in range(100):
            try:
                socket.create_connection(("127.0.0.1", self.port)).close()
                return
            except OSError:
                time.sleep(0.05)

    def stop(self):
        if self.process.poll() is None:
            self.process.kill()
            self.process.wait()
