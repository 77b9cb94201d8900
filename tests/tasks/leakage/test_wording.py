"""Twins by their words: found among many rows, and no others."""

import numpy as np
import pytest

from tasks.leakage.shingles import sets
from tasks.leakage.wording import jaccard, near_pairs

WORDS = "denies chest pain fever cough rash severe mild left right arm leg today since onset nausea vomiting".split()  # noqa: SIM905


def texts(count: int, words: int = 25) -> list[str]:
    generator = np.random.default_rng(count)
    return [
        " ".join(f"{word}{generator.integers(50)}" for word in generator.choice(WORDS, words)) for _ in range(count)
    ]


def found(sides: list[list[str]], splits: list[int], least: float = 0.7) -> dict[tuple[int, int], float]:
    row, twin, similarity = near_pairs(sides, np.array(splits), least, seed=13)
    return {(int(a), int(b)): float(c) for a, b, c in zip(row, twin, similarity, strict=True)}


def literal(first: str, second: str) -> float:
    """Return the Jaccard similarity of two texts' 5-grams, those at their ends filled up."""
    grams = [{f"{text}\0\0\0\0"[place : place + 5] for place in range(len(text))} for text in (first, second)]
    return len(grams[0] & grams[1]) / len(grams[0] | grams[1])


def test_the_similarity_is_that_of_the_sets_of_5_grams():
    rows = ["no pain in the left leg", "no pain in the right leg", "ja", "jaja", "\u6211\u4eca\u5929\u5934\u75db", ""]
    left, right = (np.array(each) for each in zip((0, 1), (2, 3), (4, 5), (0, 0), (1, 4), strict=True))
    due = [literal(rows[a], rows[b]) for a, b in zip(left, right, strict=True)]
    assert jaccard([rows], left, right) == pytest.approx(due, abs=0.01)


def test_every_row_that_has_a_twin_is_found_with_its_nearest_and_no_other_row():
    rows = texts(400)
    for number in range(40):  # one word of 25 is another
        words = rows[number].split()
        rows[399 - number] = " ".join([*words[:12], "melena", *words[13:]])
    pairs = found([rows], [0] * 200 + [2] * 200)
    due = {(number, 399 - number) for number in range(40)}
    assert set(pairs) == due | {(twin, row) for row, twin in due}
    assert all(value == pytest.approx(literal(rows[a], rows[b]), abs=0.01) for (a, b), value in pairs.items())


def test_the_same_as_comparing_all_rows_with_all():
    generator = np.random.default_rng(5)
    base = texts(30, 12)
    rows = [" ".join(np.where(generator.random(12) < 0.06, "other", text.split())) for text in base for _ in range(6)]
    splits = np.sort(generator.integers(0, 3, len(rows)))
    table = sets([rows])
    shared, sizes = (table @ table.T).toarray(), table.sum(1)
    similarity = shared / (sizes[:, None] + sizes - shared) - 2 * np.eye(len(rows))
    due = {
        (row, int(split)): similarity[row, splits == split].max()
        for row in range(len(rows))
        for split in range(3)
        if similarity[row, splits == split].max() >= 0.7
    }
    pairs = {(row, int(splits[twin])): value for (row, twin), value in found([rows], list(splits)).items()}
    assert len(due) > 100
    assert pairs.keys() == due.keys()
    assert np.mean([pairs[each] == pytest.approx(due[each]) for each in due]) > 0.98  # of like twins one may be missed


def test_of_texts_that_follow_a_few_templates_nearly_every_row_is_found_with_nearly_its_nearest():
    generator = np.random.default_rng(7)
    templates = texts(5, 15)
    rows = []
    for number in range(1000):
        words = templates[number % 5].split()
        for place in generator.integers(0, 15, generator.integers(0, 5)):
            words[place] = f"{WORDS[generator.integers(len(WORDS))]}{generator.integers(1000)}"
        rows.append(" ".join(words))
    splits = np.sort(generator.integers(0, 3, len(rows)))
    table = sets([rows])
    shared, sizes = (table @ table.T).toarray(), table.sum(1)
    similarity = shared / (sizes[:, None] + sizes - shared) - 2 * np.eye(len(rows))
    nearest = {(row, split): similarity[row, splits == split].max() for row in range(len(rows)) for split in range(3)}
    pairs = {(row, int(splits[twin])): value for (row, twin), value in found([rows], list(splits)).items()}
    for least, share in ((0.7, 0.99), (0.8, 0.99), (0.9, 1)):
        due = [each for each, value in nearest.items() if value >= least]
        assert len(due) > 100
        assert np.mean([pairs.get(each, 0) >= least for each in due]) >= share
    assert all(pairs[each] > nearest[each] - 0.1 for each in pairs)


def test_each_split_is_asked_for_its_own_nearest_twin():
    text = "patient denies chest pain and fever since this morning, no cough"
    rows = [text, f"{text} at all", "rash on the left arm", f"{text} today", f"{text} now"]
    pairs = found([rows], [0, 0, 0, 1, 2])
    assert {(a, b) for a, b in pairs if a == 4} == {(4, 0), (4, 3)}
    assert {b for a, b in pairs if a == 0} == {1, 3, 4}


def test_thousands_of_like_rows_are_compared_with_few():
    rows = [
        f"visit {number} of the patient, who was told to come again next week if the pain stays"
        for number in range(2000)
    ]
    pairs = found([rows], [0] * 1400 + [2] * 600)
    assert len({a for a, _ in pairs}) == 2000
    assert len(pairs) == 4000  # each row one of each split


def test_a_pair_of_sentences_is_a_twin_where_both_are():
    premise, other = "the patient has had a mild rash on the left arm since today", "no cough and no fever at all"
    sides = [[premise, f"{premise} now", premise], [other, other, "the mother has chest pain and severe melena"]]
    assert {a for a, _ in found(sides, [0, 1, 2])} == {0, 1}


def test_rows_without_any_twin_leave_nothing():
    assert found([texts(5)], [0, 0, 1, 1, 2]) == {}
    assert found([["a", "b", "c"]], [0, 1, 2]) == {}
