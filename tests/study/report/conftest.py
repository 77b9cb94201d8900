"""The project of tests/study/cells: rows tokenized, and the parameters of a small study."""

from tests.study.cells.conftest import tokenized as tokenized
