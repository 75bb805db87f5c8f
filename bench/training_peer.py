"""The same models as configs/*.yaml trains, in Python PyTorch, for bench/training.

Same sizes, same loss, same optimiser, same batches' shapes, written the usual way: nn.Module,
EmbeddingBag for the features, TransformerEncoderLayer-like blocks on scaled_dot_product_attention
or HSTU blocks with their biases as tables, torch.optim.AdamW(fused=True); --compile adds
torch.compile. Reads the dataset's columns, prints events trained per second.
"""

import argparse
import json
import pathlib
import time

import numpy as np
import torch
import torch.nn.functional as F
from torch import nn


class Block(nn.Module):
    def __init__(self, dim, heads, dropout):
        super().__init__()
        self.heads, self.dropout = heads, dropout
        self.norm1, self.norm2 = nn.LayerNorm(dim), nn.LayerNorm(dim)
        self.qkv, self.out = nn.Linear(dim, 3 * dim), nn.Linear(dim, dim)
        self.expand, self.contract = nn.Linear(dim, 2 * dim), nn.Linear(2 * dim, dim)

    def forward(self, x):
        q, k, v = (t.unflatten(-1, (self.heads, -1)).transpose(1, 2)
                   for t in self.qkv(self.norm1(x)).chunk(3, -1))
        mixed = F.scaled_dot_product_attention(q, k, v, dropout_p=self.dropout, is_causal=True)
        x = x + F.dropout(self.out(mixed.transpose(1, 2).flatten(2)), self.dropout)
        return x + F.dropout(self.contract(F.gelu(self.expand(self.norm2(x)))), self.dropout)


class HstuBlock(nn.Module):
    """Zhai et al. 2024: pointwise attention with biases of position and time, gated."""

    def __init__(self, dim, heads, dropout, length):
        super().__init__()
        self.dim, self.heads, self.dropout, self.length = dim, heads, dropout, length
        self.uvqk, self.out = nn.Linear(dim, 4 * dim, bias=False), nn.Linear(dim, dim)
        self.positions = nn.Parameter(torch.randn(length + 1) * 0.02)
        self.times = nn.Parameter(torch.randn(64) * 0.02)

    def forward(self, x, shares, distances, gaps):
        normed = F.layer_norm(x, (self.dim,), eps=1e-6)
        u, v, q, k = F.silu(self.uvqk(normed)).chunk(4, -1)
        q, k, v = (t.unflatten(-1, (self.heads, -1)).transpose(1, 2) for t in (q, k, v))
        scores = q @ k.transpose(2, 3) + self.positions[distances]
        scores = scores + self.times[gaps].unsqueeze(1)
        mixed = (F.silu(scores) * shares) @ v
        gated = u * F.layer_norm(mixed.transpose(1, 2).flatten(2), (self.dim,), eps=1e-6)
        return x + self.out(F.dropout(gated, self.dropout))


class History(nn.Module):
    """The user's tower: → [batch, length + 1, dim]."""

    def __init__(self, args):
        super().__init__()
        self.args = args
        self.start = nn.Parameter(torch.randn(1, args.dim) * 0.05)
        self.signals, self.gaps = nn.Embedding(11, args.dim), nn.Embedding(32, args.dim)
        if args.encoder == "hstu":
            self.blocks = nn.ModuleList(
                HstuBlock(args.dim, args.heads, args.dropout, args.max_history)
                for _ in range(args.blocks))
        else:
            self.positions = nn.Embedding(args.max_history + 1, args.dim)
            self.blocks = nn.ModuleList(Block(args.dim, args.heads, args.dropout)
                                        for _ in range(args.blocks))
        self.norm = nn.LayerNorm(args.dim)

    def forward(self, vectors, signals, ages):
        events = vectors + self.signals((signals * 10).round().long())
        nxt = F.pad(ages[:, 1:], (0, 1))
        gaps = ((ages - nxt).clamp_min(0) + 1).log2().floor().clamp(0, 31).long()
        events = events + self.gaps(gaps)
        x = torch.cat([self.start.expand(len(vectors), 1, -1), events], 1)
        if self.args.encoder == "hstu":
            x = F.dropout(x, self.args.dropout)
            relations = self.relations(ages)
            for block in self.blocks:
                x = block(x, *relations)
        else:
            places = torch.arange(x.shape[1], device=x.device)
            x = F.dropout(x + self.positions(places), self.args.dropout)
            for block in self.blocks:
                x = block(x)
        return self.norm(x)

    def relations(self, ages):
        event_ages, state_ages = F.pad(ages, (1, 0)), F.pad(ages, (0, 1))
        event_ages[:, 0] = ages[:, 0]
        seen = torch.arange(1, event_ages.shape[1] + 1, device=ages.device)
        distances = seen[:, None] - seen[None]
        shares = distances.ge(0) / seen[:, None]
        passed = (event_ages[:, None] - state_ages[:, :, None]).clamp_min(0)
        gaps = ((passed + 1).log2() * 2).clamp(0, 63).long()
        return shares, distances.clamp(0, self.args.max_history), gaps


