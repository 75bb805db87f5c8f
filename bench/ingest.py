#!/usr/bin/env python3
"""Times `marquee ingest` against pandas and polars on a file like MovieLens 25M's ratings.csv, or with
--parquet against pyarrow and polars on the same rows as Parquet. With --append SHARE it times how long the newest rows
take that come to a dataset of the others.

All three read the same file, give users and titles dense indices and sort by user and time. Only
marquee also checks every field, splits, hashes and writes a dataset that is synced to disk. Runs
alternate; medians count.

    python3 -m venv /tmp/venv && /tmp/venv/bin/pip install numpy pandas polars pyarrow
    /tmp/venv/bin/python bench/ingest.py --rows 25000000
"""

import argparse
import os
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

PANDAS = """
import sys, pandas as pd
d = pd.read_csv(sys.argv[1])
d["user_id"] = pd.factorize(d["user_id"])[0]
d["title_id"] = pd.factorize(d["title_id"])[0]
d = d.sort_values(["user_id", "timestamp"], kind="stable")
"""

POLARS = """
import sys, polars as pl
ids = lambda name: pl.col(name).rank("dense")
d = pl.read_csv(sys.argv[1]).with_columns(ids("user_id"), ids("title_id"))
d = d.sort(["user_id", "timestamp"], maintain_order=True)
"""

PYARROW = """
import sys, pyarrow.parquet as pq, pyarrow as pa
d = pq.read_table(sys.argv[1], columns=["user_id", "title_id", "timestamp", "value"])
for name in ("user_id", "title_id"):
    codes = d[name].dictionary_encode().unify_dictionaries().combine_chunks().indices
    d = d.set_column(d.schema.get_field_index(name), name, codes)
d = d.sort_by([("user_id", "ascending"), ("timestamp", "ascending")])
"""

TITLES = 62_423
GROUP_ROWS = 1_000_000  # of a row group, as pyarrow writes them
ROWS_A_USER = 154


