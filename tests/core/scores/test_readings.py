"""The ledger of readings: what was read is appended once, and nothing can be taken out of it unseen."""

import shutil
import subprocess
from pathlib import Path

import pytest

from core.base import paths
from core.base.errors import UserError
from core.scores import learning_curve, readings
from core.scores.readings import Outcome
from tests import results

IDS, TOKENS, LABELS = ["a", "b"], [[1, 2, 3], [4]], [0, 1]
TEST = readings.test_set(IDS, TOKENS, LABELS)
RELABELLED = readings.test_set(IDS, TOKENS, [1, 1])
OTHER = readings.test_set(["a", "c"], [[1, 2, 3], [5]], LABELS)


@pytest.fixture(autouse=True)
def _parameters(write_params):
    write_params({})
    paths.READINGS.parent.mkdir(exist_ok=True)


def test_a_reading_says_what_was_scored_and_what_came_out():
    found = readings.record(TEST, "models-one", results.metrics())
    assert (found.reading, found.verdict, found.published) == (1, "adapted", "11")
    assert set(found.scores) == {"majority", "tf-idf", "untrained head", "frozen encoder", "11", "12", "13"}
    assert readings.read() == [found]


def test_the_same_models_are_read_once_however_often_they_are_scored():
    for _ in range(3):
        readings.record(TEST, "models-one", results.metrics())
    assert len(readings.read()) == 1


def test_other_models_on_the_same_rows_are_the_next_reading():
    numbers = [readings.record(TEST, models, results.metrics()).reading for models in ("one", "two", "one", "three")]
    assert numbers == [1, 2, 1, 3]


def test_a_reading_is_known_again_by_its_scores():
    found = readings.record(TEST, "one", results.metrics())
    assert readings.of_scores(readings.read(), results.metrics()) == found
    other = results.metrics({"ladder.majority.scores.balanced_accuracy.estimate": 0.6})
    assert readings.of_scores(readings.read(), other) is None


def test_a_changed_test_set_starts_a_new_count_and_says_what_changed():
    found = [readings.record(each, "one", results.metrics()) for each in (TEST, RELABELLED, OTHER)]
    assert [each.reading for each in found] == [1, 1, 1]
    assert found[0].changed is None
    assert found[1].changed == "the same rows and texts under other labels"
    assert found[2].changed == "2 rows, other texts"


def test_a_reading_taken_out_is_told_with_the_line_that_no_longer_follows():
    for models in ("one", "two", "three"):
        readings.record(TEST, models, results.metrics())
    lines = paths.READINGS.read_text().splitlines()
    paths.READINGS.write_text("\n".join([lines[0], lines[2]]) + "\n")
    with pytest.raises(UserError, match=r"line 2 does not follow the line before it.*git checkout"):
        readings.read()


def test_the_study_s_readings_stand_in_a_file_of_their_own_once_for_the_same_cells():
    readings.record(TEST, "models-one", results.metrics())
    learning_curve.FOLDER.mkdir()
    for cells in ("few", "few", "more"):
        found = Outcome("study", "balanced_accuracy", "fine-tuning", {"fine-tuning": 0.8})
        readings.enter(TEST, cells, found, learning_curve.READINGS)
    assert [each.reading for each in readings.read(learning_curve.READINGS)] == [1, 2]
    assert [each.reading for each in readings.read()] == [1]
    assert len(learning_curve.readings_of(TEST)) == 2
    assert learning_curve.readings_of(OTHER) == []


def git(*arguments: str) -> None:
    identity = ("-c", "user.name=t", "-c", "user.email=t@example.org")
    subprocess.run(["git", *identity, *arguments], check=True, capture_output=True)


@pytest.mark.parametrize("common", [[], ["zero"]])
def test_a_merge_of_two_branches_keeps_the_readings_of_both_and_the_next_counts_them(common):  # case 17
    shutil.copy(Path(__file__).parents[3] / ".gitattributes", ".")
    git("init", "--quiet", "--initial-branch=main")
    for models in common:
        readings.record(TEST, models, results.metrics())
    git("add", "--all")
    git("commit", "--quiet", "-m", "common")
    git("branch", "other")
    for branch, each in (("main", ("one", "two")), ("other", ("three", "four", "five"))):
        git("switch", "--quiet", branch)
        for models in each:
            readings.record(TEST, models, results.metrics())
        git("add", "--all")
        git("commit", "--quiet", "-m", branch)
    git("merge", "--quiet", "main")
    assert [each.models for each in readings.read()] == [*common, "three", "four", "five", "one", "two"]
    assert readings.record(TEST, "six", results.metrics()).reading == len(common) + 6
    assert len(readings.read()) == len(common) + 6
    lines = paths.READINGS.read_text().splitlines()
    first = len(common) + 3  # of the branch main, which another line follows
    for damaged in ([*lines[:first], *lines[first + 1 :]], [*lines, lines[first]]):
        paths.READINGS.write_text("\n".join(damaged) + "\n")
        with pytest.raises(UserError, match="does not follow the line before it"):
            readings.read()
    paths.READINGS.write_text("\n".join(lines) + "\n")


def test_a_damaged_line_is_told_by_its_number():
    readings.record(TEST, "one", results.metrics())
    with paths.READINGS.open("a") as file:
        file.write('{"reading": 2}\n')
    with pytest.raises(UserError, match=r"readings\.jsonl line 2 is damaged"):
        readings.read()


def test_a_test_set_is_known_by_rows_texts_and_labels():
    assert readings.test_set(IDS, TOKENS, LABELS) == TEST
    assert len({readings.test_set(IDS, [[1, 2], [3, 4]], LABELS), TEST, RELABELLED, OTHER}) == 4


def test_the_same_models_judged_by_another_metric_or_margin_are_the_next_reading():
    by_accuracy = {"primary": "accuracy"}
    found = [
        readings.record(TEST, "one", results.metrics(each)) for each in ({}, by_accuracy, {"verdict": "no worse"}, {})
    ]
    assert [each.reading for each in found] == [1, 2, 3, 1]
    assert [each.primary for each in readings.read()] == ["balanced_accuracy", "accuracy", "balanced_accuracy"]
    assert readings.same(readings.read(), TEST, "one", results.metrics(by_accuracy)) == found[1]


def test_the_number_of_the_last_reading_cannot_be_changed_unseen():
    for models in ("one", "two"):
        readings.record(TEST, models, results.metrics())
    text = paths.READINGS.read_text()
    paths.READINGS.write_text(text.replace('"reading": 2', '"reading": 1'))
    with pytest.raises(UserError, match="line 2 says reading 1 of its test set, and it is reading 2"):
        readings.read()
