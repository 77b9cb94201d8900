"""5-grams of characters, and signatures that are datasketch's own."""

import numpy as np
from datasketch import MinHash

from tasks.leakage.shingles import BANDS, WIDTH, distinct, parts, sets, signatures

TEXTS = ["no pain in the left leg", "", "ja", "\u6211\u4eca\u5929\u5934\u75db", "no pain " * 40]


def test_a_text_has_a_5_gram_for_each_character_and_each_once():
    table = sets([["abcdefg", "aaaaaaaaaaaa", "ja", ""]])
    assert table.sum(1).tolist() == [7, 5, 2, 1]  # aaaaa, aaaa, aaa, aa, a; an empty text is one that no other has


def test_the_two_texts_of_a_pair_share_no_5_gram():
    table = sets([["mild rash", "fever"], ["fever", "mild rash"]])
    assert table[[0]].multiply(table[[1]]).sum() == 0


def test_signatures_are_those_that_datasketch_computes_one_by_one():
    for number, found in enumerate(signatures([TEXTS], seed=13)):
        one = MinHash(BANDS * WIDTH, seed=13, hashfunc=int, scheme="affine32")
        one.update_batch(sets([[TEXTS[number]]]).indices.tolist())
        assert np.array_equal(one.hashvalues, found)


def test_many_rows_are_taken_in_parts_and_a_long_one_alone():
    lengths = np.array([3, 4, 9, 1, 1, 1])
    assert [(each.start, each.stop) for each in parts(lengths, 7)] == [(0, 2), (2, 3), (3, 6)]
    assert list(parts(lengths[:0], 7)) == []


def test_different_numbers_are_in_order():
    assert distinct(np.array([3, 1, 3, 2, 1])).tolist() == [1, 2, 3]
    assert distinct(np.array([], dtype=np.int64)).tolist() == []
