"""What a device does at most, as rows of a Markdown table: bytes copied, and matrix products.

    python3 bench/device_limits.py [--device cuda]

Measured with PyTorch: a large copy, counting what is read and what is written, and products of square matrices of random
numbers. scripts/gpu-check prints them beside what was measured of this program."""

import argparse
import statistics
import time

import torch


def seconds(work, device, rounds=10):
    def now():
        if device == "cuda":
            torch.cuda.synchronize()
        return time.perf_counter()

    times = []
    for _ in range(rounds + 2):
        start = now()
        work()
        times.append(now() - start)
    return statistics.median(times[2:])


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--device", choices=("cpu", "cuda"), default="cpu")
    device = parser.parse_args().device
    large = device == "cuda"
    print("| limit | measured |\n|---|---|")
    source = torch.rand((1 << 29) if large else (1 << 26), device=device)
    target = torch.empty_like(source)
    passed = seconds(lambda: target.copy_(source), device)
    print(f"| memory, read and written | {2 * 4 * source.numel() / passed / 1e9:,.0f} GB/s |", flush=True)
    size = 8192 if large else 2048
    for name, kind in (("float32", torch.float32), ("bfloat16", torch.bfloat16)):
        a, b = (torch.rand(size, size, device=device).to(kind) for _ in range(2))
        passed = seconds(lambda: a @ b, device)
        print(f"| products of {name} | {2 * size ** 3 / passed / 1e12:,.2f} TFLOP/s |", flush=True)


if __name__ == "__main__":
    main()
