"""A project is called the same in each of its clones, and unlike others of the same server."""

import shutil

import pytest

from flows.project_name import project_name


@pytest.mark.parametrize(
    ("origin", "repository"),
    [
        ("git@github.com:owner/project.git", "owner/project"),
        ("https://github.com/owner/project/", "owner/project"),
        ("ssh://git@example.org:22/group/owner/project.git", "owner/project"),
        ("https://user:pass@word@example.org/project.git", "example.org/project"),
        ("https://user:pass/word@example.org/project.git", "example.org/project"),
        ("host:project", "host/project"),
        ("/srv/git/project.git", "git/project"),
    ],
)
def test_a_project_is_called_after_its_remote_and_its_folder_without_a_password(foreign, origin, repository):
    foreign.run("git", "remote", "add", "origin", origin)
    assert project_name(foreign.folder) == f"{repository}/a folder"
    assert project_name(foreign.top) == repository


def test_without_a_remote_a_project_and_its_worktrees_are_called_after_its_folder(foreign, tmp_path):
    foreign.run("git", "worktree", "add", "--quiet", str(tmp_path / "tree"))
    assert project_name(foreign.folder) == project_name(tmp_path / "tree/a folder") == "copy/a folder"
    shutil.rmtree(foreign.top / ".git")
    assert project_name(foreign.folder) == "a folder"
