"""What the peers of bench/serving.py run: the same module and vectors as Marquee, in PyTorch."""

import csv
import json
import pathlib

import torch


class Recommender:
    def __init__(self, folder):
        folder = pathlib.Path(folder)
        facts = json.loads((folder / "manifest.json").read_text())["facts"]
        torch.set_num_threads(1)
        torch.jit.set_fusion_strategy([])
        torch._C._jit_set_profiling_executor(False)
        self.model = torch.jit.load(str(folder / "model.pt"))
        raw = bytearray((folder / "titles.bin").read_bytes())
        self.table = torch.frombuffer(raw, dtype=torch.float32).view(-1, facts["dim"])
        with open(folder / "titles.csv", encoding="utf-8", newline="") as file:
            self.ids = [None, *(row["title_id"] for row in csv.DictReader(file))]
        self.index = {title: i for i, title in enumerate(self.ids) if i}
        self.max_history = facts["max_history"]

    @torch.inference_mode()
    def recommend(self, requests):
        """Answers to requests of {"history":[...],"k":...}, in one pass."""
        histories = [[self.index[t] for t in r["history"]][-self.max_history:] for r in requests]
        length = max(1, *map(len, histories)) if histories else 1
        titles = torch.tensor([h + [0] * (length - len(h)) for h in histories])
        signal = titles.gt(0).float()
        vectors = self.model.encode_user(titles, signal, torch.zeros_like(signal))
        scores = vectors @ self.table.T
        scores[:, 0] = -torch.inf
        scores.scatter_(1, titles, -torch.inf)
        best, found = scores.topk(max(r["k"] for r in requests), dim=1)
        return [{"items": [{"title_id": self.ids[t], "score": s}
                           for t, s in zip(row, score)][:request["k"]]}
                for request, row, score in zip(requests, found.tolist(), best.tolist())]
