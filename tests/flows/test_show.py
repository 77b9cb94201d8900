"""What a run shows in the UI, read back from the server."""

import re

import pytest
from prefect.artifacts import Artifact

from flows.show import key, metrics_table


@pytest.fixture
def reporting(stages):
    project = stages(
        "  report:\n    desc: Say it\n    cmd: cp draft.md report.md; cp draft.json scores.json\n    deps: [draft.md]\n"
        "    outs: [report.md]\n    metrics: [scores.json]\n"
        "    meta: {markdown: [report.md, absent.md], headline: [verdict, b]}\n"
    )
    figure = '<picture><source srcset="figures/one-dark.svg"><img alt="A figure" src="figures/one.svg"></picture>'
    project.write("draft.md", f"# Report\n{figure} ![Elsewhere](https://example.org/x.svg)\n")
    project.write("draft.json", '{"a": 1, "verdict": "good", "b": {"c": 2, "d": [3]}}')
    project.write("figures/one.svg", "<svg/>")
    return project


def test_the_report_and_the_headline_are_shown_with_the_same_keys_in_every_run(reporting, reproduce):
    for before in ('"before": ""', '"before": "good"'):
        run = reproduce()
        report = Artifact.get(key(reporting.folder, "report.md"), _sync=True)
        assert report.data.startswith("# Report\n![A figure](data:image/svg+xml;base64,PHN2Zy8+)")
        assert "![Elsewhere](https://example.org/x.svg)" in report.data
        assert report.flow_run_id == run.id
        table = Artifact.get(key(reporting.folder, "scores.json"), _sync=True)
        assert table.data.startswith(f'[{{"metric": "verdict", "value": "good", {before}}}, {{"metric": "b.c", ')
    assert run.names == {"report": "Cached"}


def test_names_that_differ_in_letters_which_no_key_has_have_keys_of_their_own(tmp_path):
    names = ["метрики.json", "данные/метрики.json", "отчёт", "höher.json", "hoher.json"]
    keys = [key(tmp_path, name) for name in names]
    assert len(set(keys)) == len(names)
    assert all(re.fullmatch("[a-z0-9]+(-[a-z0-9]+)*", each) for each in keys)


def test_without_a_headline_every_metric_is_shown(reporting):
    assert [row["metric"] for row in metrics_table(reporting.folder / "draft.json", ())] == ["a", "verdict", "b.c"]


def test_metrics_of_every_kind_that_dvc_reads_are_shown(tmp_path):
    (tmp_path / "scores.toml").write_text("[at]\nday = 2026-01-02\nvalue = 1e-5\n")
    rows = [{"metric": "at.day", "value": "2026-01-02"}, {"metric": "at.value", "value": 1e-5}]
    assert metrics_table(tmp_path / "scores.toml", ()) == rows
    (tmp_path / "scores.yaml").write_text("at: {day: 2026-01-02, value: 1e-5}\n")
    assert metrics_table(tmp_path / "scores.yaml", ()) == rows


def test_what_cannot_be_shown_costs_no_stage(stages, reproduce):
    project = stages(
        "  one:\n    cmd: printf '\\344' > one.md; echo '{]' > one.yaml; echo '{\"a\":1}' > one.json\n"
        "    metrics: [one.yaml, one.json]\n    meta: {markdown: [one.md]}\n"
    )
    for _ in range(2):
        run = reproduce()
        assert run.state.is_completed(), run.message
    assert sum("an artifact is not shown" in line for line in run.log()) == 2
    assert '"metric": "a"' in Artifact.get(key(project.folder, "one.json"), _sync=True).data


def test_a_failure_is_shown_as_a_document(stages, reproduce):
    project = stages("  check-it: {cmd: 'echo row 3 is empty >&2; exit 1', desc: Look at the rows}\n")
    reproduce()
    assert "row 3 is empty" in Artifact.get(key(project.folder, "check-it", "failure"), _sync=True).data


def test_progress_is_read_from_the_lines_that_the_meta_names_or_from_bars(stages, reproduce):
    project = stages(
        "  epochs:\n    cmd: echo epoch 1/4; sleep 1.2; echo epoch 3/4; echo epoch 1/0\n"
        "    meta: {progress: 'epoch (\\d+)/(\\d+)'}\n"
        "  bars:\n    cmd: printf '\\r 40%%|##  |'; sleep 1.2; printf '\\r 80%%|####|'; sleep 0.3\n"
    )
    assert reproduce().state.is_completed()
    assert Artifact.get(key(project.folder, "epochs", "progress"), _sync=True).data == 75
    assert Artifact.get(key(project.folder, "bars", "progress"), _sync=True).data == 80
