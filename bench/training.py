"""Training speed beside Python PyTorch: the same models, data and cores, one after the other.

    MARQUEE_PYTHON=<python with torch> python3 bench/training.py --data DATASET [--only NAME ...]

Prints a Markdown table: events trained a second (medians over the rounds) by this program with
floats and with products of bfloat16, and by PyTorch as it is and with torch.compile (also in its own
bfloat16, by autocast); the ratio is ours to the faster of the two with floats. Work: the arithmetic
of matrix products in what this program reaches, in GFLOP a second; `build/release/products` says
what the machine can do. Ours is what metrics.jsonl records over a run; the peer is
bench/training_peer.py, with jemalloc preloaded and set as this program sets it. --device cuda
measures both on a GPU.

The results in docs/performance.md are of MovieLens-1M's size:
    marquee synth --out S --users 6040 --titles 3706 --interactions 1000000
    marquee ingest --interactions S/interactions.csv --titles S/titles.csv --out DATASET
"""

import argparse
import glob
import json
import os
import pathlib
import statistics
import subprocess
import sys
import tempfile

import numpy as np

HERE = pathlib.Path(__file__).parent


class Case:
    def __init__(self, model, dim, blocks, history, batch, loss, encoder="attention"):
        self.model, self.dim, self.blocks, self.history = model, dim, blocks, history
        self.batch, self.loss, self.encoder = batch, loss, encoder

    def settings(self, device):
        # A record waits for the device: on a GPU they must be rare.
        every = 20 if device == "cuda" else 1
        common = [f"model.dim={self.dim}", f"model.history.blocks={self.blocks}",
                  f"model.history.encoder={self.encoder}", f"data.max_history={self.history}",
                  f"train.batch_size={self.batch}", "train.epochs=1", f"train.log_every_steps={every}",
                  "train.validation_users=1", "train.checkpoint_every_steps=1000000",
                  "train.warmup_steps=10"]
        if self.model == "neural_cf":
            return common + ["model.negatives=256"]
        if self.loss == "full":
            return common + ["model.loss.kind=full"]
        return common + ["model.loss.kind=sampled", "model.loss.in_batch_negatives=512",
                         "model.loss.uniform_negatives=512"]

    def words(self):
        negatives = "128" if self.model == "neural_cf" else "512"
        return ["--model", self.model, "--dim", str(self.dim), "--blocks", str(self.blocks),
                "--encoder", self.encoder, "--max_history", str(self.history), "--batch_size",
                str(self.batch), "--loss", self.loss, "--in_batch", negatives, "--uniform",
                negatives]

    def flop(self, data):
        """Of the matrix products of one event, forward and backward, without padding."""
        d, seen = self.dim, seen_events(data, self.history)
        titles = len(np.fromfile(data / "titles.genre.offsets", np.uint64)) - 2
        weights = 5 * d * d if self.encoder == "hstu" else 8 * d * d
        block = 2 * weights * 3 + 2 * seen * d * 7  # two products with keys; five for gradients
        if self.model == "neural_cf":
            pairs = 256 * (2 * d * d / 2 + d) * 3 + 256 * d * 6
            return 2 * self.blocks * block + pairs + 2 * d * d * 3
        scored = titles if self.loss == "full" else 1024
        return self.blocks * block + 2 * scored * d * 3


CASES = {
    "attention, 2 blocks × 128, histories of 200, all titles":
        Case("two_tower", 128, 2, 200, 128, "full"),
    "HSTU, 8 blocks × 64, histories of 200, all titles":
        Case("two_tower", 64, 8, 200, 64, "full", "hstu"),
    "neural_cf × 64, histories of 50, 256 negatives":
        Case("neural_cf", 64, 1, 50, 32, "sampled"),
    "attention, 2 blocks × 64, histories of 50, all titles":
        Case("two_tower", 64, 2, 50, 64, "full"),
    "attention, 1 block × 64, histories of 50, 1,024 negatives":
        Case("two_tower", 64, 1, 50, 128, "sampled"),
}


def seen_events(data, history):
    """The mean number of events before a target, with its start token."""
    offsets = np.fromfile(data / "interactions.offsets", np.uint64).astype(np.int64)
    sizes = np.diff(offsets) - 2  # leave-one-out: two are held out
    sizes = sizes[sizes > 0]
    whole, rest = sizes // history, sizes % history
    return float((whole * history * (history + 1) / 2 + rest * (rest + 1) / 2).sum() / sizes.sum())