class Titles(nn.Module):
    """The title's tower: → [titles + 1, dim]."""

    def __init__(self, args, titles, features):
        super().__init__()
        self.id = nn.Embedding(titles + 1, args.dim, padding_idx=0)
        # One bag a feature, as published two-tower code does it.
        self.bags = nn.ModuleList(
            nn.EmbeddingBag(names + 1, args.dim, mode="mean", padding_idx=0)
            for _, names in features)
        for i, (table, _) in enumerate(features):
            self.register_buffer(f"features{i}", table)

    def forward(self):
        kept = torch.rand(self.id.weight.shape[0], 1, device=self.id.weight.device).ge(0.1)
        vectors = self.id.weight * kept
        for i, bag in enumerate(self.bags):
            vectors = vectors + bag(getattr(self, f"features{i}"))
        return vectors


class TwoTower(nn.Module):
    def __init__(self, args, titles, features):
        super().__init__()
        self.args = args
        self.titles, self.history = Titles(args, titles, features), History(args)

    def forward(self, titles, signals, ages, positions, targets, frequency):
        table = self.titles()
        states = self.history(F.embedding(titles, table), signals, ages)
        states = states.flatten(0, 1)[positions]
        if self.args.loss == "full":
            return F.cross_entropy(states @ table[1:].T, targets - 1)
        a = self.args
        device = targets.device
        negatives = torch.cat(
            [targets[torch.randint(len(targets), (a.in_batch,), device=device)],
             torch.randint(1, len(table), (a.uniform,), device=device)])
        log_q = (frequency[negatives] * a.in_batch + a.uniform / (len(table) - 1)).log()
        positive = (states * table[targets]).sum(1, keepdim=True)
        scores = states @ table[negatives].T - log_q
        scores = scores.masked_fill(targets[:, None] == negatives[None], float("-inf"))
        return F.cross_entropy(torch.cat([positive, scores], 1), torch.zeros_like(targets))


