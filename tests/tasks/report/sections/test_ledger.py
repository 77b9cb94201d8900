"""The report's section on the readings of the test split."""

from core.scores.readings import Identity, Reading
from tasks.report.document import rendered
from tasks.report.sections import ledger

TEST = Identity(rows=9, row_ids="a" * 12, texts="b" * 12, labels="c" * 12)


def reading(number: int, changed: str | None = None) -> Reading:
    return Reading(
        reading=number,
        test=TEST,
        models="d" * 12,
        parameters="e" * 12,
        verdict="adapted",
        primary="balanced_accuracy",
        published="11",
        scores={"tf-idf": 0.7, "11": 0.88},
        changed=changed,
        previous=None,
    )


def section(*readings: Reading) -> str:
    return rendered("sections/readings.md.j2", {"readings": ledger.ledger(readings)})


def test_each_reading_stands_with_what_it_scored_and_how_the_test_set_changed():
    written = section(reading(1), reading(1, "9 rows in place of 8"))
    known = f"0.880 (balanced accuracy) | `{'d' * 12}` | `{'e' * 12}` | `{'c' * 12}`"
    assert f"| 1 | adapted | {known} |\n" in written
    assert f"| 1 | adapted | {known}, 9 rows in place of 8 |" in written


def test_of_many_readings_the_last_are_shown():
    written = section(*(reading(number) for number in range(1, 100)))
    assert "| 99 | adapted |" in written and "| 50 | adapted |" not in written


def test_without_a_reading_that_is_said():
    assert "No reading of the test split is on record." in section()
