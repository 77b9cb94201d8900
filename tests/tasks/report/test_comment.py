"""A pull request's comment stays within what GitHub takes, whatever the number of classes."""

import pytest

from tasks.report import git_revision, pull_request

BEFORE = git_revision.Revision("origin/main", "0123456789abcdef")
REPORT = "# Did fine-tuning help? Adapted\n\nYes.\n\n## Later\n\n![Lines](figures/a.svg)\n"


def test_the_first_screen_comes_first_then_what_changed_then_the_figures():
    said = pull_request.body(REPORT, BEFORE, ["### Data\n\nThe same."], None)
    places = [said.index(part) for part in ("# Did", "Yes.", "`origin/main` (`0123456789`)", "### Data", "a.svg")]
    assert places == sorted(places)
    assert "## Later" not in said


@pytest.mark.parametrize("long", [59_990, 70_000])
def test_what_does_not_fit_is_said_and_the_rest_stands(long):
    said = pull_request.body(REPORT, BEFORE, ["x" * long, "### Data\n\nThe same."], None)
    assert len(said) < pull_request.LIMIT
    assert "A part that is too long for a comment is left out here." in said
    assert "The same." in said
