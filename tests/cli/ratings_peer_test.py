"""mf_ratings and svdpp compared with Surprise's SVD, tuned, on the same random 90/10 split of
ml-latest-small: not worse by more than 0.003 RMSE. Skips unless MARQUEE_PYTHON names a Python with
Surprise and the data are there."""

import csv
import json
import os
import random
import re
import subprocess
import unittest
from pathlib import Path

import marquee as m

DATA = Path(os.environ.get("MARQUEE_DATA") or m.SOURCE / "../shared/data") / "ml-latest-small"
TOLERANCE = 0.003

# Runs under MARQUEE_PYTHON: reads a line for each rating, prints the test RMSE.
PEER = r"""
import csv, sys
import numpy, pandas
from surprise import Dataset, Reader, SVD
rows = pandas.read_csv(sys.argv[1], dtype={"user_id": str, "title_id": str})
train, test = rows[rows.split == "train"], rows[rows.split == "test"]
columns = ["user_id", "title_id", "value"]
data = Dataset.load_from_df(train[columns], Reader(rating_scale=(0.5, 5))).build_full_trainset()
model = SVD(n_factors=150, n_epochs=80, lr_all=0.01, reg_all=0.09, random_state=0).fit(data)
errors = [model.predict(u, i).est - r for u, i, r in test[columns].itertuples(index=False)]
print(numpy.sqrt(numpy.mean(numpy.square(errors))))
"""


def peer_is_there():
    python = os.environ.get("MARQUEE_PYTHON")
    return python and subprocess.run([python, "-c", "import surprise, pandas"], check=False,
                                     capture_output=True).returncode == 0


def write_titles(file):
    with open(DATA / "movies.csv", encoding="utf-8") as movies, open(file, "w", newline="",
                                                                     encoding="utf-8") as out:
        writer = csv.writer(out)
        writer.writerow(["title_id", "name", "year", "genres"])
        for row in csv.DictReader(movies):
            year = re.search(r"\((\d{4})\)\s*$", row["title"])
            genres = "" if row["genres"].startswith("(") else row["genres"]
            writer.writerow([row["movieId"], row["title"], year[1] if year else "", genres])


def write_ratings(file):
    draw = random.Random(5)
    with open(DATA / "ratings.csv", encoding="utf-8") as ratings, open(file, "w", newline="",
                                                                       encoding="utf-8") as out:
        writer = csv.writer(out)
        writer.writerow(["user_id", "title_id", "timestamp", "event", "value", "split"])
        for row in csv.DictReader(ratings):
            part = "test" if draw.random() < 0.1 else "train"
            writer.writerow([row["userId"], row["movieId"], row["timestamp"], "rating",
                             row["rating"], part])


@unittest.skipUnless(peer_is_there(), "MARQUEE_PYTHON names no Python with Surprise")
@unittest.skipUnless(DATA.is_dir(), f"no ml-latest-small at {DATA}; MARQUEE_DATA names its folder")
class RatingsPeer(m.Case):
    def test_not_worse_than_surprise(self):
        titles, ratings = self.dir / "titles.csv", self.dir / "ratings.csv"
        write_titles(titles)
        write_ratings(ratings)
        peer = subprocess.run([os.environ["MARQUEE_PYTHON"], "-c", PEER, str(ratings)], check=True,
                              capture_output=True, text=True)
        surprise = float(peer.stdout)
        self.ok("ingest", "--interactions", ratings, "--titles", titles, "--split", "given",
                "--out", self.dir / "dataset")
        for name in ("mf_ratings", "svdpp"):
            run, bundle, report = (self.dir / f"{name}-{part}"
                                   for part in ("run", "bundle", "report"))
            self.ok("train", "--config", m.SOURCE / "configs" / f"{name}.yaml", "--data",
                    self.dir / "dataset", "--out", run)
            self.ok("export", "--run", run, "--out", bundle)
            self.ok("evaluate", "--bundle", bundle, "--data", self.dir / "dataset", "--out",
                    report)
            result = json.loads((report / "report.json").read_text(encoding="utf-8"))
            rmse = result["bundles"][0]["metrics"]["rating"]["rmse"]["value"]
            print(f"{name}: RMSE {rmse:.4f}, Surprise's SVD {surprise:.4f}")
            self.assertLess(rmse, surprise + TOLERANCE)


if __name__ == "__main__":
    m.main()
