"""Training speed beside Python PyTorch: the same two-tower, data and cores, one after the other.

    MARQUEE_PYTHON=<python with torch> python3 bench/training.py --data DATASET

--device cuda measures both on a GPU. Prints a Markdown table of events trained a second (medians)
and their ratio. Ours is what metrics.jsonl records over a run; the peer is bench/training_peer.py.
"""

import argparse
import json
import os
import pathlib
import statistics
import subprocess
import sys
import tempfile

HERE = pathlib.Path(__file__).parent
CASES = {
    "attention, full softmax": (
        ["model.history.blocks=2", "model.loss.kind=full", "train.batch_size=64"],
        ["--loss", "full", "--blocks", "2", "--batch_size", "64"]),
    "attention, sampled softmax": (
        ["model.history.blocks=1", "model.loss.kind=sampled", "train.batch_size=128",
         "model.loss.in_batch_negatives=512", "model.loss.uniform_negatives=512"],
        ["--loss", "sampled", "--blocks", "1", "--batch_size", "128"]),
}


def ours(args, settings):
    with tempfile.TemporaryDirectory() as folder:
        config = pathlib.Path(folder) / "c.yaml"
        config.write_text("model:\n  name: two_tower\n")
        fixed = ["data.max_history=50", "train.epochs=1", "train.log_every_steps=5",
                 "train.validation_users=1", "train.checkpoint_every_steps=1000000",
                 "train.warmup_steps=10"]
        words = [w for s in settings + fixed for w in ("--set", s)]
        process = subprocess.Popen(
            [args.program, "train", "--config", config, "--data", args.data, "--out",
             f"{folder}/run", "--quiet", "--threads", str(args.threads), "--device", args.device, *words])
        process.wait()
        if process.returncode != 0:
            sys.exit("marquee train failed")
        lines = map(json.loads, open(f"{folder}/run/metrics.jsonl"))
        rates = [r["events_per_second"] for r in lines if "events_per_second" in r]
        return statistics.median(rates[1:])


def peer(args, words):
    done = subprocess.run(
        [args.python, HERE / "training_peer.py", "--data", args.data, "--threads",
         str(args.threads), "--device", args.device, "--steps", str(args.steps), *words],
        check=True, capture_output=True, text=True)
    return json.loads(done.stdout)["events_per_second"]


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--data", required=True)
    parser.add_argument("--program", default=str(HERE.parent / "build/release/marquee"))
    parser.add_argument("--python", default=os.environ.get("MARQUEE_PYTHON", sys.executable))
    parser.add_argument("--threads", type=int, default=os.cpu_count())
    parser.add_argument("--device", choices=("cpu", "cuda"), default="cpu")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--steps", type=int, default=40)
    args = parser.parse_args()
    print("| model | Marquee, events/s | PyTorch, events/s | ratio |\n|---|---|---|---|")
    for name, (settings, words) in CASES.items():
        pairs = [(ours(args, settings), peer(args, words)) for _ in range(args.rounds)]
        a, b = (statistics.median(column) for column in zip(*pairs))
        ratios = [x / y for x, y in pairs]
        print(f"| {name} | {a:,.0f} | {b:,.0f} | {statistics.median(ratios):.2f} "
              f"({min(ratios):.2f} to {max(ratios):.2f}) |", flush=True)


if __name__ == "__main__":
    main()
