"""The report's sections on what went in."""

from types import SimpleNamespace

import pytest

from core.data.texts import head
from core.data.tokenization_counts import TokenizationCounts
from core.data.validation_counts import RareClass, ValidationCounts
from tasks import params
from tasks.report.document import rendered
from tasks.report.sections import inputs
from tests import counts

USABLE = {"train": 8, "validation": 8, "test": 8}


def data(found: ValidationCounts) -> str:
    known = {"run": SimpleNamespace(validation=found), "rows_by_split": inputs.row_counts(found)}
    return rendered("sections/data.md.j2", known | {"quarantined": inputs.quarantined(found)})


def tokenization(found: TokenizationCounts) -> str:
    return rendered("sections/tokenization.md.j2", {"run": SimpleNamespace(tokenization=found), "head": head})


def test_a_file_that_was_split_here_is_said_so_and_named_with_the_beginning_of_its_hash():
    written = data(counts.validated(USABLE))
    assert "One file was given and is split here" in written
    assert f"| `all.csv` | UTF-8, comma-separated | 24 | `{'0' * 12}` |" in written


def test_of_one_file_all_rows_are_counted_once_whether_they_have_a_split_or_not():  # case 41
    written = data(counts.validated(USABLE, quarantined={"duplicate": 3, "empty text": 1}))
    assert "| `all.csv` |" in written and "| 28 | `0" in written
    assert "| rows read | | | | 28 |\n| rows quarantined | | | | 4 |\n| rows usable | 8 | 8 | 8 | 24 |" in written
    assert "| `urgent` | 4 | 4 | 4 | 12 |" in written


def test_of_three_files_each_column_adds_up():
    found = counts.validated(USABLE).model_copy(update={"split_here": False})
    assert "| rows read | 8 | 8 | 8 | 24 |\n| rows quarantined | 0 | 0 | 0 | 0 |" in data(found)


def test_rows_of_small_classes_that_moved_and_classes_that_are_gone_are_said():
    plain = data(counts.validated(USABLE))
    assert "small classes" not in plain and "Classes with fewer" not in plain
    rare = [RareClass(label=f"rare|{number}", rows=2, merged_into="other") for number in range(22)]
    rare[1] = RareClass(label="lone", rows=1, merged_into=None)
    written = data(counts.validated(USABLE).model_copy(update={"moved": 3, "rare": rare}))
    assert "leave these where they are. 3 of them, of small classes, are where" in written
    assert "\n\n- `rare\\|0`, 2 rows: merged into `other`\n- `lone`, 1 rows: left out\n" in written
    assert "`rare\\|19`" in written and "`rare\\|20`" not in written
    assert "The other 2 of them stand in `reports/validation.json`." in written


def test_the_description_of_the_data_arrives_as_plain_text():
    assert "> Notes of \\*\\*nobody\\*\\*." in data(counts.validated(USABLE, description="Notes of **nobody**."))


def test_of_many_classes_the_first_are_shown_and_the_others_counted():
    written = data(counts.validated(USABLE, [f"class {number}" for number in range(77)]))
    assert "The other 57 classes stand in `reports/validation.json`." in written
    assert "`class 19`" in written
    assert "`class 20`" not in written


def test_data_that_is_used_whole_is_said_so():
    assert "Every row read could be used." in data(counts.validated(USABLE, quarantined={"duplicate": 0}))


@pytest.mark.parametrize(
    ("way", "texts", "said", "last"),
    [
        ("truncate", 1, "Texts are cut to 512 tokens.", "| train | 8 | 30.0 | 512 | 2 (25.0%) |"),
        ("truncate", 2, "cut to 512 tokens, the longer one first", "| train | 8 | 30.0 | 512 | 2 (25.0%) |"),
        ("head_tail", 1, "the first 129 and the last 383 are read", "| train | 8 | 30.0 | 512 | 2 (25.0%) |"),
        ("chunks", 1, "windows of at most 512 tokens", "| train | 8 | 30.0 | 512 | 12 |"),
    ],
)
def test_it_says_what_is_read_of_a_long_text(way, texts, said, last):
    counted = counts.tokenized({"train": 8}, max_length=512, truncated=2, windows=12)
    written = tokenization(counted.model_copy(update={"long": way, "texts": texts}))
    assert said in written
    assert last in written


@pytest.mark.parametrize(("deterministic", "said"), [(True, "again (`finetuning.deterministic`)"), (False, "on a GPU")])
def test_whether_another_run_gives_the_same_models_is_said_beside_all_parameters_as_yaml(
    write_params, deterministic, said
):
    write_params({"finetuning.deterministic": deterministic})
    used = params.load()
    written = rendered("sections/parameters.md.j2", {"params": used, "parameters": inputs.as_yaml(used)})
    assert said in written
    assert "\n  lora: {rank: 16, alpha: 32}\n" in written


@pytest.mark.parametrize(("chance", "said"), [(0.0, False), (0.1, True)])
def test_copies_that_were_asked_for_and_not_made_are_told(write_params, chance, said):  # case 11
    write_params(
        dict.fromkeys((f"augmentation.{name}" for name in ("abbreviation", "dropout", "swap", "typo")), chance)
    )
    written = rendered("sections/augmentation.md.j2", {"params": params.load(), "augmentation": {}})
    assert written.startswith("There are no augmented copies.")
    assert ("augmentation knows English" in written) == said
