import random
import re
from collections.abc import Callable

import pytest

from tasks.augmentation.operators import abbreviation, dropout, swap, typo

LEXICON = {
    "sob": "shortness of breath",
    "shortness of breath": "SOB",
    "breath": "respiration",
    "c/o": "complains of",
    "complains of": "c/o",
    "s/p": "status post",
    "status post": "s/p",
    "w/": "with",
    "with": "w/",
    "hx": "history",
    "history": "hx",
    "d": "day",
    "day": "d",
}
OPERATORS: list[Callable[[str, random.Random], str]] = [
    lambda text, _: abbreviation(text, LEXICON),
    dropout,
    swap,
    typo,
]
NOTES = [
    "72 yo M c/o crushing chest pain for 2 days, denies SOB. Took aspirin 81 mg. Seen in the hall by the nurse.",
    "Pt has not had any melena; mother with stroke at 60. Now has a very itchy rash on the left arm. SpO2 94 % RA.",
    "Can't walk since the fall, no LOC, family history of stroke. Came in with the spouse, quite anxious about work.",
    "Without fever, w/o chills, never syncope. Dneies palpitations. s/p knee repair in 2014, resolved. Aspirin 50 mg.",
    "Return if vomiting blood. Worried about the melena. The patient complains of a tight band headache x3 days.",
    "Sudden loss of vision in the left eye and dizziness, hx of migraine, chest pain denied. BP 120/80, HR 98.",
]
PROTECTED = re.compile(
    r"\S*\d\S*(?: (?:yo|days?|mg|%))?|\b(?:no|not|never|without|w/o|can't|denie[sd]|dneies|family|mother|history|hx|"
    r"resolved|if|worried|had|return)\b",
    re.IGNORECASE,
)
FROM_CUE = re.compile(
    r"\b(?:no|not|never|without|w/o|can't|denie[sd]|dneies|family|mother|hx|if|worried|return)\b[^.]*", re.IGNORECASE
)


def many_times(operator: Callable[[str, random.Random], str], text: str) -> set[str]:
    return {operator(text, random.Random(seed)) for seed in range(100)}


@pytest.mark.parametrize("operator", OPERATORS, ids=["abbreviation", "dropout", "swap", "typo"])
@pytest.mark.parametrize("note", NOTES)
def test_negations_numbers_doses_and_cues_survive_every_operator(operator, note):
    for copy in many_times(operator, note):
        assert PROTECTED.findall(copy) == PROTECTED.findall(note)


@pytest.mark.parametrize("operator", [dropout, swap])
@pytest.mark.parametrize("note", NOTES)
def test_what_a_cue_may_govern_keeps_its_words_and_their_order(operator, note):
    for copy in many_times(operator, note):
        assert FROM_CUE.findall(copy) == FROM_CUE.findall(note)


@pytest.mark.parametrize("note", NOTES)
def test_a_typo_changes_one_letter_in_place(note):
    for copy in many_times(typo, note):
        assert len(copy) == len(note)
        assert sum(a != b for a, b in zip(copy, note, strict=True)) == 1


@pytest.mark.parametrize("note", NOTES)
def test_a_swap_keeps_every_word(note):
    for copy in many_times(swap, note):
        assert sorted(re.findall(r"[\w/'%]+", copy)) == sorted(re.findall(r"[\w/'%]+", note))


def test_abbreviations_are_written_out_and_expansions_abbreviated():
    note = "Pt C/O (sob), w/ cough. Status post fall with Shortness of Breath!"
    expected = "Pt complains of (shortness of breath), with cough. s/p fall w/ SOB!"
    assert abbreviation(note, LEXICON) == expected


def test_the_longest_term_wins():
    assert abbreviation("shortness of breath, short breath", LEXICON) == "SOB, short respiration"


@pytest.mark.parametrize(
    "note", ["sobbing", "sob-like", "w/cough", "c/o/w", "shortness of, breathing", "shortness\nof air"]
)
def test_only_whole_words_and_phrases_are_terms(note):
    assert abbreviation(note, LEXICON) == note


@pytest.mark.parametrize("note", ["w/o cough", "family hx", "in 2 d", "x3 day"])
def test_a_term_that_is_a_cue_or_a_unit_stays(note):
    assert abbreviation(note, LEXICON) == note


def test_an_empty_lexicon_changes_nothing():
    assert abbreviation(NOTES[0], {}) == NOTES[0]


def test_one_filler_in_ten_words_is_left_out():
    note = "the cough of the man in the hall at the end of the day by the sea is bad for the man"
    words = note.split()
    assert {len(copy.split()) for copy in many_times(dropout, note)} == {len(words) - round(len(words) / 10)}


def test_dropout_leaves_out_at_least_one_word_and_never_a_finding():
    assert many_times(dropout, "rash on the arm") == {"rash on arm", "rash the arm"}


def test_two_words_swap_within_their_clause_alone():
    assert many_times(swap, "itchy rash, dry cough\nsore throat") == {
        "rash itchy, dry cough\nsore throat",
        "itchy rash, cough dry\nsore throat",
        "itchy rash, dry cough\nthroat sore",
    }


@pytest.mark.parametrize(
    "note",
    [
        "denies melena chest pain",
        "denies melena, chest pain, rash on the arm",
        "neg: melena, a dry cough",
        "-melena in the stool",
        "(-) melena in the stool",
        "Dneies melena in the stool",
        "fathwr had melena in the stool",
        "wasn't vomiting in the night",
        "wasn\N{RIGHT SINGLE QUOTATION MARK}t vomiting in the night",
        "both brothers vomiting in the night",
        "non-bloody stool in the night",
        "pulse 98",
        "two weeks",
        "stroke s/p fall",
        "rash rash",
        "...",
        "",
    ],
)
def test_nothing_is_moved_or_dropped_where_it_could_change_the_label(note):
    assert many_times(swap, note) | many_times(dropout, note) == {note}


def test_a_cue_reaches_no_further_than_its_sentence():
    assert many_times(swap, "Denies melena, sore throat. dry cough") == {"Denies melena, sore throat. cough dry"}
    assert many_times(dropout, "Denies melena. Rash on arm.") == {"Denies melena. Rash arm."}


def test_a_typo_is_a_neighbour_on_the_keyboard_in_the_same_case():
    assert {copy[0] for copy in many_times(typo, "Pain")} == {"P", "O", "L"}
    assert {copy[3] for copy in many_times(typo, "Pain")} == {"n", "b", "h", "j", "m"}


@pytest.mark.parametrize("note", ["MI", "SOB", "denies", "dneies", "2 tablets", "x3", "ünü", "日本語の文"])
def test_short_words_and_protected_ones_get_no_typo(note):
    assert many_times(typo, note) == {note}


def test_a_typo_never_makes_a_cue():
    assert "past" not in many_times(typo, "oast")
    assert "four" not in many_times(typo, "dour")
