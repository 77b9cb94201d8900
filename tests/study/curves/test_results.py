"""All that a study says, of one call."""

from core.decision.gates import Gate
from study.curves.results import StudyScores, measured
from tests.study.curves.of_draws import curves

SKILLS = {
    "tf_idf": {"8 a class": 0.65, "16 a class": 0.68, "50%": 0.7, "100%": 0.72},
    "finetuning": {"8 a class": 0.55, "16 a class": 0.65, "50%": 0.85, "100%": 0.9},
    "contrastive": {"8 a class": 0.7, "16 a class": 0.75},
}
GATES = [Gate(metric="accuracy", at_least=0.8), Gate(metric="topic_probe", at_most=0.02)]


def test_the_best_technique_is_that_of_the_largest_size():
    found = measured(curves(SKILLS, scatter=0.02), GATES)
    assert (found.best, found.as_good) == ("finetuning", [])
    assert [each.size for each in found.curve("contrastive").sizes] == ["8 a class", "16 a class"]


def test_techniques_that_nobody_can_tell_apart_are_as_good():
    found = measured(curves({"a": {"50%": 0.8}, "b": {"50%": 0.81}}), [])
    assert {found.best, *found.as_good} == {"a", "b"}


def test_the_same_predictions_give_the_same_bytes_and_all_of_them_are_read_back():
    known = curves(SKILLS, scatter=0.02)
    first, second = (measured(known, GATES).model_dump_json() for _ in range(2))
    assert first == second
    assert StudyScores.model_validate_json(first).model_dump_json() == first
