"""report.md stands on its own, holds no text of the data, and has the same bytes for the same inputs."""

import re
from functools import partial
from pathlib import Path

import pandas as pd
import pytest
from markdown_it import MarkdownIt

from core.base import paths, results
from core.base.files import read_json, sha256
from core.data import tokenized_rows
from core.data.validation_counts import Expectation
from core.scores import learning_curve, readings
from core.scores.learning_curve import training_rows
from core.scores.readings import Outcome
from tasks.baseline import __main__ as baseline
from tasks.evaluation import __main__ as evaluation
from tasks.finetuning import __main__ as finetuning
from tasks.forgetting import __main__ as forgetting
from tasks.leakage import __main__ as leakage
from tasks.report import __main__ as report
from tasks.report.document import TEMPLATES
from tasks.report.figures import FIGURES
from tasks.tokenization import __main__ as tokenization
from tests import counts
from tests.conftest import COUNTS
from tests.results import studied

VALIDATION = counts.validated(
    COUNTS, quarantined={"empty text": 0, "duplicate": 3}, description="Notes of **nobody**, made for a test."
).model_copy(
    update={
        "expectations": [
            Expectation(expectation="labels are known", severity="critical", passed=True, failing=0, row_ids=[]),
            Expectation(expectation="no text occurs twice", severity="warning", passed=False, failing=3, row_ids=[]),
        ]
    }
)


@pytest.fixture
def evaluated(validated, once) -> None:
    results.write(paths.VALIDATION_COUNTS, VALIDATION)
    seeds = [partial(finetuning.main, seed) for seed in ("1", "2")]
    once(tokenization.main, baseline.main, leakage.main, *seeds, evaluation.main, forgetting.main)


def text() -> str:
    return Path("reports/report.md").read_text(encoding="utf-8")


def first_screen() -> str:
    return text().split("\n## ")[0]


def test_the_first_screen_answers_in_at_most_200_words_and_one_figure(evaluated):
    report.main()
    screen = first_screen()
    assert screen.startswith("# Did fine-tuning help? Too few groups\n\n**Too few groups: ")  # of a handful of rows
    words = [word for word in re.sub(r"<picture>.*</picture>", "", screen).split() if re.search(r"\w", word)]
    assert len(words) <= 200
    assert screen.count("<picture>") == 1 and "models.svg" in screen
    assert "points of balanced accuracy (95% CI " in screen
    assert "Of 1,000 rows like these" in screen and "are missed" in screen
    assert "Reading 1 of this test split" in screen


def test_sealed_the_report_is_of_validation_and_says_so_in_its_title(evaluated, tiny_params):
    tiny_params({"evaluation.test": "sealed"})
    evaluation.main()
    report.main()
    assert text().splitlines()[0].endswith(", on validation: the test split is sealed")
    assert "Validation scores only, the test split is sealed" in first_screen()
    assert "| label | predicted | validation rows |" in text()
    assert "`data/validated/test.parquet`" not in text()


def test_the_report_leads_to_the_study_where_one_was_made_on_these_training_rows(evaluated):
    report.main()
    assert "takes was not measured: `make study`" in text()
    alone, own = text(), training_rows(tokenized_rows.read("train"))
    learning_curve.FOLDER.mkdir()
    for other in ({}, {"training": own.model_dump(), "primary": "accuracy"}):
        results.write(learning_curve.ANSWER, studied(other))
        report.main()
        assert "[study.md](study.md) was made on other training rows or by another metric" in text()
    results.write(learning_curve.ANSWER, studied({"training": own.model_dump()}))
    report.main()
    assert "[study.md](study.md). About 340 more labelled rows would bring" in text()
    learning_curve.ANSWER.unlink()
    report.main()
    assert text() == alone


def test_readings_of_this_test_split_by_the_study_are_told(evaluated):
    test = readings.read()[-1].test
    learning_curve.FOLDER.mkdir()
    for cells in ("few", "more"):
        found = Outcome("study", "balanced_accuracy", "fine-tuning", {})
        for each in (test, test.model_copy(update={"labels": "other"})):
            readings.enter(each, cells, found, learning_curve.READINGS)
    report.main()
    assert "used them. The [study](study.md) has read it 2 times." in first_screen()


def test_readings_of_this_test_split_by_comparisons_are_told(evaluated):
    test = readings.read()[-1].test
    found = Outcome("no worse", "balanced_accuracy", "b.csv", {})
    for each in (test, test.model_copy(update={"labels": "other"})):
        readings.enter(each, "two", found, paths.COMPARISONS)
    report.main()
    assert "used them. Comparisons have read it once besides." in first_screen()


def folded() -> dict[str, str]:
    """Return the folded sections, by their summaries."""
    return dict(re.findall(r"<details><summary><b>(.*?)</b></summary>\n\n(.*?)\n\n</details>", text(), re.DOTALL))


