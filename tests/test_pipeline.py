"""The whole path on tiny data with a tiny random encoder, through the door that users take: `dvc repro`."""

import json
import os
import re
import shlex
import shutil
import signal
import subprocess
from pathlib import Path

import pytest
import yaml

from core.base import packages
from core.base.files import sha256
from tests.conftest import TINY
from tests.test_docs import ROOT, TRIAL, commands

FIGURES = [
    f"reports/figures/{name}{ending}.svg"
    for name in ("training", "confusion", "reliability", "selection")
    for ending in ("", "-dark")
]
STAGES = set(yaml.safe_load((ROOT / "dvc.yaml").read_text(encoding="utf-8"))["stages"]) - {"finetuning"}
STAGES |= {f"finetuning@{seed}" for seed in TINY["finetuning.seeds"]}
REPORTS = ("reports/metrics.json", "reports/choice.json", "reports/report.md", *FIGURES)


def run_stages(output: str) -> list[str]:
    return re.findall(r"Running stage '(.+)'", output)


def change(project, section: str, key: str, value: object) -> None:
    path = project.folder / "params.yaml"
    values = yaml.safe_load(path.read_text(encoding="utf-8"))
    values[section][key] = value
    path.write_text(yaml.safe_dump(values, sort_keys=False), encoding="utf-8")


def hashes(folder: Path) -> list[str]:
    return [sha256(folder / name) for name in REPORTS]


def test_every_stage_ran_in_the_order_of_dvc_yaml_and_left_a_verdict(project):
    assert sorted(run_stages(project.first_run)) == sorted(STAGES)
    metrics = json.loads((project.folder / "reports/metrics.json").read_text(encoding="utf-8"))
    assert metrics["verdict"] == "too few groups"
    assert (metrics["rows"]["rows"], metrics["rows"]["groups"]) == (8, 8)  # without a group each row stands for itself
    report = (project.folder / "reports/report.md").read_text(encoding="utf-8")
    assert report.startswith("# Did fine-tuning help? ")


def test_nothing_is_recorded_of_other_packages_than_are_installed(project):
    place, record = project.folder / "packages.yaml", (project.folder / "dvc.lock").read_bytes()
    true = place.read_text(encoding="utf-8")
    numpy = packages.installed("numpy")
    place.write_text(true.replace(f'numpy: "{numpy}"', 'numpy: "1.0"'), encoding="utf-8")
    assert "packages.yaml" in project.dvc("status", "augmentation")
    said = project.dvc("repro", "--single-item", "augmentation", ends_with=(255,))
    assert f"numpy 1.0 -> {numpy}: packages.yaml has the first" in said and "Traceback" not in said
    assert (project.folder / "dvc.lock").read_bytes() == record
    assert project.run("env", "SAME_ENVIRONMENT=false", "python", "-m", "flows.ready") == ""
    project.run("env", "SAME_ENVIRONMENT=false", "dvc", "repro", "--single-item", "augmentation")
    assert b"numpy: '1.0'" in (project.folder / "dvc.lock").read_bytes()
    assert project.run("python", "-m", "flows.ready") == f"packages.yaml: numpy 1.0 -> {numpy}\n"
    assert place.read_text(encoding="utf-8") == true
    assert run_stages(project.dvc("repro", "--single-item", "augmentation")) == []  # from DVC's cache


def test_a_second_run_has_nothing_to_do(project):
    assert run_stages(project.dvc("repro")) == []
    assert "up to date" in project.dvc("status", "dvc.yaml")  # those of the study are not run by `dvc repro`


def test_what_editors_and_file_managers_leave_beside_code_runs_nothing_again(project):
    for name in (".DS_Store", ".training.py.swp", "training.py~", "training.py.orig", ".ipynb_checkpoints/a.py"):
        for folder in ("core/base", "tasks/finetuning"):
            place = project.folder / folder / name
            place.parent.mkdir(exist_ok=True)
            place.write_text("left")
    assert "up to date" in project.dvc("status", "dvc.yaml")
    (project.folder / "tasks/finetuning/losses.py").write_text("")
    assert "finetuning@1" in project.dvc("status")


def test_the_headline_is_printed_for_people(project):
    said = project.run("python", "-m", "tasks.report.summary")
    assert "Did fine-tuning help?" in said
    assert "report: reports/report.md" in said


def test_dvc_shows_the_metrics_and_the_plots(project):
    shown = project.dvc("metrics", "show")
    assert "validation_mean" in shown and "failed" not in shown
    assert max(map(len, shown.splitlines())) < 250  # case 36
    assert "index.html" in project.dvc("plots", "show")
    page = (project.folder / "dvc_plots/index.html").read_text(encoding="utf-8")
    readme = (ROOT / "README.md").read_text(encoding="utf-8")  # case 35
    assert ('src="https://' in page) == ("`dvc plots show` does: the report has its curves too" in readme)
    assert "figures/training.svg" in (project.folder / "reports/report.md").read_text(encoding="utf-8")


def test_a_stage_runs_alone(project):
    assert "usable: train 12, validation 6, test 8" in project.run("python", "-m", "tasks.validation")
    project.dvc("repro", "tokenization")


def test_another_learning_rate_reruns_fine_tuning_and_what_follows_by_the_command_of_the_readme(project):
    (command,) = (each for each in commands(ROOT / "README.md") if each.startswith(TRIAL) and "rate" in each)
    ran = run_stages(project.run(*shlex.split(command)))
    assert ran == ["finetuning@1", "finetuning@2", "evaluation", "forgetting", "report"]


def test_one_more_seed_trains_that_seed_alone(project):
    change(project, "finetuning", "seeds", [1, 2, 3])
    assert run_stages(project.dvc("repro", "finetuning")) == ["finetuning@3"]


