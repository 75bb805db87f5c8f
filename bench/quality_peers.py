"""RecTools and implicit beside bundles of Marquee, on the same split: part of bench/quality.

    pip install rectools==0.19.0 implicit==0.7.2 'pytorch-lightning<3'
    python bench/quality_peers.py DATASET OUT --seconds S BUNDLE...

DATASET: of ratings, as `marquee ingest` makes it, split leave-one-out. All models learn from the train part. Those
of RecTools train epoch after epoch for S seconds (without the time that validation takes) and keep
the epoch with the best NDCG@10 on the valid part; implicit's are chosen there from a small grid.
Test titles are ranked among all titles but those of the member's own train and valid events, which
are the history; the time of the test event is known, as in `marquee evaluate`. The models of
RecTools are given titles' genres, actors, directors and studios as well.

Writes OUT/peers.json and a Markdown table: HR@10 and NDCG@10, and the difference in NDCG@10 to the
first bundle with an interval of 95 % (paired bootstrap over members).
"""

import argparse
import copy
import json
import logging
import os
import pathlib
import subprocess
import sys
import time
import warnings

os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")  # implicit has threads of its own
warnings.filterwarnings("ignore")

import implicit.als  # noqa: E402
import numpy as np  # noqa: E402
import pandas as pd  # noqa: E402
import rectools.models.nn.transformers.ligr as ligr  # noqa: E402
import torch  # noqa: E402
from rectools import Columns  # noqa: E402
from rectools.dataset import Dataset  # noqa: E402
from rectools.models import BERT4RecModel, SASRecModel  # noqa: E402
from rectools.models.nn.transformers.hstu import HSTUModel  # noqa: E402
from scipy.sparse import csr_matrix  # noqa: E402

K = 10
TRAIN, VALID, TEST = 0, 1, 2
FEATURES = ("genre", "actor", "director", "studio")
RESAMPLES = 2000


class Data:
    def __init__(self, folder):
        self.folder = folder

        def column(name, kind):
            return np.fromfile(folder / name, kind)
        offsets = column("interactions.offsets", np.uint64).astype(np.int64)
        titles = column("interactions.titles", np.uint32).astype(np.int64)
        self.title_ids = self.strings("titles.ids")
        self.events = pd.DataFrame({
            Columns.User: np.repeat(np.arange(len(offsets) - 1), np.diff(offsets)),
            Columns.Item: titles,
            Columns.Weight: 1.0,
            Columns.Datetime: pd.to_datetime(column("interactions.times", np.int64), unit="s"),
            "part": column("interactions.parts", np.uint8),
            "value": column("interactions.values", np.float32),
        })
        self.features = pd.DataFrame(
            [(title, name, value) for name in FEATURES for title, value in self.names(name)],
            columns=["id", "feature", "value"])

    def strings(self, name):
        offsets = np.fromfile(self.folder / f"{name}.offsets", np.uint64).astype(np.int64)
        text = (self.folder / f"{name}.bytes").read_bytes()
        return [text[a:b].decode() for a, b in zip(offsets[:-1], offsets[1:])]

    def names(self, name):
        offsets = np.fromfile(self.folder / f"titles.{name}.offsets", np.uint64).astype(np.int64)
        values = np.fromfile(self.folder / f"titles.{name}.values", np.uint32)
        for title in range(1, len(offsets) - 1):
            for value in values[offsets[title]:offsets[title + 1]]:
                yield title, int(value)

    def until(self, part):
        """The events before those of `part`, as a dataset of RecTools."""
        events = self.events[self.events["part"] < part]
        known = self.features[self.features["id"].isin(events[Columns.Item].unique())]
        return Dataset.construct(
            events[[Columns.User, Columns.Item, Columns.Weight, Columns.Datetime]],
            item_features_df=known, cat_item_features=list(known["feature"].unique()))

    def targets(self, part):
        """{member: title} of the events of `part`, and the context they happened in."""
        events = self.events[self.events["part"] == part].drop_duplicates(Columns.User)
        context = events[[Columns.User, Columns.Weight, Columns.Datetime]]
        return dict(zip(events[Columns.User], events[Columns.Item])), context


