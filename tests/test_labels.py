"""Labels that look like markup arrive as plain text, from the raw files to report and comment."""

import subprocess
from html.parser import HTMLParser
from pathlib import Path
from xml.etree import ElementTree

import pandas as pd
import pytest
from markdown_it import MarkdownIt

from core import markdown
from tasks import augmentation, baseline, evaluation, finetuning, report, tokenization, validation

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
    "img",
    "a",
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
        self.targets += [value or "" for name, value in attrs if name in ("href", "src")]
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


@pytest.fixture
def reported(tiny_params) -> None:
    """A project of odd labels after all its stages, in a git repository that knew other labels."""
    tiny_params({"validation.minimum_rows": {"train": 2, "validation": 1, "test": 1}, "finetuning.seeds": [1]})
    Path("data/raw").mkdir(parents=True)
    Path("data/lexicon.csv").write_bytes((Path(__file__).parents[1] / "data/lexicon.csv").read_bytes())
    for split, count in {"train": 18, "validation": 6, "test": 12}.items():
        rows = [
            {"text": f"{WORDS[number % 6]} {split[:2]} {number}", "label": LABELS[number % 6]}
            for number in range(count)
        ]
        pd.DataFrame(rows).to_csv(f"data/raw/{split}.csv", index=False)
    for command in (["init", "--quiet"], ["add", "params.yaml"]):
        subprocess.run(["git", *command], check=True)
    subprocess.run(["git", "-c", "user.name=t", "-c", "user.email=t@example.org", "commit", "-qm", "all"], check=True)
    tiny_params({"validation.labels": LABELS, "finetuning.seeds": [1]})
    for stage in (validation, augmentation, tokenization, baseline):
        stage.main()
    finetuning.main("1")
    evaluation.main()
    report.main()


def check(page: Page) -> None:
    assert page.tags <= TAGS
    assert all(target.startswith(("reports/", "figures/")) for target in page.targets)
    assert not any(part in page.prose for part in ("@everyone", "http://x", "src=x", "script", "$x$"))


def test_odd_labels_arrive_as_plain_text_in_the_report_the_figures_and_the_comment(reported, capsys):
    page = Page(Path("reports/report.md").read_text(encoding="utf-8"))
    check(page)
    assert set(LABELS) <= set(page.code)
    for figure in Path("reports/figures").iterdir():
        tags = {element.tag.rpartition("}")[2] for element in ElementTree.parse(figure).iter()}
        assert not tags & {"img", "script", "a"}
    capsys.readouterr()
    report.main("--against", "HEAD")
    comment = Page(capsys.readouterr().out)
    check(comment)
    assert any("@everyone" in each and "<img src=x>" in each for each in comment.code)  # validation.labels changed
    report.main("--verify")


@pytest.mark.parametrize("text", ["**a** <b> @me [x](http://y)\nz", "# no heading", "a|b ~~c~~ `d`", "<!-- e -->"])
def test_prose_of_the_data_is_read_as_it_was_written(text):
    page = Page(markdown.plain(text))
    assert page.tags == {"p"}
    assert page.prose.replace("\u200b", "").strip() == " ".join(text.split())
