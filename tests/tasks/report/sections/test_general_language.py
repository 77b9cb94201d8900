"""The report's sections on general language say what was found, and what was not measured."""

from types import SimpleNamespace

import pandas as pd
import pytest

from core.data.tokenization_counts import Fragmentation, Overlap
from core.scores.forgetting import ForgettingScores
from tasks.report.document import rendered
from tasks.report.sections import general_language
from tests import results
from tests.counts import WORDS


def probe(scores: ForgettingScores, published_seed: int = 2) -> str:
    run = SimpleNamespace(forgetting=scores)
    known = {"run": run, "topic_probe": general_language.topic_probe(scores, published_seed), "level": "95%"}
    return rendered("sections/topic_probe.md.j2", known)


def subwords(pieces_per_word: float, vocabulary: pd.DataFrame | None = None) -> str:
    domain, general = (WORDS.model_copy(update={"pieces_per_word": pieces}) for pieces in (pieces_per_word, 1.5))
    words = Fragmentation(domain=domain, general=general, overlap=Overlap(different_words=0.25, words=0.5))
    run = SimpleNamespace(tokenization=SimpleNamespace(fragmentation=words))
    shown = SimpleNamespace(report=SimpleNamespace(show_texts=vocabulary is not None))
    split = general_language.split_words(vocabulary)
    return rendered("sections/subwords.md.j2", {"run": run, "params": shown, "split_words": split})


@pytest.mark.parametrize(("seed", "said"), [(1, "**Kept.**"), (2, "**Lost.**")])
def test_the_verdict_on_the_published_model_stands_with_the_margin_and_the_power(seed, said):
    section = probe(results.forgetting(), seed)
    assert f"- {said} *Kept* if the whole interval of the Brier score's change, " in section
    assert "lies below 0.020" in section and "with a probability of 97.0%" in section


def test_every_seed_stands_beside_the_pretrained_encoder_the_published_one_first():
    rows = probe(results.forgetting()).splitlines()
    first = next(number for number, row in enumerate(rows) if row.startswith("| pretrained |"))
    assert rows[first + 1] == ("| seed 2, published | 0.850 (0.830 to 0.870) | 0.120 (0.100 to 0.140) | 0.600 | lost |")
    assert rows[first + 2].startswith("| seed 1 |") and rows[first + 2].endswith("| kept |")


def test_a_masked_loss_is_given_where_there_is_a_head_and_named_as_missing_where_there_is_none():
    change = {"loss": 2.5, "difference": results.within(0.5, 0.25)}
    measured = results.forgetting({"masked_loss": {"tokens": 70, "pretrained": 2.0, "seeds": {"2": change}}})
    assert "+0.500, 95% interval +0.250 to +0.750" in probe(measured)
    assert "has no masked-language head" in probe(results.forgetting())


def test_more_subwords_than_everyday_words_is_claimed_only_where_it_is_so():
    assert "of the domain more than everyday ones: " in subwords(1.6)
    assert "of the domain no more than everyday ones." in subwords(1.5)


def test_the_words_that_cost_most_subwords_come_first_and_as_plain_text():
    words = pd.DataFrame(
        {
            "word": ["whole", "often", "a|b"],
            "pieces": ["whole", "of ##ten", "a | b"],
            "split": [1, 2, 3],
            "occurrences": [90, 30, 20],
        }
    )
    section = subwords(1.6, words)
    assert "whole" not in section
    assert section.index("| `a\\|b` | `a \\| b` | 20 |") < section.index("| `often` | `of ##ten` | 30 |")


def test_where_words_may_be_shown_and_none_is_split_that_is_said():
    words = pd.DataFrame({"word": ["whole"], "pieces": ["whole"], "split": [1], "occurrences": [9]})
    assert "No word is split." in subwords(1.6, words)
    assert "No word is split." not in subwords(1.6)
