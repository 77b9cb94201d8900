"""What a module's code is made of."""

import hashlib
from pathlib import Path

import pytest

from study.cells import sources


@pytest.fixture
def root(tmp_path, monkeypatch) -> Path:
    monkeypatch.setattr(sources, "ROOT", tmp_path)
    sources.sources.cache_clear()
    sources.imported.cache_clear()
    yield tmp_path
    sources.sources.cache_clear()
    sources.imported.cache_clear()


def write(root: Path, **files: str) -> None:
    for name, text in files.items():
        path = root / (name.replace("__", "/") + ".py")
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")


def test_imports_are_read_however_they_are_written(root):
    write(
        root,
        tasks__report__sections__one="import core.data.texts\nfrom core.base import paths\n"
        "from . import two\nfrom ..figures import draw",
    )
    assert sources.imported(root / "tasks/report/sections/one.py") == {
        *("core.data.texts", "core.base", "core.base.paths"),
        *("tasks.report.sections", "tasks.report.sections.two", "tasks.report.figures", "tasks.report.figures.draw"),
    }


def test_a_file_is_followed_to_all_that_it_imports_of_the_project_and_its_packages(root):
    write(root, a__one="from b import two\nimport numpy", b__two="def f():\n    import c", c="", d="")
    (root / "b/__init__.py").write_text("", encoding="utf-8")
    assert list(sources.sources("a.one")) == ["a/one.py", "b/__init__.py", "b/two.py", "c.py"]


def test_what_is_returned_is_what_the_files_hold(root):
    write(root, one="x = 1\n")
    assert sources.sources("one") == {"one.py": hashlib.sha256(b"x = 1\n").hexdigest()}


def test_files_that_import_each_other_are_named_once(root):
    write(root, one="import two", two="import one")
    assert list(sources.sources("one")) == ["one.py", "two.py"]
