"""What is said of choosing, and how rows are therefore chosen."""

from core.base import results
from core.scores.intervals import Difference
from study import paths
from study.curves.choosing import Choosing, StudiedStrategy
from study.next import said


def strategy(name: str, gain: float, shown: bool) -> StudiedStrategy:
    p_value = 0.01 if shown or gain < -0.05 else 0.4
    difference = Difference(estimate=gain, low=gain - 0.01, high=gain + 0.01, p_value=p_value, p_holm=p_value)
    return StudiedStrategy(
        technique=name, sizes=["16 a class"], fewest=32, most=128, draws=5, gain=difference, shown=shown
    )


def choosing(*strategies: StudiedStrategy) -> Choosing:
    return Choosing(
        split="validation",
        primary="balanced_accuracy",
        confidence=0.95,
        pool=200,
        start=16,
        strategies=list(strategies),
    )


BETTER = choosing(strategy("chosen_by_uncertainty", -0.06, False), strategy("chosen_by_diversity", 0.021, True))
NEITHER = choosing(strategy("chosen_by_uncertainty", 0.01, False), strategy("chosen_by_diversity", -0.001, False))


def test_rows_are_chosen_by_what_is_shown_to_be_better_than_chance():
    assert said.way(BETTER) == "diversity"
    assert said.sentences(BETTER, 200, []) == [
        "Rows chosen by uncertainty are worse than rows drawn at random, -6.0 points of balanced accuracy (95% CI "
        "-7.0 to -5.0): frozen encoder, validation rows, 5 draws, 32 to 128 labels",
        "Rows chosen by diversity are better than rows drawn at random, +2.1 points of balanced accuracy (95% CI "
        "1.1 to 3.1): frozen encoder, validation rows, 5 draws, 32 to 128 labels",
    ]


def test_rows_are_drawn_at_random_where_nothing_is_shown_to_be_better():
    assert said.way(NEITHER) == "random"
    *each, last = said.sentences(NEITHER, 200, [])
    assert all("not shown to be better than rows drawn at random" in sentence for sentence in each)
    assert last == "So choosing is not shown to beat drawing at random on this data"


def test_while_nobody_knows_both_choose_and_the_next_command_is_said():
    assert said.studied() is None
    assert said.way(None) == "both"
    unknown = "Whether choosing beats drawing at random on this data is not known yet: "
    tried = ["chosen_at_random", "chosen_by_diversity", "tf_idf"]
    assert said.sentences(None, 200, [*tried, "chosen_by_uncertainty"]) == [f"{unknown}`make study`"]
    assert said.sentences(None, 200, tried) == [
        f"{unknown}name chosen_by_uncertainty among study.techniques in params.yaml, then `make study`"
    ]


def test_a_study_that_has_tried_no_strategy_knows_nothing():
    paths.CHOOSING.parent.mkdir(parents=True)
    results.write(paths.CHOOSING, choosing())
    assert said.studied() is None


def test_what_the_study_wrote_is_read():
    paths.CHOOSING.parent.mkdir(parents=True)
    results.write(paths.CHOOSING, BETTER)
    assert said.studied() == BETTER


def test_a_study_of_fewer_rows_is_named_as_such():
    assert said.sentences(BETTER, 250, [])[-1] == (
        "The study was made with 200 training rows, by now there are 250: `make study`"
    )