class NeuralCf(nn.Module):
    """NeuMF: an inner product and a perceptron, each with towers of its own."""

    def __init__(self, args, titles, features):
        super().__init__()
        self.args = args
        self.titles = nn.ModuleList(Titles(args, titles, features) for _ in range(2))
        self.history = nn.ModuleList(History(args) for _ in range(2))
        self.weights = nn.Parameter(torch.ones(args.dim))
        self.first = nn.Linear(2 * args.dim, args.dim)
        self.second, self.out = nn.Linear(args.dim, args.dim // 2), nn.Linear(args.dim // 2, 1)

    def join(self, branch, users, rows):
        if branch == 0:
            return (users * self.weights * rows).sum(-1)
        # The first layer of a concatenation, as the sum of its halves' products.
        of_user, of_title = self.first.weight.chunk(2, 1)
        hidden = (F.linear(users, of_user, self.first.bias) + F.linear(rows, of_title)).relu()
        return self.out(self.second(hidden).relu()).squeeze(-1)

    def forward(self, titles, signals, ages, positions, targets, frequency):
        a = self.args
        negatives = torch.cat([targets[torch.randint(len(targets), (a.in_batch,))],
                               torch.randint(1, len(frequency), (a.uniform,))])
        log_q = (frequency[negatives] * a.in_batch + a.uniform / (len(frequency) - 1)).log()
        positive, negative = 0, 0
        for branch in range(2):
            table = self.titles[branch]()
            states = self.history[branch](F.embedding(titles, table), signals, ages)
            users = states.flatten(0, 1)[positions].unsqueeze(1)
            positive = positive + self.join(branch, users, table[targets].unsqueeze(1)) / 2
            negative = negative + self.join(branch, users, table[negatives].unsqueeze(0)) / 2
        scores = (negative - log_q).masked_fill(targets[:, None] == negatives[None], float("-inf"))
        return F.cross_entropy(torch.cat([positive, scores], 1), torch.zeros_like(targets))


def column(folder, name, dtype):
    return np.fromfile(folder / name, dtype)


def load(folder):
    offsets = column(folder, "interactions.offsets", np.uint64).astype(np.int64)
    parts = column(folder, "interactions.parts", np.uint8)
    titles = column(folder, "interactions.titles", np.uint32).astype(np.int64)
    times = column(folder, "interactions.times", np.int64)
    return offsets, parts, titles, times


def features_of(folder, titles):
    tables = []
    for name in ("genre", "actor", "director", "studio", "language"):
        offsets = column(folder, f"titles.{name}.offsets", np.uint64).astype(np.int64)
        values = column(folder, f"titles.{name}.values", np.uint32).astype(np.int64)
        width = min(8, max(1, int(np.diff(offsets).max())))
        table = torch.zeros(titles + 1, width, dtype=torch.long)
        for t in range(1, titles + 1):
            row = values[offsets[t]:offsets[t + 1]][:width]
            table[t, :len(row)] = torch.from_numpy(row)
        tables.append((table, int(values.max(initial=0))))
    return tables


def batches(args, offsets, titles, times):
    """Windows of at most max_history + 1 events in random order, padded to the batch's longest."""
    windows = []
    for begin, end in zip(offsets[:-1], offsets[1:]):
        first = begin
        while end - first > 1:
            windows.append((first, min(end, first + args.max_history + 1), first == begin))
            first = windows[-1][1] - 1 if windows[-1][1] < end else end
    rng = np.random.default_rng(1)
    rng.shuffle(windows)
    for at in range(0, len(windows), args.batch_size):
        rows = windows[at:at + args.batch_size]
        length = max(end - begin for begin, end, _ in rows) - 1
        history = np.zeros((len(rows), length), np.int64)
        ages = np.zeros((len(rows), length), np.float32)
        positions, targets = [], []
        for row, (begin, end, fresh) in enumerate(rows):
            history[row, :end - begin - 1] = titles[begin:end - 1]
            ages[row, :end - begin - 1] = times[end - 1] - times[begin:end - 1]
            for i in range(0 if fresh else 1, end - begin):
                positions.append(row * (length + 1) + i)
            targets.append(titles[begin + (0 if fresh else 1):end])
        yield (torch.from_numpy(history), torch.from_numpy(ages), torch.tensor(positions),
               torch.from_numpy(np.concatenate(targets)))


def finish(device):
    if device == "cuda":
        torch.cuda.synchronize()


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--data", type=pathlib.Path, required=True)
    parser.add_argument("--model", choices=("two_tower", "neural_cf"), default="two_tower")
    parser.add_argument("--encoder", choices=("attention", "hstu"), default="attention")
    parser.add_argument("--compile", action="store_true")
    parser.add_argument("--bf16", action="store_true", help="by autocast")
    parser.add_argument("--loss", choices=("full", "sampled"), default="sampled")
    for name, value in (("dim", 64), ("blocks", 2), ("heads", 2), ("max_history", 50),
                        ("batch_size", 64), ("in_batch", 512), ("uniform", 512), ("threads", 2),
                        ("steps", 60)):
        parser.add_argument(f"--{name}", type=int, default=value)
    parser.add_argument("--device", choices=("cpu", "cuda"), default="cpu")
    parser.add_argument("--dropout", type=float, default=0.2)
    args = parser.parse_args()
    torch.set_num_threads(args.threads)
    torch.manual_seed(1)

    offsets, parts, titles, times = load(args.data)
    kept = parts == 0
    offsets = np.concatenate([[0], np.cumsum(kept)])[offsets]
    titles, times = titles[kept], times[kept]
    count = int(titles.max())
    title_count = len(column(args.data, "titles.genre.offsets", np.uint64)) - 2
    frequency = torch.bincount(torch.from_numpy(titles), minlength=max(count, title_count) + 1)
    frequency = frequency.float() / len(titles)
    kind = TwoTower if args.model == "two_tower" else NeuralCf
    model = kind(args, title_count, features_of(args.data, title_count)).to(args.device)
    frequency = frequency.to(args.device)
    loss_of = torch.compile(model, dynamic=True) if args.compile else model
    optimizer = torch.optim.AdamW(model.parameters(), lr=1e-3, weight_decay=0.01, fused=True)
    events, step, start = 0, 0, None
    for history, ages, positions, targets in batches(args, offsets, titles, times):
        if step == 5:  # warmed up
            finish(args.device)
            start, events = time.perf_counter(), 0
        history, ages, positions, targets = (
            t.to(args.device, non_blocking=True) for t in (history, ages, positions, targets))
        signals = torch.full(history.shape, 0.8, device=args.device)
        with torch.autocast(args.device, torch.bfloat16, enabled=args.bf16):
            loss = loss_of(history, signals, ages, positions, targets, frequency)
        loss.backward()
        nn.utils.clip_grad_norm_(model.parameters(), 1.0)
        optimizer.step()
        optimizer.zero_grad()
        events += len(targets)
        step += 1
        if step == args.steps + 5:
            break
    finish(args.device)
    print(json.dumps({"events_per_second": events / (time.perf_counter() - start),
                      "loss": loss.item(), "steps": step}))


if __name__ == "__main__":
    main()
