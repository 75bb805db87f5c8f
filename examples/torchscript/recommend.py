"""Answers from the exported module alone, as any program with LibTorch can.
    python3 recommend.py BUNDLE TITLE_ID...     the titles that the member watched, oldest first"""

import csv
import sys

import torch


def main(bundle, watched):
    model = torch.jit.load(f"{bundle}/model.pt")
    with open(f"{bundle}/titles.csv", encoding="utf-8") as file:
        rows = list(csv.DictReader(file))  # the title in row i has index i, from 1
    index = {row["title_id"]: i for i, row in enumerate(rows, start=1)}

    history = torch.tensor([[index[title] for title in watched]])  # [batch, length] int64
    signal = torch.ones(history.shape)  # how much each was liked, 0 to 1
    age = torch.zeros(history.shape)  # seconds ago
    with torch.inference_mode():
        scores, titles = model(history, signal, age, torch.tensor(5))
    for score, title in zip(scores[0].tolist(), titles[0].tolist()):
        if title != 0:  # 0: fewer than 5 titles were left
            row = rows[title - 1]
            print(f"{score:8.3f}  {row['title_id']:<10} {row['name']}")


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2:])