def test_another_gate_is_judged_by_the_report_alone(project):
    change(project, "evaluation", "gates", [{"metric": "accuracy", "at_least": 0.5}])
    assert run_stages(project.dvc("repro")) == ["report"]


def test_deleted_outputs_come_back_without_running_anything(project):
    shutil.rmtree(project.folder / "models/seeds")
    shutil.rmtree(project.folder / "data/tokenized")
    assert run_stages(project.dvc("repro")) == []  # "is cached - skipping run, checking out outputs"
    assert (project.folder / "models/seeds/1/config.json").is_file()


def test_a_published_model_that_was_deleted_is_published_again_without_another_reading(project):
    # DVC brings no output of `evaluation` back, for its ledger of readings is one that a run must not remove.
    before = (project.folder / "reports/readings.jsonl").read_bytes()
    shutil.rmtree(project.folder / "models/finetuned")
    assert run_stages(project.dvc("repro")) == ["evaluation"]
    assert (project.folder / "models/finetuned/model.safetensors").is_file()
    assert (project.folder / "reports/readings.jsonl").read_bytes() == before


def test_from_scratch_the_reports_have_the_same_bytes(project):
    before = hashes(project.folder)
    outs = (
        "data/validated",
        "data/augmented",
        "data/tokenized",
        "data/predictions",
        "models/seeds",
        "models/finetuned",
    )
    for name in outs:
        shutil.rmtree(project.folder / name)
    for path in (project.folder / "reports").iterdir():
        if path.name not in ("study", "comparisons"):  # which no stage writes
            shutil.rmtree(path) if path.is_dir() else path.unlink()
    shutil.rmtree(project.folder / ".dvc/cache/runs")
    (project.folder / "dvc.lock").unlink()
    assert sorted(run_stages(project.dvc("repro"))) == sorted(STAGES)
    assert hashes(project.folder) == before


@pytest.mark.parametrize(
    ("file", "content", "said"),
    [
        ("data/raw/train.csv", b"text,label\n\xff,x\n", "is not UTF-8"),
        ("models/pretrained/encoder/model.safetensors", b"x", "damaged or another model"),
    ],
)
def test_bad_input_ends_the_run_with_its_reason_and_no_traceback(project, file, content, said):
    change(project, "tokenization", "max_length", 15)  # so that the model is read again
    (project.folder / file).write_bytes(content)
    output = project.dvc("repro", ends_with=(1, 255))
    assert said in output
    assert "Traceback" not in output


def test_a_parameter_out_of_range_ends_the_run_before_any_work(project):
    change(project, "finetuning", "epochs", 10)
    change(project, "tokenization", "max_length", 15)  # which starts before fine-tuning
    output = project.dvc("repro", ends_with=(255,))
    assert "finetuning.epochs is 10: input should be less than 10" in output
    assert "Traceback" not in output


def under_way(project) -> subprocess.Popen[str]:
    """Return a seed's fine-tuning through DVC as soon as it is in its first epochs."""
    running = project.start("dvc", "repro", "finetuning@1")
    while "epoch 1/9" not in running.stdout.readline():
        assert running.poll() is None
    return running


def test_a_killed_run_goes_on_and_of_two_at_once_the_second_is_told_so_to_the_same_bytes(finished, tmp_path):
    killed, shared = (finished.copy(tmp_path / name) for name in ("killed", "shared"))
    for copy in (killed, shared):
        change(copy, "finetuning", "epochs", 9)

    running = under_way(killed)
    os.killpg(running.pid, signal.SIGKILL)
    running.communicate()
    killed.dvc("repro", "finetuning@1")

    first = under_way(shared)
    os.killpg(first.pid, signal.SIGSTOP)  # lest it end before the second begins
    said = shared.dvc("repro", "finetuning@1", ends_with=(1, 255))
    os.killpg(first.pid, signal.SIGCONT)
    assert "Traceback" not in said
    assert "lock" in said
    first.communicate()
    assert first.returncode == 0

    for copy in (killed, shared):
        assert run_stages(copy.dvc("repro", "finetuning@1")) == []
    for name in ("models/seeds/1/model.safetensors", "reports/training/1.json"):
        assert sha256(killed.folder / name) == sha256(shared.folder / name)


def test_two_branches_with_other_learning_rates_are_merged_by_choosing_one_and_running_again(project):  # case 17
    project.run("git", "config", "user.name", "t")
    project.run("git", "config", "user.email", "t@example.org")
    project.commit()
    base = project.run("git", "branch", "--show-current").strip()
    project.run("git", "branch", "other")
    for branch, rate in ((base, 0.002), ("other", 0.003)):
        project.run("git", "switch", "--quiet", branch)
        project.dvc("checkout", "--allow-missing")
        change(project, "finetuning", "learning_rate", rate)
        project.dvc("repro")
        project.commit()
    project.run("git", "merge", base, ends_with=(1,))
    said = project.run("python", "-m", "flows.ready", ends_with=(1,))
    assert "params.yaml line" in said and "a merge has left both sides there: keep what shall hold" in said
    assert "1 problem" in said  # dvc.lock and the reports are whole
    project.run("git", "checkout", "--theirs", "params.yaml")
    project.run("python", "-m", "flows.ready")
    assert run_stages(project.dvc("repro")) != []
    project.run("git", "add", "--all")
    project.run("git", "commit", "--quiet", "-m", "merged")
    assert "up to date" in project.dvc("status", "dvc.yaml")
    ledger = (project.folder / "reports/readings.jsonl").read_text(encoding="utf-8").splitlines()
    assert [json.loads(line)["reading"] for line in ledger] == [1, 2, 2]  # the merged run is one of them
    assert "follow, to the byte" in project.run("python", "-m", "tasks.report", "--verify")
