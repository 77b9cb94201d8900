"""reports/study.md stands on its own: the answer first, what was scored and how, and no label as markup."""

import re
from dataclasses import replace
from pathlib import Path

import pytest
from markdown_it import MarkdownIt

from core.scores.readings import Reading
from study.curves.results import measured
from study.report.answers import answer
from study.report.cells import Studied
from study.report.document import draft
from tests.study.report.studies import SKILLS, failed, studied


def written(found: Studied) -> str:
    """Return the report of a study."""
    scores = measured(found.curves, found.params.evaluation.gates)
    reading = Reading(
        reading=3,
        test=found.test,
        models="m",
        parameters="p",
        verdict="study",
        primary=scores.primary,
        published=scores.best,
        scores={},
        changed=None,
        previous=None,
    )
    draft(found, scores, answer(found, scores), reading, Path("study.md"), Path("study_figures"))
    return Path("study.md").read_text(encoding="utf-8")


def test_the_answer_comes_first_then_what_was_scored():
    text = written(studied())
    title, said, screen, *_ = text.split("\n\n")
    assert title == "# How many labels do we need?"
    assert said.startswith("**") and "fine-tuning" in said
    assert "The test split, 600 rows: reading 3 of it by the study." in screen
    assert "None" not in text and "{{" not in text


def test_it_says_what_the_rows_of_a_draw_do_not_count():
    text = " ".join(written(studied()).split())
    assert "where a class is rare, whoever labels rows as they come labels more" in text
    assert "Rows are drawn one by one, whatever their group" in text


def test_every_figure_that_it_shows_is_there_and_no_other():
    text = written(studied())
    shown = set(re.findall(r'"study_figures/(.*?)"', text))
    assert shown == {path.name for path in Path("study_figures").iterdir()}
    assert shown == {"curves.svg", "curves-dark.svg", "differences.svg", "differences-dark.svg"}


def test_while_the_test_split_is_sealed_it_says_that_validation_was_scored():
    text = written(studied(split="validation"))
    assert "The validation split, 600 rows, for the test split is sealed" in text
    assert "reading" not in text.split("## ")[0].replace("already", "")


def test_whether_choosing_rows_helps_is_not_known_where_it_was_not_tried():
    text = written(studied({"tf_idf": SKILLS["tf_idf"]}))
    assert "Whether choosing beats drawing at random on this data is not known yet" in text


def test_what_choosing_rows_brings_is_told_where_it_was_tried():
    skills = {"chosen_at_random": 0.6, "chosen_by_uncertainty": 0.7}
    tried = {name: {"5%": 0.6, "10%": skill, "25%": skill} for name, skill in skills.items()}
    text = written(studied({"tf_idf": SKILLS["tf_idf"], **tried}))
    assert "Rows chosen by uncertainty are better than rows drawn at random, +" in text


def test_cells_that_lack_are_named_and_escaped():
    found = studied()
    known = [failed(found.known[0], "<b>a|b</b>"), replace(found.known[1], predicted=None, computed=None)]
    text = written(replace(found, known=[*known, *found.known[2:]]))
    assert "**Missing.** 2 of the" in text
    assert "| `tf_idf 5%, draw 1` | error: &lt;b&gt;a\\|b&lt;/b&gt; |" in text
    assert "| `tf_idf 5%, draw 2` | not computed |" in text


def test_labels_are_plain_text_and_tables_are_tables():
    text = written(studied())
    assert "sensitivity of ur\\|gent" in text
    page = MarkdownIt("commonmark").enable("table").render(text)
    assert page.count("<table>") == len(re.findall(r"^\|[ :|]*-[ :|-]*\|$", text, re.MULTILINE))
    assert "<p>|" not in page


@pytest.mark.parametrize("name", ["tf_idf", "finetuning"])
def test_of_one_technique_there_is_nothing_to_compare(name):
    text = written(studied({name: SKILLS[name]}))
    assert "One technique was tried" in text and "differences.svg" not in text
    assert "Not measured: name `finetuning` and `finetuning_augmented`" in text


def test_the_same_cells_give_the_same_bytes(tmp_path, monkeypatch):
    found = []
    for name in ("first", "second"):
        (tmp_path / name).mkdir()
        monkeypatch.chdir(tmp_path / name)
        written(studied())
        found.append({path.name: path.read_bytes() for path in Path().rglob("*.*") if path.is_file()})
    assert found[0] == found[1]
