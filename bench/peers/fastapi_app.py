"""uvicorn fastapi_app:app, with BUNDLE in the environment."""

import os

import fastapi
import recommender

app = fastapi.FastAPI()
model = recommender.Recommender(os.environ["BUNDLE"])


@app.post("/v1/recommend")
async def recommend(request: fastapi.Request):
    return model.recommend([await request.json()])[0]
