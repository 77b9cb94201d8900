"""Everything that decides a result is an input, and nothing else is: what DVC says after it has changed."""

import json
from pathlib import Path

import pytest
import yaml
from datasets import load_from_disk

from tests.conftest import ENCODER, Project


def seeds(project: Project, *named: int) -> None:
    params = project.folder / "params.yaml"
    values = yaml.safe_load(params.read_text(encoding="utf-8"))
    values["finetuning"]["seeds"] = list(named)
    params.write_text(yaml.safe_dump(values, sort_keys=False), encoding="utf-8")


def test_a_seed_that_is_dropped_is_in_no_folder_that_is_recorded_and_a_clone_is_up_to_date(project, tmp_path):
    # case 1, 38
    seeds(project, 1)
    project.dvc("repro")
    assert [path.name for path in (project.folder / "models/seeds").iterdir() if path.is_dir()] == ["1"]
    assert [path.name for path in (project.folder / "reports/training").iterdir()] == ["1.json"]
    lock = yaml.safe_load((project.folder / "dvc.lock").read_text(encoding="utf-8"))["stages"]
    assert {name for name in lock if "@" in name} == {"finetuning@1"}
    assert "up to date" in project.dvc("status", "dvc.yaml")

    project.dvc("remote", "add", "--default", "own", str(tmp_path / "remote"))
    project.commit()
    project.dvc("push", "--quiet")
    project.run("git", "clone", "--quiet", ".", str(tmp_path / "clone"))
    clone = Project(tmp_path / "clone")
    clone.run("cp", "-r", str(project.folder / ENCODER), ENCODER)  # git ignores it
    clone.dvc("pull", "--quiet", "--allow-missing")  # the study, which was never run
    assert "up to date" in clone.dvc("status", "dvc.yaml")

    seeds(project, 1, 2)
    assert "'finetuning@2' is cached" in project.dvc("repro")


def test_looking_at_the_data_in_a_notebook_runs_nothing_again(project):
    # case 46
    rows = load_from_disk(str(project.folder / "data/tokenized/train"))
    rows.shuffle(seed=1)
    rows.filter(lambda row: row["length"] > 3)
    rows.map(lambda row: {"twice": row["length"] * 2})
    (project.folder / "data/validated/.ipynb_checkpoints").mkdir()
    (project.folder / "data/validated/.ipynb_checkpoints/look-checkpoint.ipynb").touch()
    left = (
        ".DS_Store",
        "Thumbs.db",
        "desktop.ini",
        "~$train.xlsx",
        ".~lock.train.csv#",
        "train.csv~",
        ".train.csv.swp",
    )
    for name in (*left, "tmpab12cd_9"):  # the last by `datasets`, where it is killed
        (project.folder / "data/raw" / name).touch()
        (project.folder / "data/tokenized/train" / name).touch()
    assert list((project.folder / "data/tokenized/train").glob("cache-*.arrow"))
    assert "up to date" in project.dvc("status", "dvc.yaml", "data/raw.dvc")
    assert "quarantined in" in project.run("python", "-m", "tasks.validation")  # which leaves them out too
    assert "up to date" in project.dvc("status", "dvc.yaml")


@pytest.mark.parametrize("file", ["tokenizer.json", "tokenizer_config.json", "config.json"])
def test_any_setting_of_a_local_model_runs_again_what_reads_it_and_verify_names_it(project, file):
    # case 20
    path: Path = project.folder / ENCODER / file
    values = json.loads(path.read_text(encoding="utf-8"))
    if file == "tokenizer.json":
        values["normalizer"]["lowercase"] = False
    values["changed"] = True
    path.write_text(json.dumps(values), encoding="utf-8")
    changed = json.loads(project.dvc("status", "--json", "dvc.yaml"))
    assert {"tokenization", "baseline", "finetuning@1", "evaluation", "forgetting"} <= changed.keys()
    said = project.run("python", "-m", "tasks.report", "--verify", ends_with=(1,))
    assert f"{ENCODER}/{file} is not the file that was read" in said
