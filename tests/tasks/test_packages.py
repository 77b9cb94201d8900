"""`python -m tasks.packages` has packages.yaml say what is installed."""

from importlib.metadata import version
from pathlib import Path

import pytest

from core.base.errors import UserError
from tasks import packages


def test_what_changed_is_printed(capsys):
    Path("packages.yaml").write_text('numpy: "1.0"\n')
    packages.main()
    said = capsys.readouterr().out
    assert said.startswith(f"numpy 1.0 -> {version('numpy')}\n") and "`dvc status`" in said
    packages.main()
    assert capsys.readouterr().out == "packages.yaml has what is installed\n"


def test_a_project_without_the_file_is_told_where_it_is():
    with pytest.raises(UserError, match="`git checkout packages.yaml`"):
        packages.main()
