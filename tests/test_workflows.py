"""The workflows give untrusted code no secret and no right to write, and their scripts do what they say."""

import json
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import yaml

FOLDER = Path(__file__).parents[1] / ".github/workflows"
FILES = sorted(FOLDER.glob("*.yml"))
NEEDS_JQ = pytest.mark.skipif(not shutil.which("jq"), reason="GitHub's machines have jq")


def read(file: Path) -> dict[Any, Any]:
    return yaml.safe_load(file.read_text(encoding="utf-8"))


def events(workflow: dict[Any, Any]) -> list[str]:
    return [workflow[True]] if isinstance(workflow[True], str) else list(workflow[True])  # YAML 1.1 reads `on` as true


def steps(workflow: dict[Any, Any]) -> list[dict[str, Any]]:
    return [step for job in workflow["jobs"].values() for step in job["steps"]]


def script(file: str, name: str) -> str:
    return next(step["run"] for step in steps(read(FOLDER / file)) if step.get("name") == name)


@pytest.mark.parametrize("file", FILES, ids=lambda file: file.stem)
def test_every_action_is_pinned_by_its_commit(file):
    used = [step["uses"] for step in steps(read(file)) if "uses" in step]
    assert all(re.fullmatch(r"actions/[a-z-]+@[0-9a-f]{40}", each) for each in used)


@pytest.mark.parametrize("file", FILES, ids=lambda file: file.stem)
def test_permissions_are_declared_and_code_of_a_pull_request_may_write_nothing(file):
    workflow = read(file)
    granted = [workflow["permissions"], *(job.get("permissions", {}) for job in workflow["jobs"].values())]
    writes = any(right == "write" for each in granted for right in each.values())
    checks_out = any("actions/checkout" in step.get("uses", "") for step in steps(workflow))
    assert "pull_request_target" not in events(workflow)
    assert not (writes and checks_out)
    assert not (checks_out and "secrets." in file.read_text(encoding="utf-8"))


@pytest.mark.parametrize("file", FILES, ids=lambda file: file.stem)
def test_nothing_that_others_write_is_pasted_into_a_script(file):
    assert [step["run"] for step in steps(read(file)) if "${{" in step.get("run", "")] == []


@pytest.mark.parametrize("file", FILES, ids=lambda file: file.stem)
def test_checkouts_leave_no_token_behind(file):
    checkouts = [step for step in steps(read(file)) if "actions/checkout" in step.get("uses", "")]
    assert all(step["with"]["persist-credentials"] is False for step in checkouts)


def bash(text: str, folder: Path, **variables: str) -> "subprocess.CompletedProcess[str]":
    """Run a step as GitHub does."""
    path = {"PATH": f"{variables.pop('PATH', '')}{os.pathsep}{os.environ['PATH']}"}
    command = ["bash", "--noprofile", "--norc", "-eo", "pipefail", "-c", text]
    return subprocess.run(command, cwd=folder, env=os.environ | path | variables, capture_output=True, text=True)


def test_reports_are_fresh_without_the_data_unless_they_or_what_they_follow_from_differ_from_dvc_lock(project):
    copy = project.folder
    for name in ("data/validated", "data/tokenized", "data/predictions", "models", ".dvc/cache"):
        shutil.rmtree(copy / name)
    project.run("git", "checkout", "--", "data", "models")
    check = script("report.yml", "Are the committed reports those that dvc.lock records?")
    environment = str(Path(sys.executable).parent)
    assert bash(check, copy, PATH=environment).returncode == 0
    for name, before, after in (("params.yaml", "epochs: 2", "epochs: 3"), ("reports/report.md", "tf-idf", "tf-id")):
        fresh = (copy / name).read_text(encoding="utf-8")
        (copy / name).write_text(fresh.replace(before, after, 1), encoding="utf-8")
        done = bash(check, copy, PATH=environment)
        assert done.returncode == 1, name
        assert f"{name if name.startswith('reports') else 'finetuning.epochs'} of " in done.stderr
        assert "::error::" in done.stdout
        (copy / name).write_text(fresh, encoding="utf-8")
    project.run("git", "rm", "--quiet", "data/lexicon.csv")
    gone = bash(check, copy, PATH=environment)
    assert gone.returncode == 1 and "data/lexicon.csv of augmentation" in gone.stderr


PULLS = [{"number": 7, "head": {"sha": "abc"}}, {"number": 8, "head": {"sha": "other"}}]
GH = """#!/bin/sh
case "$*" in
  *pulls*) echo '{pulls}';;
  *--paginate*) echo '{comments}';;
  *) echo "$@" > posted; cat body.json > body;;
esac
"""


@NEEDS_JQ
@pytest.mark.parametrize(
    ("sha", "login", "posted"),
    [
        ("abc", "somebody", "api --method POST repos/o/r/issues/7/comments"),
        ("abc", "github-actions[bot]", "api --method PATCH repos/o/r/issues/comments/5"),
        ("gone", "somebody", None),
    ],
)
def test_one_comment_is_posted_or_replaced_as_data(tmp_path, sha, login, posted):
    text = script("comment.yml", "Post it, or replace the one that is there")
    marker = re.search(r'marker="(.*)"', text)[1]
    comments = [{"id": 4, "user": {"login": login}, "body": "x"}, {"id": 5, "user": {"login": login}, "body": marker}]
    gh = GH.format(pulls=json.dumps(PULLS), comments=json.dumps(comments))
    (tmp_path / "gh").write_text(gh)
    (tmp_path / "gh").chmod(0o755)
    (tmp_path / "text").mkdir()
    (tmp_path / "text/comment.md").write_text("# $(touch hacked) `touch hacked` @everyone \"' \n" + "x" * 70_000)
    variables = {
        "GITHUB_REPOSITORY": "o/r",
        "OWNER": "o",
        "BRANCH": "$(touch hacked)",
        "SHA": sha,
        "PATH": str(tmp_path),
    }
    done = bash(text, tmp_path, **variables)
    assert done.returncode == 0, done.stderr
    assert not (tmp_path / "hacked").exists()
    if posted is None:
        assert not (tmp_path / "posted").exists()
        return
    assert (tmp_path / "posted").read_text().startswith(posted)
    body = json.loads((tmp_path / "body").read_text())["body"]
    assert body.startswith(f"{marker}\n# $(touch hacked) `touch hacked` @\u200beveryone \"'")
    assert len(body) < 65_536
