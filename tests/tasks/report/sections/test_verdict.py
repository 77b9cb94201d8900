"""The report's sections on the verdict."""

from tasks import params
from tasks.report.sections import verdict


def certainty(seeds: int, groups: int) -> str:
    metrics = {
        "mcnemar": {"only_baseline_right": 1, "only_finetuned_right": 9, "p_value": 0.02},
        "finetuned": {"published_seed": 1},
        "seeds": {str(number): {} for number in range(seeds)},
        "test": {"rows": 20, "groups": groups},
        "smallest_gain": 0.1,
    }
    return verdict.certainty(metrics, params.load().evaluation)


def test_what_an_interval_speaks_of_hangs_on_the_number_of_seeds(write_params):
    write_params({})
    assert "It speaks of new rows and of the mean over as many new seeds: a single" in certainty(3, 20)
    assert "It speaks of new rows and of this one seed: another may differ." in certainty(1, 20)


def test_that_groups_are_counted_whole_is_said_where_rows_share_one(write_params):
    write_params({})
    assert "whole groups, whose rows are not independent" in certainty(1, 10)
    assert "whose rows are not independent" not in certainty(1, 20)
