"""Commands of marquee whose results later ones take, each run once: benches of large data can be run again."""

import os
import subprocess
import time


def step(program, folder, name, *words):
    """Makes FOLDER/NAME unless it is there. → seconds and peak resident GiB; None: it was there."""
    out = folder / name
    if out.exists():
        return None
    start = time.time()
    process = subprocess.Popen([program, *map(str, words), "--out", str(out), "--quiet"])
    _, status, usage = os.wait4(process.pid, 0)
    if status != 0:
        raise SystemExit(f"{name}: exit status {os.waitstatus_to_exitcode(status)}")
    return time.time() - start, usage.ru_maxrss / 2**20
