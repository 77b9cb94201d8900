"""The report's sections on general language say what was found, and what was not measured."""

import pandas as pd

from core.data.tokenization_counts import Fragmentation, Overlap
from tasks.report.sections import general_language
from tests import results
from tests.counts import WORDS


def fragmentation(pieces_per_word: float) -> Fragmentation:
    domain, general = (WORDS.model_copy(update={"pieces_per_word": pieces}) for pieces in (pieces_per_word, 1.5))
    return Fragmentation(domain=domain, general=general, overlap=Overlap(different_words=0.25, words=0.5))


def test_the_verdict_is_one_line_with_its_numbers_and_the_margin():
    line = general_language.sentence(results.forgetting(), 0.95)
    assert line.startswith("**General understanding: lost.** ")
    assert (
        "90.0% before and 85.0% after fine-tuning: -5.0 points, 95% interval -8.0 to -3.0, so some fall is shown"
        in line
    )
    assert "above -2.0" in line
    assert "\n" not in line


def test_a_fall_is_not_claimed_where_the_interval_holds_0():
    scores = results.forgetting({"accuracy.difference.high": 0.0})
    assert "fall is shown" not in general_language.sentence(scores, 0.95)


def test_every_seed_stands_beside_the_pretrained_encoder():
    section = general_language.forgetting(results.forgetting(), 0.95)
    assert "| fine-tuned, mean | 0.850 (0.820 to 0.880) | 0.500 |" in section
    assert "| fine-tuned, seed 2 | 0.860 | 0.600 |" in section


def test_a_masked_loss_is_given_where_there_is_a_head_and_named_as_missing_where_there_is_none():
    loss = {"tokens": 70, "general": 2.0, "finetuned": 2.5, "seeds": {"1": 2.5}}
    measured = results.forgetting({"masked_loss": loss | {"difference": results.within(0.5, 0.25)}})
    assert "+0.500, 95% interval +0.250 to +0.750" in general_language.forgetting(measured, 0.95)
    assert "has no masked-language head" in general_language.forgetting(results.forgetting(), 0.95)


def test_more_subwords_than_everyday_words_is_claimed_only_where_it_is_so():
    assert "of the domain more than everyday ones: " in general_language.fragmentation(fragmentation(1.6), None)
    assert "of the domain no more than everyday ones." in general_language.fragmentation(fragmentation(1.5), None)


def test_the_words_that_cost_most_subwords_come_first_and_as_plain_text():
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
