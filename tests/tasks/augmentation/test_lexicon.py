"""The lexicon is read both ways, or every line that it cannot have is named."""

from pathlib import Path

import pytest

from core.base import paths
from core.base.errors import UserError
from tasks.augmentation.lexicon import read_lexicon
from tasks.augmentation.operators import is_negation, is_number
from tests.conftest import OF_THE_SAMPLE

ROOT = Path(__file__).parents[3]


def write(lexicon: str) -> None:
    paths.LEXICON.parent.mkdir()
    paths.LEXICON.write_text(lexicon, encoding="utf-8")


def problems_of(lexicon: str) -> list[str]:
    write(lexicon)
    with pytest.raises(UserError) as caught:
        read_lexicon(paths.LEXICON)
    return list(caught.value.problems)


def test_each_term_stands_for_the_other_whatever_its_case():
    write("abbreviation,expansion\nSOB,shortness of breath\n")
    assert read_lexicon(paths.LEXICON) == {"sob": "shortness of breath", "shortness of breath": "SOB"}


def test_a_missing_lexicon_is_named():
    with pytest.raises(UserError, match=r"data/lexicon.csv is missing: `git checkout data/lexicon.csv`"):
        read_lexicon(paths.LEXICON)


@pytest.mark.parametrize("lexicon", ["", "short,long\nSOB,shortness of breath\n", "\nabbreviation,expansion\n"])
def test_a_lexicon_with_other_columns_is_refused(lexicon):
    [problem] = problems_of(lexicon)
    assert problem.startswith("data/lexicon.csv, line 1: the columns are ")
    assert problem.endswith(": make them abbreviation,expansion")


def test_a_lexicon_that_is_not_utf_8_is_refused():
    paths.LEXICON.parent.mkdir()
    paths.LEXICON.write_bytes(b"abbreviation,expansion\nf\xe9,fer\n")
    with pytest.raises(UserError, match="data/lexicon.csv is not UTF-8"):
        read_lexicon(paths.LEXICON)


def test_all_problems_of_a_lexicon_are_named_at_once():
    lines = [
        "SOB,shortness of breath",
        "",
        "sob,son of Bob",
        "w/o,with out",
        "bid,2 times",
        "tid,three times",
        "a",
        "b,",
    ]
    untouched = "holds a negation or a number, which augmentation never touches: delete the line"
    lines += ["n/v,nausea, vomiting", "NT,non-tender", "dyspnea,Shortness of Breath"]
    assert problems_of("\n".join(["abbreviation,expansion", *lines])) == [
        "data/lexicon.csv, line 4: 'sob' stands on line 2 already, so which one is meant is open: keep one of them",
        f"data/lexicon.csv, line 5: 'w/o' {untouched}",
        f"data/lexicon.csv, line 6: '2 times' {untouched}",
        f"data/lexicon.csv, line 7: 'three times' {untouched}",
        "data/lexicon.csv, line 8: 'a' has 1 values: write an abbreviation and its expansion",
        "data/lexicon.csv, line 9: '' is not words with one space between them: rewrite it",
        "data/lexicon.csv, line 10: 'n/v,nausea, vomiting' has 3 values: write an abbreviation and its expansion",
        f"data/lexicon.csv, line 11: 'non-tender' {untouched}",
        "data/lexicon.csv, line 12: 'Shortness of Breath' stands on line 2 already, so which one is meant is open: "
        "keep one of them",
    ]


@OF_THE_SAMPLE
def test_the_committed_lexicon_is_one_to_one_and_holds_no_negation_or_number():
    lexicon = read_lexicon(ROOT / paths.LEXICON)
    assert lexicon
    assert all(lexicon[other.lower()].lower() == term for term, other in lexicon.items())
    assert not [word for term in lexicon for word in term.split() if is_negation(word) or is_number(word)]
