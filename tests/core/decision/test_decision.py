"""What a team decides by."""

from core.decision.decision import Decision


def test_the_positive_class_is_the_one_named_else_the_last():
    assert [Decision("roc_auc", 2, positive=named).target for named in (0, 1, None)] == [0, 1, 1]


def test_of_two_classes_one_is_ranked_of_more_each():
    assert Decision("roc_auc", 2, positive=0).ranked == [0]
    assert Decision("roc_auc", 3, positive=0).ranked == [0, 1, 2]
