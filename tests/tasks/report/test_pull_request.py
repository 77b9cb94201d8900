"""`python -m tasks.report --against REVISION` prints what a pull request's comment says."""

import json
import re
import shutil
from pathlib import Path

import pytest
import yaml

from core.base import paths, results
from core.base.errors import UserError
from core.base.files import write_json
from core.data import predictions
from core.scores import metrics
from tasks import params
from tasks.report import __main__ as report
from tasks.report import pull_request, verify
from tasks.report.git_revision import Revision, find

BLOCK = re.compile(r"### (\w+)\n\n(.*?)(?=\n\n### |\n\n<details>|\Z)", re.DOTALL)


def comment(capsys, *arguments: str) -> str:
    report.main("--against", *arguments)
    return capsys.readouterr().out


def blocks(said: str) -> dict[str, str]:
    return dict(BLOCK.findall(said))


def predict_better() -> None:
    """Change the fine-tuned predictions, and with them the metrics, as another run would have."""
    table = predictions.read(paths.FINETUNED_PREDICTIONS)
    table["probabilities"] = [each[::-1] ** 2 / (each**2).sum() for each in table["probabilities"]]
    predictions.write(paths.FINETUNED_PREDICTIONS, [table])
    results.write(paths.METRICS, verify.remeasured(params.load())[0])
    report.main()


def change_the_baseline() -> None:
    """Change the name of the baseline in metrics.json, as another run could have."""
    now = metrics.read()
    other = next(name for name in now.ladder if name != now.baseline)
    results.write(paths.METRICS, now.model_copy(update={"baseline": other}))


def test_against_itself_it_shows_the_first_screen_and_that_nothing_changed(committed, capsys):
    said = comment(capsys, "HEAD")
    first_screen = Path("reports/report.md").read_text(encoding="utf-8").split("\n## ")[0]
    assert said.startswith(first_screen.replace('"figures/', '"reports/figures/'))
    found = blocks(said)
    assert found["Data"].startswith("The same: version `")
    assert (found["Parameters"], found["Metrics"]) == ("No parameter changed.", "No metric of the headline changed.")


def test_changed_parameters_and_metrics_stand_as_old_and_new_with_the_interval_of_the_change(committed, capsys):
    old = metrics.read().published.of("loss").estimate
    values = yaml.safe_load(Path("params.yaml").read_text(encoding="utf-8"))
    values["finetuning"]["learning_rate"] = 0.25
    Path("params.yaml").write_text(yaml.safe_dump(values), encoding="utf-8")
    predict_better()
    new = metrics.read().published.of("loss").estimate
    found = blocks(comment(capsys, "HEAD"))
    assert re.search(r"\| `finetuning.learning_rate` \| \S+ \| 0.25 \|", found["Parameters"])
    row = re.search(r"\| `published.loss.estimate` \| (\S+) \| (\S+) \|", found["Metrics"])
    assert (float(row[1]), float(row[2])) == (old, new)
    assert re.search(r"balanced accuracy of the published model changes by \S+ \(\S+ to \S+\) on", found["Metrics"])


def test_a_number_that_is_written_otherwise_is_no_change(committed, capsys):
    values = json.loads(paths.METRICS.read_text(encoding="utf-8"))
    values["against"]["majority"]["p_value"] = 3e-06
    write_json(paths.METRICS, values)
    written = Path("params.yaml").read_text(encoding="utf-8")
    Path("params.yaml").write_text(re.sub("learning_rate: .*", "learning_rate: 1e-3", written), encoding="utf-8")
    committed.commit()
    Path("params.yaml").write_text(re.sub("learning_rate: .*", "learning_rate: 0.001", written), encoding="utf-8")
    found = blocks(comment(capsys, "HEAD"))
    assert (found["Parameters"], found["Metrics"]) == ("No parameter changed.", "No metric of the headline changed.")


def test_predictions_that_nobody_has_any_more_are_said_so(committed, capsys):
    shutil.rmtree(".dvc/cache")
    predict_better()
    said = blocks(comment(capsys, "HEAD"))["Metrics"]
    assert "No interval of the change: the predictions of `HEAD` are not at hand here." in said
    paths.FINETUNED_PREDICTIONS.unlink()
    assert (
        "No interval of the change: the predictions are not at hand here." in blocks(comment(capsys, "HEAD"))["Metrics"]
    )


def test_links_without_a_comment_and_two_answers_at_once_are_refused(capsys):
    for arguments, said in ((("--links", "x"), "--links says where"), (("--verify", "--against", "x"), "not allowed")):
        with pytest.raises(SystemExit):
            report.main(*arguments)
        assert said in capsys.readouterr().err


def test_metrics_of_another_version_of_this_project_are_compared_without_intervals(committed, capsys):
    values = json.loads(paths.METRICS.read_text(encoding="utf-8"))
    write_json(paths.METRICS, values | {"luck": 0.5})
    committed.commit()
    write_json(paths.METRICS, values)
    change_the_baseline()
    said = blocks(comment(capsys, "HEAD"))["Metrics"]
    assert "| `baseline` |" in said
    assert "No interval of the change: another version of this project wrote the metrics of `HEAD`." in said


def test_another_version_of_the_data_is_named_with_its_rows(committed, capsys):
    before = yaml.safe_load(Path("data/raw.dvc").read_text(encoding="utf-8"))["outs"][0]["md5"]
    with Path("data/raw/train.csv").open("a", encoding="utf-8") as file:
        file.write("one more patient,urgent\n")
    committed.dvc("add", "data/raw")
    validation = json.loads(Path("reports/validation.json").read_text(encoding="utf-8"))
    validation["rows"]["train"]["usable"] = 13
    write_json(Path("reports/validation.json"), validation)
    said = blocks(comment(capsys, "HEAD"))["Data"]
    assert f"| version of `data/raw` | `{before}` |" in said
    assert "| usable rows of train | 12 | 13 |" in said
    shutil.rmtree(".dvc/cache")
    assert "| usable rows of train | not at hand | 13 |" in blocks(comment(capsys, "HEAD"))["Data"]


