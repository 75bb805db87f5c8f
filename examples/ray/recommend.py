"""Lists for all members, by Ray Data: `marquee recommend` answers the requests of each batch.

    python recommend.py --bundle out/bundle --requests REQUESTS --out LISTS [--marquee PROGRAM]

REQUESTS and LISTS are Parquet, folders or files. A request has the columns of a request
(docs/bundles.md): `id`, `history` (title ids, or structs of title_id, timestamp, event and value),
and if wanted `k`, `exclude`, `at`. A list has `id`, `model`, `items` (structs of title_id, name, score
and reasons) and `error`, which is null but for requests that were refused.

The bundle travels with the job (runtime_env); the program has to be on every node, at the same place
(--marquee, by default in PATH). Each batch starts one process with one thread on one core; a process
that fails, or answers too few lines, fails its task, which Ray tries again.
"""

import argparse
import json
import os
import shutil
import subprocess

import pyarrow as pa
import ray

ITEM = pa.struct([("title_id", pa.string()), ("name", pa.string()), ("score", pa.float64()),
                  ("reasons", pa.list_(pa.string()))])
LIST = pa.schema([("id", pa.string()), ("model", pa.string()), ("items", pa.list_(ITEM)), ("error", pa.string())])


def answered(requests, program, bundle):
    """A table of requests → a table of their answers, in their order."""
    rows = [{name: value for name, value in row.items() if value is not None} for row in requests.to_pylist()]
    lines = "".join(json.dumps(row) + "\n" for row in rows)
    command = [program, "recommend", "--bundle", bundle, "--requests", "-", "--threads", "1", "--quiet"]
    done = subprocess.run(command, input=lines, capture_output=True, text=True, check=False)
    answers = [json.loads(line) for line in done.stdout.splitlines()]
    # 2: some requests were refused, and their answers say why.
    if done.returncode not in (0, 2) or len(answers) != len(rows):
        raise RuntimeError(f"marquee ended with {done.returncode} after {len(answers)} of {len(rows)} answers: "
                           f"{done.stderr}")
    return pa.Table.from_pylist([{"items": [], "model": None, "error": None, **answer} for answer in answers], LIST)


def main():
    options = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    for name in ("--bundle", "--requests", "--out"):
        options.add_argument(name, required=True)
    options.add_argument("--marquee", default="marquee", help="the program, on every node")
    options.add_argument("--batch", type=int, default=50_000, help="requests answered by one process")
    given = options.parse_args()
    program = os.path.abspath(shutil.which(given.marquee) or given.marquee)
    # Ray copies this folder to every node, where tasks run in it.
    ray.init(runtime_env={"working_dir": os.path.abspath(given.bundle)}, log_to_driver=False)
    lists = ray.data.read_parquet(os.path.abspath(given.requests)).map_batches(
        answered, batch_format="pyarrow", batch_size=given.batch, fn_args=(program, "."), max_retries=3, retry_exceptions=[RuntimeError])
    lists.write_parquet(os.path.abspath(given.out))
    ray.shutdown()


if __name__ == "__main__":
    main()
