"""What a few texts are to a linear model: words, or characters where there are none."""

from random import Random

import numpy as np
import pandas as pd
import pytest
from sklearn.feature_extraction.text import TfidfVectorizer

from core.data.splits import SPLITS
from core.decision.decision import Decision
from tasks.baseline import rungs, tf_idf
from tasks.baseline.params import Baseline


def features(classes: int = 2, **texts: list[str]):
    return tf_idf.tf_idf({split: pd.DataFrame({"text": rows}) for split, rows in texts.items()}, classes)


def learnt(classes: list[list[str]], asked: list[str]) -> list[int]:
    """Return the classes of the asked texts after training on those of each class, three times each."""
    train = [text for texts in classes for text in texts * 3]
    labels = {
        "train": [label for label, texts in enumerate(classes) for _ in texts * 3],
        "validation": [0] * len(asked),
    }
    found = features(train=train, validation=asked, test=asked)
    section, decision = Baseline(seed=1, regularization=[10.0], external={}), Decision("loss", classes=len(classes))
    table = rungs.linear(found, labels, np.arange(len(asked)), section, decision)["test"]
    return table.argmax(1).tolist()


def test_words_and_word_pairs_are_counted_as_training_knows_them():
    found = features(train=["mild rash", "severe melena"], validation=["mild melena"], test=["severe headache"])
    assert [found[split].shape for split in SPLITS] == [(2, 6), (1, 6), (1, 6)]  # four words and two pairs
    assert [found[split].nnz for split in SPLITS] == [6, 2, 1]  # a pair or a word that training lacks is none


def test_the_same_word_in_the_other_text_of_a_pair_is_another_feature():
    sides = pd.DataFrame({"text": ["rash", "melena"], "text_pair": ["melena", "rash"]})
    found = tf_idf.tf_idf(dict.fromkeys(SPLITS, sides), 2)["test"]
    assert found.shape == (2, 4)
    assert found.multiply(found[[1, 0]]).nnz == 0


def test_where_words_stand_between_spaces_they_are_those_of_scikit_learn():
    generator = Random(0)
    signs = "aZéßñøИжλ09_²½ .,;-'/()&%\n\t"
    texts = ["ab " + "".join(generator.choices(signs, k=60)) for _ in range(300)]
    ours = TfidfVectorizer(analyzer=tf_idf.terms, sublinear_tf=True)
    theirs = TfidfVectorizer(ngram_range=(1, 2), sublinear_tf=True)
    assert np.array_equal(ours.fit_transform(texts).toarray(), theirs.fit_transform(texts).toarray())
    assert ours.vocabulary_ == theirs.vocabulary_


@pytest.mark.parametrize(  # case 11
    ("classes", "asked"),
    [
        ([["患者胸痛三天", "突然胸痛"], ["今天来做体检", "体检预约"]], ["夜里胸痛不止", "年度体检"]),
        (
            [["胸が痛いです", "息が苦しい"], ["予約を変更したい", "予約をお願いします"]],
            ["とても息が苦しいです", "予約の確認"],
        ),
        ([["เจ็บหน้าอกมาก", "หายใจไม่ออก"], ["ขอเลื่อนนัดหมาย", "นัดหมายพรุ่งนี้"]], ["รู้สึกเจ็บหน้าอก", "ยกเลิกนัดหมาย"]),
        ([["सीने में दर्द", "तेज दर्द"], ["मुलाकात बदलें", "नई मुलाकात"]], ["बहुत दर्द", "कल मुलाकात"]),
        ([["a", "b"], ["c", "d"]], ["b", "c"]),
        ([["👍", "👍👍"], ["👎", "👎!"]], ["👍!", "👎👎"]),
        ([["好"], ["坏"]], ["很好", "真坏"]),
    ],
    ids=["chinese", "japanese", "thai", "hindi", "letters", "signs", "one character"],
)
def test_classes_are_told_apart_where_words_are_not_written_or_have_one_character(classes, asked):
    assert learnt(classes, asked) == [0, 1]


def test_a_text_in_two_scripts_has_words_and_characters():
    found = tf_idf.terms("Chest pain 胸痛 3天")
    assert {"chest", "chest pain", "胸", "胸痛", "3天"} <= set(found)
    assert "chest 胸痛" not in found


def test_a_word_is_the_same_whether_its_accents_are_composed_or_not():
    assert tf_idf.terms("cafe\N{COMBINING ACUTE ACCENT} noir") == tf_idf.terms(
        "caf\N{LATIN SMALL LETTER E WITH ACUTE} noir"
    )


def test_the_more_classes_the_fewer_features_and_the_most_frequent_stay(monkeypatch):  # case 19
    monkeypatch.setattr(tf_idf, "WEIGHTS", 60)
    rare = [f"often rare{number} word{number}" for number in range(50)]
    found = {classes: features(classes, train=rare, validation=["often"], test=["other"]) for classes in (2, 20)}
    assert [each["train"].shape[1] for each in found.values()] == [30, 3]
    assert all(each["validation"].nnz == 1 for each in found.values())