def write_ratings(file: Path, rows: int, seed: int, shuffled: bool) -> None:
    """Users by a log-normal, titles by a power law; by user and title as MovieLens writes them."""
    import numpy as np
    import polars as pl

    rng = np.random.default_rng(seed)
    users = max(1, rows // ROWS_A_USER)
    activity = rng.lognormal(0, 1.2, users)
    popularity = 1.0 / np.arange(1, TITLES + 1) ** 0.9
    title_ids = np.sort(rng.choice(209_172, TITLES, replace=False)) + 1
    rng.shuffle(popularity)
    table = pl.DataFrame({
        "user_id": np.sort(rng.choice(users, rows, p=activity / activity.sum())) + 1,
        "title_id": title_ids[rng.choice(TITLES, rows, p=popularity / popularity.sum())],
        "value": rng.integers(1, 11, rows) / 2,
        "timestamp": rng.integers(789_652_009, 1_574_327_703, rows),
    })
    table = table.sample(fraction=1, shuffle=True, seed=seed) if shuffled else table.sort(
        ["user_id", "title_id"])
    if file.suffix == ".parquet":
        table.write_parquet(file, row_group_size=GROUP_ROWS)
    else:
        table.write_csv(file)


def divide(file: Path, share: float) -> tuple[Path, Path]:
    """The rows but the newest share of them, and those: two files."""
    import polars as pl

    table = pl.read_csv(file)
    newest = pl.col("timestamp") > table["timestamp"].quantile(1 - share)
    older, newer = file.with_name("older.csv"), file.with_name("newer.csv")
    table.filter(~newest).write_csv(older)
    table.filter(newest).write_csv(newer)
    return older, newer


def ingest(options, out: Path, *files: Path, append: Path | None = None) -> list[str]:
    words = ["--append", str(append)] if append else [word for each in options.set for word in ("--set", each)]
    return [options.program, "ingest", *words, "--interactions", *map(str, files), "--out", str(out), "--overwrite", "--quiet"]


def memory_of(pid: int) -> tuple[int, int]:
    """Resident bytes now, and those of them that are not pages of files."""
    fields = {}
    for line in Path(f"/proc/{pid}/status").read_text().splitlines():
        name, _, value = line.partition(":")
        fields[name] = value
    kib = [int(fields.get(name, "0 kB").split()[0]) for name in ("VmRSS", "RssAnon")]
    return kib[0] << 10, kib[1] << 10


def timed(command: list[str]) -> tuple[float, int, int]:
    """Seconds, peak resident bytes and peak heap of one run, sampled every 20 ms."""
    start = time.perf_counter()
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE)
    resident = heap = 0
    while process.poll() is None:
        try:
            now = memory_of(process.pid)
        except (FileNotFoundError, ProcessLookupError):
            break
        resident, heap = max(resident, now[0]), max(heap, now[1])
        time.sleep(0.02)
    if process.wait() != 0:
        sys.exit(process.stderr.read().decode())
    return time.perf_counter() - start, resident, heap


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--rows", type=int, default=25_000_000)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--runs", type=int, default=3)
    parser.add_argument("--parquet", action="store_true", help="rows as Parquet")
    parser.add_argument("--append", type=float, metavar="SHARE", help="of rows that come to the others: 0.01")
    parser.add_argument("--set", action="append", default=[], metavar="KEY=VALUE", help="of a mapping")
    parser.add_argument("--shuffled", action="store_true", help="rows in no order at all")
    parser.add_argument("--program", default="build/release/marquee")
    parser.add_argument("--folder", help="for the file and the dataset; default: a temporary one")
    options = parser.parse_args()

    with tempfile.TemporaryDirectory(dir=options.folder) as folder:
        file = Path(folder) / ("ratings.parquet" if options.parquet else "ratings.csv")
        write_ratings(file, options.rows, options.seed, options.shuffled)
        os.sync()
        contenders = {
            "marquee": ingest(options, Path(folder) / "dataset", file),
            "pandas": [sys.executable, "-c", PANDAS, str(file)],
            "polars": [sys.executable, "-c", POLARS, str(file)],
        }
        if options.parquet:
            del contenders["pandas"]
            contenders["pyarrow"] = [sys.executable, "-c", PYARROW, str(file)]
            contenders["polars"][2] = POLARS.replace("read_csv", "read_parquet")
        if options.append:
            older, newer = divide(file, options.append)
            base, whole = Path(folder) / "base", Path(folder) / "dataset"
            timed(ingest(options, base, older))
            contenders = {"all at once": ingest(options, whole, older, newer),
                          "--append": ingest(options, Path(folder) / "grown", newer, append=base)}
        results = {name: [] for name in contenders}
        for _ in range(options.runs):
            for name, command in contenders.items():
                results[name].append(timed(command))

        if options.append:
            for path in sorted(each for each in whole.rglob("*") if each.is_file()):
                hidden = path.name.startswith(".") or path == whole / "manifest.json"
                name = path.relative_to(whole)
                if not hidden and path.read_bytes() != (Path(folder) / "grown" / name).read_bytes():
                    sys.exit(f"{name} is not what one ingest of everything gives")
        print(f"{options.rows:,} rows, {file.stat().st_size / 1e6:,.0f} MB, "
              f"{len(os.sched_getaffinity(0))} processors, medians of {options.runs}\n")
        print("| | seconds | M rows/s | peak resident MiB | of it heap MiB |")
        print("|---|---|---|---|---|")
        for name, runs in results.items():
            seconds, resident, heap = (statistics.median(column) for column in zip(*runs))
            print(f"| {name} | {seconds:.2f} | {options.rows / seconds / 1e6:.2f} | "
                  f"{resident / 2**20:,.0f} | {heap / 2**20:,.0f} |")


if __name__ == "__main__":
    main()