def ours(args, case, precision):
    with tempfile.TemporaryDirectory() as folder:
        config = pathlib.Path(folder) / "c.yaml"
        config.write_text(f"model:\n  name: {case.model}\n")
        words = [w for s in case.settings(args.device) + [f"train.precision={precision}"] for w in ("--set", s)]
        process = subprocess.Popen(
            [args.program, "train", "--config", config, "--data", args.data, "--out",
             f"{folder}/run", "--quiet", "--threads", str(args.threads), "--device", args.device,
             *words], stderr=subprocess.PIPE)
        try:
            process.wait(args.seconds)
        except subprocess.TimeoutExpired:
            process.terminate()  # it saves and ends
            process.wait()
        lines = map(json.loads, open(f"{folder}/run/metrics.jsonl"))
        rates = [r["events_per_second"] for r in lines if "events_per_second" in r]
        if len(rates) < 5:
            sys.exit(f"too few steps in {args.seconds} s: {process.stderr.read().decode()}")
        return statistics.median(rates[3:])


def jemalloc():
    found = glob.glob("/usr/lib/*/libjemalloc.so.2")
    if not found:
        return {}
    return {"LD_PRELOAD": found[0],
            "MALLOC_CONF": "dirty_decay_ms:-1,muzzy_decay_ms:-1,thp:always"}


def peer(args, case, *more):
    done = subprocess.run(
        [args.python, HERE / "training_peer.py", "--data", args.data, "--threads",
         str(args.threads), "--device", args.device, "--steps", str(args.steps), *case.words(),
         *more], capture_output=True, text=True, env={**os.environ, **jemalloc()})
    if done.returncode != 0 and more:  # not everything can be compiled everywhere
        print(done.stderr.splitlines()[-1:], file=sys.stderr)
        return 0
    if done.returncode != 0:
        sys.exit(done.stderr)
    return json.loads(done.stdout)["events_per_second"]


def middle(rounds, of):
    return statistics.median(of(round) for round in rounds)


def measure(args, name, case):
    steps = {"float": lambda: ours(args, case, "float32"), "bf16": lambda: ours(args, case, "bf16"),
             "eager": lambda: peer(args, case), "compiled": lambda: peer(args, case, "--compile"),
             "autocast": lambda: peer(args, case, "--bf16")}
    print(f"| {name} |", end="", flush=True)
    rounds = []
    for _ in range(args.rounds):
        rounds.append({})
        for key, step in steps.items():
            rounds[-1][key] = step()
            if args.rounds == 1:  # at once, for a run that may be cut off
                print(f" {rounds[-1][key]:,.0f} |", end="", flush=True)

    def best(r):
        return max(r["eager"], r["compiled"])
    if args.rounds > 1:
        for key in steps:
            print(f" {middle(rounds, lambda r, k=key: r[k]):,.0f} |", end="")
    ratios = [r["float"] / best(r) for r in rounds]
    narrow = [r["bf16"] / best(r) for r in rounds]
    work = middle(rounds, lambda r: r["float"]) * case.flop(args.data) / 1e9
    print(f" {statistics.median(ratios):.1f} "
          f"({min(ratios):.1f} to {max(ratios):.1f}) | {statistics.median(narrow):.1f} | "
          f"{work:.0f} |", flush=True)


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--data", required=True, type=pathlib.Path)
    parser.add_argument("--program", default=str(HERE.parent / "build/release/marquee"))
    parser.add_argument("--python", default=os.environ.get("MARQUEE_PYTHON", sys.executable))
    parser.add_argument("--threads", type=int, default=os.cpu_count())
    parser.add_argument("--device", choices=("cpu", "cuda"), default="cpu")
    parser.add_argument("--only", nargs="*", default=[""], help="cases whose names contain this")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--steps", type=int, default=12, help="of the peer, after 5 to warm up")
    parser.add_argument("--seconds", type=int, default=20, help="of this program, a measurement")
    args = parser.parse_args()
    print("| model | Marquee, events/s | bfloat16 | PyTorch | compiled | bfloat16 | ratio | "
          "of bfloat16 | work, GFLOP/s |\n|---|---|---|---|---|---|---|---|---|")
    for name, case in CASES.items():
        if any(part in name for part in args.only):
            measure(args, name, case)


if __name__ == "__main__":
    main()
