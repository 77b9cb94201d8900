"""Test sets of which all is known, drawn at random: for simulations of what intervals and verdicts say."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

from core.decision.decision import Decision
from core.decision.scoring import Labels, Table
from core.scores.clusters import Groups


class TestSet(NamedTuple):
    """A test set: what models say of its rows, and which rows share a group."""

    labels: Labels
    models: list[Table]
    groups: Groups
    second: Groups | None = None  # what rows share beside their group


@dataclass(frozen=True)
class Design:
    """How test sets are drawn: groups of `size` rows, and models of a skill; both find the same rows and groups hard.

    A logit is the skill, for the label's class, plus noise of variance 1, of which models share 70%. `group` is the
    standard deviation of what the rows of a group have in common, half of it shared by the models; second groups, over
    which rows are strewn, have as much.
    """

    name: str
    groups: int
    size: int = 1
    shares: tuple[float, ...] = (0.6, 0.4)
    before: float = 1.2
    after: float = 1.7
    group: float = 0.0
    second: int = 0  # groups of a second kind
    prefers_first: float = 0.0  # how much the logit of the first class is above the others'

    @property
    def decision(self) -> Decision:
        ids = np.arange(len(self.shares))
        return Decision("balanced_accuracy", len(ids), costs=np.abs(ids[:, None] - ids).astype(float), ordinal=True)

    def draw(self, generator: np.random.Generator, skills: Sequence[float] = ()) -> TestSet:
        """Return a test set with models of these skills; without them, with one before and one after fine-tuning."""
        classes, groups = len(self.shares), np.repeat(np.arange(self.groups), self.size)
        labels = generator.choice(classes, len(groups), p=self.shares)
        of_rows = generator.normal(0, 1, (len(groups), classes))
        second = generator.integers(self.second, size=len(groups)) if self.second else groups
        members = {self.groups: groups, self.second: second} if self.second else {self.groups: groups}
        common = [generator.normal(0, 1, count) for count in members]

        def model(skill: float) -> Table:
            noise = np.sqrt(0.7) * of_rows + np.sqrt(0.3) * generator.normal(0, 1, of_rows.shape)
            margin = np.full(len(groups), skill)
            for of_group, (count, member) in zip(common, members.items(), strict=True):
                margin += self.group * np.sqrt(0.5) * (of_group + generator.normal(0, 1, count))[member]
            logits = noise + margin[:, None] * np.eye(classes)[labels]
            logits[:, 0] += self.prefers_first
            odds = np.exp(1.2 * (logits - logits.max(1, keepdims=True)))
            return np.asarray(odds / odds.sum(1, keepdims=True))

        models = [model(skill) for skill in skills or (self.before, self.after)]
        shared = second.astype(np.str_) if self.second else None
        return TestSet(labels, models, groups.astype(np.str_), shared)


RARE = (0.97, 0.03)
DESIGNS = (
    Design("600 x 1", 600),
    Design("300 x 2", 300, 2, group=0.6),
    Design("20 x 30", 20, 30, group=0.5),
    Design("30 x 20, correlation 0.3", 30, 20, group=1.35),
    Design("120 x 10, and 60 across", 120, 10, group=0.8, second=60),
    Design("600 rows, 3% positives", 600, shares=RARE, before=1.1, after=1.61, prefers_first=0.47),
    Design("2,000 rows, 3% positives", 2000, shares=RARE, before=1.1, after=1.61, prefers_first=0.47),
    Design("1,000 rows, 10 classes, three of 1%", 1000, shares=(*[0.97 / 7] * 7, *[0.01] * 3), before=1.7, after=2.3),
    Design("770 rows, 77 classes", 770, shares=(1 / 77,) * 77, before=3.0, after=3.5),
)


def one_in_ten_loses(groups: int, generator: np.random.Generator) -> TestSet:
    """Return groups of 20 rows, of which one in ten loses 9 of its 10 hits and each other gains one: 0 on average."""
    hits = np.zeros((2, groups, 20), dtype=bool)
    for number, loses in enumerate(generator.random(groups) < 0.1):
        order = generator.permutation(20)
        hits[0, number, order[:10]], hits[1, number, order[: 1 if loses else 11]] = True, True
    labels = np.arange(20 * groups) % 2
    before, after = (np.eye(2)[np.where(side.ravel(), labels, 1 - labels)] for side in hits)
    return TestSet(labels, [before, after], np.repeat(np.arange(groups), 20).astype(np.str_))