def ranks(lists, targets):
    """The place of each target in its member's list, from 0; -1: it is not there."""
    of = {user: list(items) for user, items in lists.groupby(Columns.User)[Columns.Item]}
    return np.array([of.get(user, []).index(title) if title in of.get(user, []) else -1
                     for user, title in sorted(targets.items())])


def ndcg(places):
    return np.where(places >= 0, 1 / np.log2(np.maximum(places, 0) + 2), 0)


def recommended(model, dataset, part, data):
    targets, context = data.targets(part)
    users = sorted(set(targets) & set(dataset.user_id_map.external_ids))
    context = context[context[Columns.User].isin(users)]
    lists = model.recommend(users=users, dataset=dataset, k=K, filter_viewed=True,
                            context=context if model.require_recommend_context else None,
                            on_unsupported_targets="ignore")
    return ranks(lists, targets)


def train_for(model, seconds, data):
    """Epochs for so long; → the model of the best one, its NDCG@10 there, and how many there were."""
    train = data.until(VALID)
    best, best_score, spent, epochs, best_epoch = None, -1, 0, 0, 0
    while spent < seconds:
        start = time.perf_counter()
        model.fit_partial(train, min_epochs=1, max_epochs=1)
        spent += time.perf_counter() - start
        epochs += 1
        score = ndcg(recommended(model, train, VALID, data)).mean()
        if score > best_score:
            best, best_score, best_epoch = copy.deepcopy(model.torch_model.state_dict()), score, epochs
    model.torch_model.load_state_dict(best)
    return spent, f"{epochs} epochs, the best is {best_epoch}"


def transformers(batch):
    """As their authors and RecTools' tutorials have them, at the width of Marquee's default."""
    common = dict(n_blocks=2, n_heads=2, n_factors=64, dropout_rate=0.2, session_max_len=50,
                  batch_size=batch, lr=0.001, verbose=0)
    sampled = dict(loss="sampled_softmax", n_negatives=256)
    cosine = dict(similarity_module_kwargs={"distance": "cosine"},
                  lightning_module_kwargs={"temperature": 0.05})
    return {
        "SASRec, softmax": lambda: SASRecModel(loss="softmax", **common),
        "SASRec, sampled softmax": lambda: SASRecModel(**sampled, **common),
        "BERT4Rec": lambda: BERT4RecModel(loss="softmax", **common),
        "eSASRec (LiGR, sampled softmax)": lambda: SASRecModel(
            transformer_layers_type=ligr.LiGRLayers, **sampled, **{**common, "dropout_rate": 0.1}),
        "HSTU": lambda: HSTUModel(**sampled, **cosine, **common),
    }


def implicit_als(data):
    """The best of a small grid on the valid part."""
    events = data.events

    def matrix(part):
        kept = events[events["part"] < part]
        shape = events[Columns.User].max() + 1, events[Columns.Item].max() + 1
        return csr_matrix((np.ones(len(kept), np.float32),
                           (kept[Columns.User], kept[Columns.Item])), shape=shape)

    def lists(model, part):
        rows = matrix(part)
        users = np.array(sorted(data.targets(part)[0]))
        items, _ = model.recommend(users, rows[users], N=K, filter_already_liked_items=True,
                                   recalculate_user=True)
        frame = pd.DataFrame({Columns.User: np.repeat(users, K), Columns.Item: items.ravel()})
        return ranks(frame, data.targets(part)[0])

    start, best, best_score, setting = time.perf_counter(), None, -1, ""
    for factors in (32, 64, 128):
        for regularization in (0.01, 1, 10):
            for alpha in (1, 5, 20):
                model = implicit.als.AlternatingLeastSquares(
                    factors=factors, regularization=regularization, alpha=alpha, iterations=15,
                    random_state=1)
                model.fit(matrix(VALID), show_progress=False)
                score = ndcg(lists(model, VALID)).mean()
                if score > best_score:
                    best, best_score = model, score
                    setting = f"{factors} factors, regularisation {regularization}, alpha {alpha}"
    return lists(best, TEST), time.perf_counter() - start, setting


