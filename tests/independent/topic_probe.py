"""The topic probe, from its predictions: accuracy, Brier score and its rise, by scipy and statsmodels."""

from typing import Any

import numpy as np
import pandas as pd
from scipy.stats import t as student
from statsmodels.stats.weightstats import DescrStatsW

from tests.independent.finished_run import FinishedRun
from tests.independent.intervals import Known, ends, known, share
from tests.independent.metrics import mean_moves


def expected(run: FinishedRun, section: dict[str, Any]) -> dict[str, Any]:
    """Return what forgetting.json says; `section` is that of params.yaml."""
    sentences = pd.read_csv(run.folder / "data/probe/probe.csv")
    topics = pd.Categorical(sentences["topic"]).codes
    predicted = pd.read_parquet(run.folder / "data/predictions/probe.parquet")
    tables = {model: np.stack(rows["probabilities"].tolist()) for model, rows in predicted.groupby("model", sort=False)}
    alone = np.arange(len(topics)).astype(str)
    truth = np.eye(len(set(topics)))[topics]
    right = {model: (table.argmax(1) == topics) for model, table in tables.items()}
    brier = {model: ((table - truth) ** 2).sum(1) / 2 for model, table in tables.items()}

    def scores(model: str) -> dict[str, Any]:
        of_brier = DescrStatsW(brier[model])
        low, high = np.clip(of_brier.tconfint_mean(1 - run.confidence), 0, 1)
        return {
            "accuracy": ends(share(right[model], alone), run.confidence, 0, 1),
            "brier": {"estimate": of_brier.mean, "low": low, "high": high},
        }

    wider = np.sqrt(1 + section["folds"] / (section["folds"] - 1))  # Nadeau & Bengio (2003), equation 8

    def probed(model: str) -> dict[str, Any]:
        change = DescrStatsW(brier[model] - brier["pretrained"])
        rise = Known(change.mean, change.mean, change.std_mean * wider, len(topics) - 1)
        times = student.ppf((1 + run.confidence) / 2, rise.freedom)
        power = float(student.cdf(section["margin"] / rise.error - times, rise.freedom)) if rise.error else 1.0
        risen = ends(rise, run.confidence, clip=(-1, 1))
        moved = known(mean_moves(right[model].astype(float) - right["pretrained"], 1, -1), alone)
        verdict = "kept" if risen["high"] < section["margin"] else "inconclusive"
        verdict = "cannot judge" if power < 0.8 else verdict
        return scores(model) | {
            "verdict": "lost" if risen["low"] > section["margin"] else verdict,
            "rise": risen,
            "power": power,
            "accuracy_change": ends(moved._replace(error=moved.error * wider), run.confidence, clip=(-1, 1)),
        }

    return {
        "margin": section["margin"],
        "pretrained": scores("pretrained"),
        "seeds": {model: probed(model) for model in tables if model != "pretrained"},
        "probe": {"rows": len(topics), "topics": len(set(topics))},
    }
