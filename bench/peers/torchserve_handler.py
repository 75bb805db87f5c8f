"""A handler of TorchServe, which hands it batches."""

import json
import os

import recommender


class Handler:
    def initialize(self, context):
        self.model = recommender.Recommender(os.environ["BUNDLE"])

    def handle(self, batch, context):
        requests = []
        for each in batch:
            body = each.get("body") or each.get("data")
            requests.append(body if isinstance(body, dict) else json.loads(body))
        return self.model.recommend(requests)


_handler = Handler()


def handle(data, context):
    if data is None:
        return None
    if not hasattr(_handler, "model"):
        _handler.initialize(context)
    return _handler.handle(data, context)
