"""Labels that look like markup arrive as plain text, from the raw files to report and comment."""

import subprocess
from collections.abc import Callable
from html.parser import HTMLParser
from importlib import import_module
from pathlib import Path
from xml.etree import ElementTree

import pandas as pd
import pytest
import yaml
from markdown_it import MarkdownIt

from core.reporting import markdown
from tasks.report import __main__ as report
from tests.conftest import write_companions

pytestmark = pytest.mark.no_cover  # whole runs, which being traced would double; other tests cover each part
ROOT = Path(__file__).parents[1]
LABELS = ["a|b", "<img src=x>", "](http://x)", "@everyone", "--><script>", "$x$ `y`"]
WORDS = ["rash", "melena", "pain", "cough", "leg", "chest"]
TAGS = {
    "h1",
    "h2",
    "h3",
    "p",
    "strong",
    "em",
    "code",
    "pre",
    "ul",
    "li",
    "blockquote",
    "details",
    "summary",
    "picture",
    "source",
    "img",
    "a",
    "b",
}
TAGS |= {"table", "thead", "tbody", "tr", "th", "td"}


class Page(HTMLParser):
    """What a reader sees: the text in code, the text outside of it, and where links and images lead."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.inside = 0
        self.code: list[str] = []
        self.prose = ""
        self.targets: list[str] = []
        self.tags: set[str] = set()
        self.feed(MarkdownIt("commonmark").enable("table").render(text))

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.add(tag)
        self.targets += [value or "" for name, value in attrs if name in ("href", "src", "srcset")]
        if tag == "code":
            self.inside += 1
            self.code.append("")

    def handle_endtag(self, tag: str) -> None:
        self.inside -= tag == "code"

    def handle_data(self, data: str) -> None:
        if self.inside:
            self.code[-1] += data
        else:
            self.prose += data


def write_raw_files(labels: list[str]) -> None:
    Path("data/raw").mkdir(parents=True)
    for split, each in {"train": 3, "validation": 1, "test": 2}.items():
        rows = [
            {"text": f"{WORDS[number % len(WORDS)]} {split[:2]} {number}", "label": labels[number % len(labels)]}
            for number in range(each * len(labels))
        ]
        pd.DataFrame(rows).to_csv(f"data/raw/{split}.csv", index=False)


@pytest.fixture
def run_stages(tiny_params) -> Callable[[list[str], str | None], None]:
    """Run every stage on rows of such labels, in a git repository that knew no labels."""

    def run(labels: list[str], positive: str | None) -> None:
        write_raw_files(labels)
        write_companions()
        tiny_params({"finetuning.seeds": [1]})
        for command in (["init", "-q"], ["add", "params.yaml"], ["commit", "-qm", "all"]):
            subprocess.run(["git", "-c", "user.name=t", "-c", "user.email=t@example.org", *command], check=True)
        tiny_params({"finetuning.seeds": [1], "validation.labels": labels, "evaluation.positive": positive})
        for name, stage in yaml.safe_load((ROOT / "dvc.yaml").read_text(encoding="utf-8"))["stages"].items():
            import_module(f"tasks.{name}.__main__").main(*(["1"] if "matrix" in stage else []))

    return run


def check(page: Page) -> None:
    assert page.tags <= TAGS
    assert [each for each in page.targets if not each.startswith(("reports/", "figures/", "../docs/"))] == []
    assert [part for part in ("@everyone", "http://x", "src=x", "<script", "$x$") if part in page.prose] == []


def comment(capsys) -> str:
    capsys.readouterr()
    report.main("--against", "HEAD")
    return capsys.readouterr().out


def test_odd_labels_arrive_as_plain_text_in_the_report_the_figures_the_card_and_the_comment(run_stages, capsys):
    run_stages(LABELS, LABELS[0])
    page = Page(Path("reports/report.md").read_text(encoding="utf-8"))
    check(page)
    assert set(LABELS) <= set(page.code)
    for figure in Path("reports/figures").iterdir():
        tags = {element.tag.rpartition("}")[2] for element in ElementTree.parse(figure).iter()}
        assert not tags & {"img", "script", "a"}
    card = Path("models/finetuned/README.md").read_text(encoding="utf-8").split("\n---\n", 1)[1]
    check(Page(card))
    shown = Page(comment(capsys))
    check(shown)
    assert any("@everyone" in each and "<img src=x>" in each for each in shown.code)  # validation.labels changed
    report.main("--verify")


def test_77_classes_stay_within_what_github_shows(run_stages, capsys):
    run_stages([f"a rather long name of a class, number {number}" for number in range(77)], None)
    assert len(Path("reports/report.md").read_text(encoding="utf-8")) < 60_000
    assert len(comment(capsys)) < 60_000


@pytest.mark.parametrize("text", ["**a** <b> @me [x](http://y)\nz", "# no heading", "a|b ~~c~~ `d`", "<!-- e -->"])
def test_prose_of_the_data_is_read_as_it_was_written(text):
    page = Page(markdown.plain(text))
    assert page.tags == {"p"}
    assert page.prose.replace("\u200b", "").strip() == " ".join(text.split())
