"""A run with other parameters: beside the workspace, and easily brought over."""

import re
import shutil
import subprocess

import pytest

from core.base.errors import UserError
from flows import reproduce as reproduce_flow
from flows import trial_run
from flows.dvc_project import Stage
from flows.stage_meta import Meta
from tests.flows.conftest import ROOT

CHECKED = "  one: {cmd: cat params.yaml > one.txt, params: [seed], outs: [one.txt], meta: {check: sh check.sh}}\n"


def bring_over(run):
    """Type what a run's message says, in a folder that has nothing to do with it."""
    subprocess.run(re.search("`(.*)` brings it over", run.message)[1], shell=True, cwd="/", check=True)


def test_overrides_leave_the_workspace_alone_and_say_how_to_bring_the_result_over(computed, reproduce):
    before = computed.run("git", "status", "--porcelain")
    run = reproduce(overrides=["seed.first=7"])
    assert run.state.is_completed(), run.message
    assert run.messages["start-up"].endswith("s: seed.first 1 -> 7")
    assert run.names["many@c"] == "Cached"  # the seed has the same bytes as before
    assert computed.run("git", "status", "--porcelain") == before
    assert computed.run("git", "worktree", "list").count("\n") == 1
    bring_over(run)
    assert (computed.folder / "params.yaml").read_text() == (
        "seed: # of all\n  first: 7 # comments stay\n  second: 1.0e-3\n"
    )
    assert computed.is_settled()


SEEDS = """  each:
    matrix: {seed: "${seed.all}"}
    cmd: mkdir -p models/${item.seed} && echo > models/${item.seed}/x && echo > log-${item.seed}
    outs:
    - models/${item.seed}
    - log-${item.seed}: {cache: false}
  last:
    cmd: ls models > found.txt; sh drop.sh
    deps: [models]
    params: [seed.all]
    outs: [found.txt]
"""
DROP = """rm -r models/1 log-1
awk '/^  [a-z]/ {skip = /each@1/} !skip' dvc.lock > kept && mv kept dvc.lock
"""


def test_what_a_run_with_overrides_has_dropped_is_not_there_once_its_result_is_brought_over(stages, reproduce):
    # cases 1 and 38
    project = stages(SEEDS)
    project.write("params.yaml", "seed: {all: [1, 2]}\n")
    project.write("drop.sh", "")
    project.run("dvc", "repro")
    project.write("drop.sh", DROP)
    project.commit()
    run = reproduce(overrides=["seed.all=[2]"])
    assert run.state.is_completed(), run.message
    assert (project.folder / "models/1").is_dir()
    bring_over(run)
    assert sorted(path.name for path in project.folder.glob("models/[0-9]")) == ["2"]
    assert sorted(path.name for path in project.folder.glob("log-*")) == ["log-2"]
    assert project.is_settled()


@pytest.mark.parametrize("is_repository", [False, True])
def test_what_was_edited_since_the_run_began_stays_when_its_result_is_brought_over(computed, reproduce, is_repository):
    if is_repository:  # `dvc init --subdir`
        (computed.top / "raw.txt.dvc").unlink()
        shutil.move(computed.top / ".dvc", computed.folder)
        (computed.folder / ".dvc/tmp/btime").unlink(missing_ok=True)
        computed.run("dvc", "repro")
        computed.commit()
    run = reproduce(overrides=["seed.first=7"], targets=["start-up"])
    assert run.state.is_completed(), run.message
    computed.write("each.sh", "an hour of work\n")
    bring_over(run)
    assert (computed.folder / "each.sh").read_text() == "an hour of work\n"
    assert "first: 7" in (computed.folder / "params.yaml").read_text()
    assert "start-up" not in computed.run("dvc", "status", "--json")


def test_examples_of_an_override_are_of_parameters_that_are_there(computed):  # case 27
    with pytest.raises(UserError) as refused:
        trial_run.apply(computed.folder, ["seed.first"])
    example = re.search(r"such as (\S+)$", str(refused.value))[1]
    assert example == "seed.first=1"
    trial_run.apply(computed.folder, [example])
    example = re.search(r"such as (\S+=\S+?)\.\s", reproduce_flow.reproduce.__doc__)[1]
    computed.write("params.yaml", (ROOT / "params.yaml").read_text(encoding="utf-8"))
    trial_run.apply(computed.folder, [example])


def test_overrides_that_change_nothing_leave_no_branch(computed, reproduce):
    run = reproduce(overrides=["seed.first=1"])
    assert run.message.endswith("its result is what is in the workspace: nothing to bring over")
    assert computed.run("git", "branch", "--list", "reproduce/*") == ""


def test_what_is_not_committed_yet_is_part_of_the_run(computed, reproduce):
    computed.write("each.sh", "echo changed\n")
    run = reproduce(overrides=["seed.second=1e-5"])
    assert run.ran == ["join", "many@a-b", "many@c"]
    shown = computed.run("git", "show", f"{re.search('branch (reproduce/[^ :]+)', run.message)[1]}:./params.yaml")
    assert "second: 1e-05" in shown


def test_overrides_that_the_projects_own_check_refuses_end_the_run_before_anything_runs(stages, reproduce):
    project = stages(CHECKED)
    project.write(
        "check.sh", "grep -q 'first: -' params.yaml && echo 'seed.first must not be negative' >&2 && exit 1\nexit 0\n"
    )
    project.commit()
    run = reproduce(overrides=["seed.first=-1"])
    assert "seed.first must not be negative" in run.message
    assert run.names == {}
    assert project.run("git", "branch", "--list", "reproduce/*") == ""
    assert project.run("git", "worktree", "list").count("\n") == 1
    assert reproduce(overrides=["seed.first=3"]).ran == ["one"]


def test_parameters_that_the_projects_own_check_refuses_end_a_run_without_overrides_too(stages, reproduce):
    project = stages(CHECKED)
    project.write("check.sh", "echo seed.first must not be negative >&2; exit 1\n")
    run = reproduce()
    assert "seed.first must not be negative" in run.message
    assert run.names == {}


def test_every_bad_override_is_named_at_once(foreign, reproduce):
    said = reproduce(overrides=["seed.frist=1", "seed", "x=[1"]).message
    assert said.count("override '") == 3


def test_overrides_need_a_file_of_parameters(foreign, reproduce):
    (foreign.folder / "params.yaml").unlink()
    foreign.commit()
    assert "overrides need params.yaml" in reproduce(overrides=["a=1"]).message


def test_a_check_that_is_no_command_is_named(foreign):
    with pytest.raises(UserError, match="check in the meta: .*no closing quotation"):
        trial_run.check(foreign.folder, {"one": Stage("one", meta=Meta(check="python -c 'x"))})
