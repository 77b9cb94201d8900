"""The first paragraph of data/raw/README.md is what the report says of the data."""

import pytest

from tasks.validation.raw_files import description


@pytest.mark.parametrize("readme", [None, "# Title\n\n## More\n"])
def test_without_a_paragraph_there_is_no_description(tmp_path, readme):
    if readme:
        (tmp_path / "README.md").write_text(readme, encoding="utf-8")
    assert description(tmp_path / "README.md") is None


def test_the_description_is_the_first_paragraph_below_metadata_and_headings(tmp_path):
    path = tmp_path / "README.md"
    path.write_text("---\nlicense: mit\n---\n# Title\nNotes of\ntwo wards.\n\nMore.\n", encoding="utf-8")
    assert description(path) == "Notes of two wards."
