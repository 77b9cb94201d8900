"""A run with other parameters: beside the workspace, and easily brought over."""

import re

import pytest

from flows.reproduce import reproduce as flow
from flows.run_lock import LOCK, locked

CHECKED = "  one: {cmd: cat params.yaml > one.txt, params: [seed], outs: [one.txt], meta: {check: sh check.sh}}\n"


def test_overrides_leave_the_workspace_alone_and_say_how_to_bring_the_result_over(computed, reproduce):
    before = computed.run("git", "status", "--porcelain")
    run = reproduce(overrides=["seed.first=7"])
    assert run.state.is_completed(), run.message
    assert run.messages["start-up"].endswith("s: seed.first changed")
    assert run.names["many@c"] == "Cached"  # the seed has the same bytes as before
    assert computed.run("git", "status", "--porcelain") == before
    assert computed.run("git", "worktree", "list").count("\n") == 1
    command = re.search("`(git checkout .*)` brings it over", run.message)
    computed.run("sh", "-c", f"cd '{computed.top}' && {command[1]}")
    assert (computed.folder / "params.yaml").read_text() == (
        "seed: # of all\n  first: 7 # comments stay\n  second: 1.0e-3\n"
    )
    assert computed.is_settled()


# case 3: what the UI lets a run be called, among it its copies, and what git takes for no branch
NAMES = {
    "lr too low?": "lr-too-low",
    "x (Copy)": "x-Copy",
    "latest": "latest-2",
    "../../up": "up",
    "a..b.lock": "a-b-lock",
    "@{-1}": "1",
    "???": "run",
    "höher": "höher",
    "long" * 60: ("long" * 15),
}


@pytest.mark.parametrize(("name", "branch"), NAMES.items(), ids=range(len(NAMES)))
def test_whatever_a_run_is_called_its_result_is_on_a_branch_that_git_takes(computed, server, name, branch):
    state = flow.with_options(flow_run_name=name)(overrides=["seed.second=2"], return_state=True)
    assert f"its result is on branch reproduce/{branch}:" in state.message
    assert computed.run("git", "show", f"reproduce/{branch}:./params.yaml").endswith("second: 2\n")


def test_runs_of_one_name_leave_a_branch_each(computed, server):
    same = flow.with_options(flow_run_name="same")
    for number, branch in enumerate(["same", "same-2", "same-3"]):
        state = same(overrides=[f"seed.second={number}"], return_state=True)
        assert f"its result is on branch reproduce/{branch}:" in state.message


def test_a_branch_in_the_way_of_all_results_is_named_before_any_work(computed, reproduce):
    computed.run("git", "branch", "reproduce")
    run = reproduce(overrides=["seed.second=2"])
    command = re.search("`(git branch -m reproduce) OTHER`", run.message)[1]
    assert run.names == {}
    computed.run(*command.split(), "other")
    assert reproduce(overrides=["seed.second=2"]).state.is_completed()


def test_the_worktree_of_a_killed_run_goes_with_the_next_and_that_of_a_living_one_stays(computed, reproduce):
    places = computed.top / ".dvc/tmp/worktrees"
    for name in ("killed", "alive", "orphaned"):
        computed.run("git", "worktree", "add", "--quiet", "--detach", str(places / name))
    with (
        locked(places / "alive.lock"),
        locked(places / "orphaned" / LOCK),
    ):  # by a run, by a stage that outlives its run
        assert reproduce(overrides=["seed.second=2"]).state.is_completed()
        assert sorted(place.name for place in places.iterdir() if place.is_dir()) == ["alive", "orphaned"]
    assert reproduce(overrides=["seed.second=3"]).state.is_completed()
    assert [place.name for place in places.iterdir()] == ["all.lock"]
    assert computed.run("git", "worktree", "list").count("\n") == 1


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


def test_what_git_ignores_and_a_stage_reads_is_part_of_the_run_and_stays_what_it_was(stages, reproduce):
    project = stages("  one: {cmd: cat models/x > one.txt, deps: [models], params: [seed], outs: [one.txt]}\n")
    project.write("models/README.md", "models lie here\n")
    project.write(".gitignore", "/models/x\n/one.txt\n")
    project.write("models/x", "weights\n")
    project.commit()
    run = reproduce(overrides=["seed.first=7"])
    assert run.state.is_completed(), run.message
    assert run.ran == ["one"]
    assert (project.folder / "models/x").read_text() == "weights\n"


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
