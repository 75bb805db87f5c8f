"""Lists for all members, by Spark: `marquee recommend` answers the requests of each partition.

    spark-submit recommend.py --bundle out/bundle --requests REQUESTS --out LISTS [--marquee PROGRAM]

REQUESTS and LISTS are Parquet, folders or files, wherever Spark can read and write. A request has the
columns of a request (docs/bundles.md): `id`, `history` (title ids, or structs of title_id, timestamp,
event and value), and if wanted `k`, `exclude`, `at`. A list has `id`, `model`, `items` (structs of
title_id, name, score and reasons) and `error`, which is null but for requests that were refused.

The bundle travels as an archive to every executor; the program has to be there, at the same place
(--marquee, by default in PATH). Each partition starts one process with one thread, so that a core is
a process; a process that fails, or answers too few lines, fails its task, which Spark tries again.
"""

import argparse
import itertools
import json
import os
import shutil
import subprocess
import tempfile
import threading

from pyspark import SparkFiles
from pyspark.sql import SparkSession
from pyspark.sql.types import (ArrayType, DoubleType, StringType, StructField, StructType)

ITEM = StructType([StructField("title_id", StringType()), StructField("name", StringType()),
                   StructField("score", DoubleType()), StructField("reasons", ArrayType(StringType()))])
LIST = StructType([StructField("id", StringType()), StructField("model", StringType()),
                   StructField("items", ArrayType(ITEM)), StructField("error", StringType())])
BUNDLE = "bundle"


def answered(program, requests):
    """The answers of one process to the lines `requests`, in their order."""
    requests = iter(requests)
    first = next(requests, None)
    if first is None:
        return
    command = [program, "recommend", "--bundle", SparkFiles.get(BUNDLE), "--requests", "-", "--threads", "1",
               "--quiet"]
    with tempfile.TemporaryFile("w+") as errors, subprocess.Popen(
            command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=errors, text=True) as process:
        sent = []

        def send():
            for line in itertools.chain([first], requests):
                sent.append(1)
                process.stdin.write(line + "\n")
            process.stdin.close()

        sender = threading.Thread(target=send, daemon=True)
        sender.start()
        answers = 0
        for line in process.stdout:
            answers += 1
            answer = json.loads(line)
            yield (answer["id"], answer.get("model"), [
                (item["title_id"], item["name"], item["score"], item["reasons"]) for item in answer.get("items", [])],
                answer.get("error"))
        code = process.wait()
        sender.join(timeout=10)
        # 2: some requests were refused, and their answers say why.
        if code not in (0, 2) or answers != len(sent):
            errors.seek(0)
            raise RuntimeError(f"marquee ended with {code} after {answers} of {len(sent)} answers: {errors.read()}")


def main():
    options = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    for name in ("--bundle", "--requests", "--out"):
        options.add_argument(name, required=True)
    options.add_argument("--marquee", default="marquee", help="the program, on every executor")
    given = options.parse_args()
    program = shutil.which(given.marquee) or given.marquee
    spark = SparkSession.builder.appName("marquee").getOrCreate()
    with tempfile.TemporaryDirectory() as folder:
        archive = shutil.make_archive(os.path.join(folder, BUNDLE), "gztar", given.bundle)
        spark.sparkContext.addArchive(f"{archive}#{BUNDLE}")
        lines = spark.read.parquet(given.requests).toJSON()
        lists = lines.mapPartitions(lambda requests: answered(program, requests))
        spark.createDataFrame(lists, LIST).write.parquet(given.out)
    spark.stop()


if __name__ == "__main__":
    main()