def test_the_sections_stand_in_their_order_with_what_they_count(evaluated):
    report.main()
    assert re.findall("^## (.*)$", text(), re.MULTILINE) == ["Diagnosis", "Confusions", "Details"]
    sections = folded()
    templates = set(re.findall(r"sections/(\w+).md.j2", (TEMPLATES / "report.md.j2").read_text()))
    assert templates == {path.name.removesuffix(".md.j2") for path in (TEMPLATES / "sections").iterdir()}
    assert len(sections) == text().count("<details>") == len(templates) - 2  # first screen and confusions
    assert "| duplicate | 3 | 2 |" in sections["Data"]
    assert "Notes of \\*\\*nobody\\*\\*, made for a test." in sections["Data"]
    assert "empty text" not in sections["Data"]
    assert "**3 fail**" in sections["Data"]
    assert "| `typo` | 1 |" in sections["Augmentation"]
    assert "| train | 13 |" in sections["Tokenization"]
    assert "| rows times epochs | 26 | 52 |" in sections["Cost"]
    assert "| optimizer steps | 8 | 16 |" in sections["Cost"]
    assert "learning_rate: 0.001" in sections["Parameters"]
    assert f"`{sha256(Path('models/pretrained/encoder/model.safetensors'))[:12]}`" in sections["Model"]


def test_folded_sections_hold_tables_as_github_reads_them(evaluated):
    report.main()
    page = MarkdownIt("commonmark").enable("table").render(text())
    assert page.count("<table>") == len(re.findall(r"^\|[ :|]*-[ :|-]*\|$", text(), re.MULTILINE))
    assert page.count("<details>") == page.count("</details>") == len(folded())
    assert "<p>|" not in page and "{{" not in page and "{%" not in page


def test_figures_are_written_where_the_report_points(evaluated):
    report.main()
    written = {path.name for path in paths.FIGURES.iterdir()}
    assert {entry.name for entry in FIGURES} >= {"models", "confusion", "reliability", "selection", "training"}
    assert set(re.findall(r'"figures/(.*?)"', text())) == written
    assert written == {f"{entry.name}{ending}.svg" for entry in FIGURES for ending in ("", "-dark")}
    assert all((paths.FIGURES / name).read_text(encoding="utf-8").startswith("<?xml") for name in written)


def test_the_same_inputs_give_the_same_bytes(evaluated):
    hashes = []
    for _ in range(2):
        report.main()
        files = [Path("reports/report.md"), *sorted(Path("reports/figures").iterdir())]
        hashes.append([sha256(path) for path in files])
    assert hashes[0] == hashes[1]


def test_no_text_of_the_data_stands_in_the_report_unless_it_is_asked_for(evaluated, tiny_params):
    rows = pd.read_parquet("data/validated/test.parquet")
    report.main()
    assert not any(row in text() for row in rows["text"])
    tiny_params({"report.show_texts": True})
    report.main()
    wrong = [row_id for row_id in rows["row_id"] if f"| `{row_id}` |" in text()]
    assert all(rows.set_index("row_id")["text"][row_id] in text() for row_id in wrong)
    assert wrong


def test_labels_of_the_data_arrive_as_plain_text(evaluated, tiny_params):
    odd = "a|b <img src=x>"
    written = Path("reports/validation.json").read_text().replace("urgent", odd)
    Path("reports/validation.json").write_text(written)
    for path in ("data/validated/train.parquet", "data/validated/validation.parquet", "data/validated/test.parquet"):
        rows = pd.read_parquet(path)
        rows.assign(label=rows["label"].replace("urgent", odd)).to_parquet(path, index=False)
    tiny_params({"evaluation.positive": odd})
    tokenization.main()
    report.main()
    assert "`a\\|b <img src=x>`" in text()


def test_the_topic_probe_of_the_published_model_is_a_line_of_the_first_screen(evaluated):
    report.main()
    found = read_json(paths.FORGETTING)["seeds"][str(read_json(paths.METRICS)["published_seed"])]
    assert f"\n- **General ability.** Topic probe (everyday topics): {found['verdict']}. " in first_screen()
    assert "no masked-language head" in text()


def test_words_of_the_data_are_shown_only_when_asked_for(evaluated, tiny_params):
    report.main()
    assert "`tr`" not in text()
    tiny_params({"report.show_texts": True})
    report.main()
    assert "| `tr` | `t ##r` | 12 |" in text()


def test_without_synthetic_rows_the_report_says_so(evaluated):
    empty = pd.read_parquet("data/augmented/train.parquet").iloc[:0]
    empty.to_parquet("data/augmented/train.parquet", index=False)
    report.main()
    assert "There are no augmented copies." in text()
