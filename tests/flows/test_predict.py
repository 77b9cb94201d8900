"""The flow `predict`: new texts through the published model from the Prefect UI, with the command's own answers."""

import subprocess
import sys

import pandas as pd
import pytest
import yaml
from prefect.client.orchestration import get_client
from prefect.client.schemas.filters import ArtifactFilter, ArtifactFilterFlowRunId

from core.data import predictions
from tests.conftest import Project
from tests.flows.conftest import ROOT, Run


@pytest.fixture
def predict(server, project: Project, monkeypatch):
    """Return what runs the flow in a project that has a published model."""
    import flows.predict

    monkeypatch.chdir(project.folder)
    return lambda **parameters: Run(flows.predict.predict(**parameters, return_state=True))


LAST_WORD = "import atexit, sys; atexit.register(print, 'a library: goodbye', file=sys.stderr)\n"


def test_the_answers_for_the_test_rows_are_the_predictions_that_were_scored_and_the_run_counts_them(
    predict, project, tmp_path, monkeypatch
):
    (tmp_path / "sitecustomize.py").write_text(LAST_WORD)
    monkeypatch.setenv("PYTHONPATH", str(tmp_path))
    run = predict(file="data/raw/test.csv", out="answers.parquet")
    assert run.state.is_completed(), run.message
    rows = pd.read_parquet("answers.parquet")
    assert run.message.startswith("8 texts: ")
    known = predictions.read(project.folder / "data/predictions/finetuned.parquet")
    tables = [predictions.select(known, seed, "test", rows["row_id"].tolist()) for seed in ("1", "2")]
    assert any((rows[["routine", "urgent"]].to_numpy() == table).all() for table in tables)
    of_run = ArtifactFilter(flow_run_id=ArtifactFilterFlowRunId(any_=[run.id]))
    with get_client(sync_client=True) as client:
        (shown,) = client.read_artifacts(artifact_filter=of_run)
    assert shown.data == run.message
    assert run.log()[-2].endswith("goodbye")

    refused = predict(file="nothing.csv", out="answers.parquet")
    assert refused.state.is_failed()
    assert "nothing.csv cannot be read" in refused.message and "Traceback" not in refused.message


def test_its_deployment_names_the_flow():
    deployments = yaml.safe_load((ROOT / "prefect.yaml").read_text(encoding="utf-8"))["deployments"]
    file, name = next(each["entrypoint"] for each in deployments if "predict" in each["entrypoint"]).split(":")
    code = f"from {file.removesuffix('.py').replace('/', '.')} import {name}; print({name}.name)"
    ended = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True)
    assert ended.stdout.strip() == "predict"
