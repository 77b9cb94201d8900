"""The JSON Schemas of params.yaml and of the results in reports/, and docs/metrics.md: `make schema` writes them."""

import json
import sys
from pathlib import Path
from typing import Any

from pydantic import TypeAdapter

from core.base import paths
from core.base.errors import run
from core.data.environment import Environment
from core.data.epochs import Epoch
from core.data.ladder import Ladder
from core.data.leakage_counts import LeakageCounts
from core.data.tokenization_counts import TokenizationCounts
from core.data.validation_counts import ValidationCounts
from core.scores.choice import Choice
from core.scores.forgetting import ForgettingScores
from core.scores.metrics import Metrics
from tasks import metrics_document
from tasks.params import Params
from tasks.privacy.findings import Findings

MODELS: dict[Path, Any] = {  # what files hold
    paths.PARAMS: Params,
    paths.VALIDATION_COUNTS: ValidationCounts,
    paths.TOKENIZATION_COUNTS: TokenizationCounts,
    paths.LADDER: Ladder,
    paths.LEAKAGE_COUNTS: LeakageCounts,
    paths.TRAINING: list[Epoch],
    paths.METRICS: Metrics,
    paths.CHOICE: Choice,
    paths.ENVIRONMENT: Environment,
    paths.FORGETTING: ForgettingScores,
    paths.PRIVACY: Findings,
}


def schemas() -> dict[Path, str]:
    """Return the text of each schema by the path at which it stands."""
    return {
        path.with_suffix(".schema.json"): json.dumps(TypeAdapter(model).json_schema(), indent=2) + "\n"
        for path, model in MODELS.items()
    }


def documents() -> dict[Path, str]:
    """Return the text of everything that follows from the models, by the path at which it stands."""
    return schemas() | {paths.METRICS_DOCUMENT: metrics_document.text()}


def main() -> None:
    for path, text in documents().items():
        path.write_text(text, encoding="utf-8")
        print(f"{path} is written")


if __name__ == "__main__":
    run(main, *sys.argv[1:])