def test_a_revision_without_reports_is_said_so(committed, capsys):
    committed.run("git", "rm", "-r", "--quiet", "--cached", "reports", "dvc.lock", "params.yaml", "data/raw.dvc")
    committed.run("git", "-c", "user.name=t", "-c", "user.email=t@example.org", "commit", "--quiet", "-m", "bare")
    found = blocks(comment(capsys, "HEAD"))
    assert found["Metrics"] == "`HEAD` has no `reports/metrics.json`."
    assert "| version of `data/raw` | `none` |" in found["Data"]


def test_the_page_of_a_validation_that_refused_the_data_is_shown_as_it_is(committed, capsys):
    Path("data/raw/train.csv").write_text("text,label\n", encoding="utf-8")
    committed.dvc("repro", ends_with=(255,))
    said = comment(capsys, "HEAD")
    assert said.startswith("# Refused\n\n`validation` found") and "## What changed against `HEAD`" in said


def test_what_a_revision_has_that_can_not_be_read_is_said_so(committed, capsys):
    files = [Path("params.yaml"), paths.METRICS]
    whole = [file.read_text(encoding="utf-8") for file in files]
    for file, text in zip(files, whole, strict=True):
        file.write_text(f"<<<<<<< ours\n{text}=======\n{text}>>>>>>> theirs\n", encoding="utf-8")
    committed.commit()
    for file, text in zip(files, whole, strict=True):
        file.write_text(text, encoding="utf-8")
    found, sha = blocks(comment(capsys, "HEAD")), find("HEAD").sha[:10]
    for name, file in zip(("Parameters", "Metrics"), files, strict=True):
        assert found[name] == f"`{file}` cannot be read at `HEAD`: `git show {sha}:./{file}` shows what it holds."


def test_data_that_is_recorded_without_an_md5_is_another_while_its_record_is(committed, capsys):
    record = "outs:\n- path: raw\n  files:\n  - relpath: train.csv\n    md5: {}\n"
    paths.RAW_VERSION.write_text(record.format("a" * 32), encoding="utf-8")
    committed.commit()
    assert blocks(comment(capsys, "HEAD"))["Data"].startswith("The same: version `record ")
    paths.RAW_VERSION.write_text(record.format("b" * 32), encoding="utf-8")
    assert "| version of `data/raw` | `record " in blocks(comment(capsys, "HEAD"))["Data"]


def test_counts_of_another_version_of_this_project_are_not_at_hand(committed, capsys):
    counts = json.loads(paths.VALIDATION_COUNTS.read_text(encoding="utf-8"))
    write_json(paths.VALIDATION_COUNTS, {"rows": counts["rows"]})
    committed.dvc("commit", "--force", "validation")
    paths.RAW_VERSION.write_text("outs:\n- path: raw\n  md5: before\n", encoding="utf-8")
    committed.commit()
    write_json(paths.VALIDATION_COUNTS, counts)
    paths.RAW_VERSION.write_text("outs:\n- path: raw\n  md5: now\n", encoding="utf-8")
    assert "| usable rows of train | not at hand | 12 |" in blocks(comment(capsys, "HEAD"))["Data"]


def test_a_revision_of_no_name_is_refused_and_leaves_the_report_alone(committed):
    paths.REPORT.write_text("# As it was\n", encoding="utf-8")
    with pytest.raises(UserError, match="'' is no revision of this git repository"):
        report.main("--against", "")
    assert paths.REPORT.read_text(encoding="utf-8") == "# As it was\n"


def test_figures_and_the_report_are_linked_where_the_files_are_read(committed, capsys):
    here, there = comment(capsys, "HEAD"), comment(capsys, "HEAD", "--links", "https://example.org/o/r/blob/abc/")
    assert '<img alt="Heat map: test rows by label and predicted class" src="reports/figures/confusion.svg">' in here
    assert 'srcset="https://example.org/o/r/blob/abc/reports/figures/confusion-dark.svg?raw=true"' in there
    assert "[The whole report](https://example.org/o/r/blob/abc/reports/report.md)" in there


@pytest.mark.parametrize("name", ["no-such-branch", "--all"])
def test_an_unknown_revision_is_named(committed, name):
    with pytest.raises(UserError, match=f"{name} is no revision of this git repository"):
        find(name)


BEFORE = Revision("origin/main", "0123456789abcdef")
PICTURE = '<picture><source srcset="figures/a-dark.svg"><img alt="Lines" src="figures/a.svg"></picture>'
REPORT = f"# Did fine-tuning help? Adapted\n\nYes.\n\n## Later\n\n{PICTURE}\n"


def test_the_first_screen_comes_first_then_what_changed_then_the_figures():
    said = pull_request.body(REPORT, BEFORE, ["### Data\n\nThe same."], None)
    places = [said.index(part) for part in ("# Did", "Yes.", "`origin/main` (`0123456789`)", "### Data", "a.svg")]
    assert places == sorted(places)
    assert "## Later" not in said


@pytest.mark.parametrize("long", [59_990, 70_000])
def test_what_does_not_fit_is_said_and_the_rest_stands(long):
    said = pull_request.body(REPORT, BEFORE, ["x" * long, "### Data\n\nThe same."], None)
    assert len(said) < pull_request.LIMIT
    assert "A part that is too long for a comment is left out here." in said
    assert "The same." in said