def of_bundle(args, bundle, data):
    """What `marquee recommend` answers for the histories and times of the test part."""
    targets, context = data.targets(TEST)
    moments = dict(zip(context[Columns.User], context[Columns.Datetime]))
    index = {name: i for i, name in enumerate(data.title_ids)}
    histories = {user: rows for user, rows in data.events[data.events["part"] < TEST].groupby(
        Columns.User)}
    requests = args.out / "requests.jsonl"
    with open(requests, "w") as file:
        for user in sorted(targets):
            history = [
                {"title_id": data.title_ids[title], "timestamp": int(when.timestamp()),
                 "event": "rating", "value": float(value)}
                for title, when, value in zip(*(histories[user][c] for c in (
                    Columns.Item, Columns.Datetime, "value")))] if user in histories else []
            file.write(json.dumps({"id": str(user), "history": history, "k": K,
                                   "at": int(moments[user].timestamp())}) + "\n")
    done = subprocess.run([args.program, "recommend", "--bundle", bundle, "--requests", requests,
                           "--quiet"], check=True, capture_output=True, text=True)
    rows = [(int(answer["id"]), index[title["title_id"]])
            for answer in map(json.loads, done.stdout.splitlines()) for title in answer["items"]]
    return ranks(pd.DataFrame(rows, columns=[Columns.User, Columns.Item]), targets)


def seconds_of(bundle, otherwise):
    """What its run took, which bench/quality keeps beside it."""
    run = bundle.with_name(bundle.name + "-run") / "manifest.json"
    return json.loads(run.read_text())["facts"]["seconds"] if run.exists() else otherwise


def interval(differences):
    random = np.random.default_rng(1)
    means = [differences[random.integers(len(differences), size=len(differences))].mean()
             for _ in range(RESAMPLES)]
    return np.percentile(means, [2.5, 97.5])


def report(results, out):
    first = ndcg(next(iter(results.values()))["ranks"])
    table = []
    print("| model | HR@10 | NDCG@10 | difference in NDCG@10 | trained in | |\n|---|---|---|---|---|---|")
    for name, result in results.items():
        gains = ndcg(result["ranks"])
        low, high = interval(gains - first)
        difference = "" if not table else f"{(gains - first).mean():+.4f} ({low:+.4f} to {high:+.4f})"
        table.append({"model": name, "hr@10": float((result["ranks"] >= 0).mean()),
                      "ndcg@10": float(gains.mean()), "low": low, "high": high,
                      "seconds": result["seconds"], "note": result["note"]})
        print(f"| {name} | {table[-1]['hr@10']:.4f} | {gains.mean():.4f} | {difference} | "
              f"{result['seconds']:.0f} s | {result['note']} |", flush=True)
    (out / "peers.json").write_text(json.dumps(table, indent=1))


def main():
    logging.getLogger("pytorch_lightning").setLevel(logging.ERROR)
    parser = argparse.ArgumentParser()
    parser.add_argument("data", type=pathlib.Path)
    parser.add_argument("out", type=pathlib.Path)
    parser.add_argument("bundles", nargs="+", type=pathlib.Path)
    parser.add_argument("--seconds", type=float, required=True)
    parser.add_argument("--program", default="build/release/marquee")
    parser.add_argument("--batch", type=int, default=128)
    parser.add_argument("--only", default="", help="peers whose names contain this")
    args = parser.parse_args()
    args.out.mkdir(parents=True, exist_ok=True)
    torch.manual_seed(1)
    data = Data(args.data)
    results = {}
    for bundle in args.bundles:
        facts = json.loads((bundle / "manifest.json").read_text())["facts"]
        results[f"marquee {facts['model']}"] = {
            "ranks": of_bundle(args, bundle, data), "note": "",
            "seconds": seconds_of(bundle, args.seconds)}
    for name, make in transformers(args.batch).items():
        if args.only not in name:
            continue
        model = make()
        seconds, note = train_for(model, args.seconds, data)
        results[name] = {"ranks": recommended(model, data.until(TEST), TEST, data),
                         "seconds": seconds, "note": note}
        print(name, (results[name]["ranks"] >= 0).mean(), note, file=sys.stderr, flush=True)
    if args.only in "implicit":
        places, seconds, note = implicit_als(data)
        results["implicit ALS"] = {"ranks": places, "seconds": seconds, "note": note}
    report(results, args.out)


if __name__ == "__main__":
    main()
