"""The report's sections on general language say what was found, and what was not measured."""

import pandas as pd

from core.data.tokenization_counts import Fragmentation, Overlap
from tasks.report.sections import general_language
from tests.counts import WORDS

FORGETTING = {
    "verdict": "lost",
    "margin": 0.02,
    "probe": {"rows": 500, "topics": 5},
    "accuracy": {
        "general": {"estimate": 0.9, "low": 0.87, "high": 0.93},
        "finetuned": {"estimate": 0.85, "low": 0.82, "high": 0.88},
        "difference": {"estimate": -0.05, "low": -0.08, "high": -0.03},
        "seeds": {"1": 0.84, "2": 0.86},
    },
    "cka": {"seeds": {"1": 0.4, "2": 0.6}, "chance": {"1": 0.04, "2": 0.05}},
    "masked_loss": None,
}


def fragmentation(pieces_per_word: float) -> Fragmentation:
    domain, general = (WORDS.model_copy(update={"pieces_per_word": pieces}) for pieces in (pieces_per_word, 1.5))
    return Fragmentation(domain=domain, general=general, overlap=Overlap(different_words=0.25, words=0.5))


def test_the_verdict_is_one_line_with_its_numbers_and_the_margin():
    line = general_language.sentence(FORGETTING, 0.95)
    assert line.startswith("**General understanding: lost.** ")
    assert (
        "90.0% before and 85.0% after fine-tuning: -5.0 points, 95% interval -8.0 to -3.0, so some fall is shown"
        in line
    )
    assert "above -2.0" in line
    assert "\n" not in line


def test_a_fall_is_not_claimed_where_the_interval_holds_0():
    change = {"estimate": -0.05, "low": -0.08, "high": 0.0}
    found = FORGETTING | {"accuracy": FORGETTING["accuracy"] | {"difference": change}}
    assert "fall is shown" not in general_language.sentence(found, 0.95)


def test_every_seed_stands_beside_the_general_model():
    section = general_language.forgetting(FORGETTING, 0.95)
    assert "| fine-tuned, mean | 0.850 (0.820 to 0.880) | 0.500 |" in section
    assert "| fine-tuned, seed 2 | 0.860 | 0.600 |" in section


def test_a_masked_loss_is_given_where_there_is_a_head_and_named_as_missing_where_there_is_none():
    change = {"estimate": 0.5, "low": 0.25, "high": 0.75}
    measured = FORGETTING | {"masked_loss": {"tokens": 70, "general": 2.0, "finetuned": 2.5, "difference": change}}
    assert "+0.500, 95% interval +0.250 to +0.750" in general_language.forgetting(measured, 0.95)
    assert "has no masked-language head" in general_language.forgetting(FORGETTING, 0.95)


def test_more_pieces_than_everyday_words_is_claimed_only_where_it_is_so():
    assert "up more than everyday ones: " in general_language.fragmentation(fragmentation(1.6), None)
    assert "up no more than everyday ones." in general_language.fragmentation(fragmentation(1.5), None)


def test_the_words_that_cost_most_pieces_come_first_and_as_plain_text():
    words = pd.DataFrame(
        {
            "word": ["whole", "often", "a|b"],
            "pieces": ["whole", "of ##ten", "a | b"],
            "split": [1, 2, 3],
            "occurrences": [90, 30, 20],
        }
    )
    section = general_language.fragmentation(fragmentation(1.6), words)
    assert "whole" not in section
    assert section.index("| `a\\|b` | `a \\| b` | 20 |") < section.index("| `often` | `of ##ten` | 30 |")
