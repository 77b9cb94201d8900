"""The worktree of a run with overrides: its name, what is in it, and what becomes of it."""

import json
import re
import shutil
import threading
from pathlib import Path

import pytest
import yaml

from flows import run_refs, trial_run
from flows.reproduce import reproduce as flow
from flows.run_lock import LOCK, locked
from flows.subprocesses import git, output
from flows.worktrees import link_inputs, worktree
from tests.conftest import ENCODER
from tests.flows.conftest import dvc_writes

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


def test_whatever_a_run_is_called_its_result_is_on_a_branch_that_git_takes(computed):
    for name, branch in NAMES.items():
        with worktree(computed.folder, name, threading.Event()) as inside:
            trial_run.apply(inside, ["seed.second=2"])
            said = trial_run.keep(inside, name, ["seed.second=2"], [])
        assert f"its result is on branch reproduce/{branch}:" in said
        assert computed.run("git", "show", f"reproduce/{branch}:./params.yaml").endswith("second: 2\n")


def test_a_dvc_lock_that_dvc_is_writing_is_taken_whole(computed):
    whole = (computed.folder / "dvc.lock").read_text()
    with dvc_writes(computed), worktree(computed.folder, "a run", threading.Event()) as inside:
        assert (inside / "dvc.lock").read_text() == whole


def test_no_hook_of_git_s_stands_in_the_way(computed):
    hooks = computed.top / ".git/hooks"
    for name in ("prepare-commit-msg", "commit-msg", "post-checkout", "reference-transaction"):
        (hooks / name).write_text("#!/bin/sh\nexit 1\n")
        (hooks / name).chmod(0o755)
    with worktree(computed.folder, "a run", threading.Event()) as inside:
        trial_run.apply(inside, ["seed.second=2"])
        assert "on branch reproduce/a-run" in trial_run.keep(inside, "a run", ["seed.second=2"], [])


def test_runs_of_one_name_leave_a_branch_each(computed, server):
    same = flow.with_options(flow_run_name="what {{is it}}?")
    for number, branch in enumerate(["what-is-it", "what-is-it-2"]):
        state = same(overrides=[f"seed.second={number}"], return_state=True)
        assert f"its result is on branch reproduce/{branch}:" in state.message


def test_a_branch_in_the_way_of_all_results_is_named_before_any_work(computed, reproduce):
    computed.run("git", "branch", "reproduce")
    run = reproduce(overrides=["seed.second=2"])
    command = re.search("`(git branch -m reproduce) OTHER`", run.message)[1]
    assert run.names == {}
    computed.run(*command.split(), "other")
    assert reproduce(overrides=["seed.second=2"]).state.is_completed()


def test_a_run_works_on_what_is_in_the_workspace_and_the_index_stays_as_the_user_left_it(computed):
    computed.run("git", "config", "core.splitIndex", "true")
    computed.write("old.txt", "is removed\n")
    computed.commit()
    computed.write("new.txt", "is to be added\n")
    computed.run("git", "add", "--intent-to-add", "new.txt")
    computed.write("each.sh", "echo staged\n")
    computed.run("git", "add", "each.sh")
    computed.write("each.sh", "echo changed\n")
    (computed.folder / "old.txt").unlink()
    (computed.top / ".git/index.lock").touch()  # of a git that was killed, or works
    before = computed.run("git", "status", "--porcelain")
    with worktree(computed.folder, "a run", threading.Event()) as inside:
        assert (inside / "new.txt").read_text() == "is to be added\n"
        assert (inside / "each.sh").read_text() == "echo changed\n"
        assert not (inside / "old.txt").exists()
    assert computed.run("git", "status", "--porcelain") == before


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


def test_relative_addresses_of_remotes_lead_from_a_run_s_worktree_to_where_they_lead_from_the_project(computed):
    computed.run("git", "init", "--quiet", "--bare", str(computed.top.parent / "bare.git"))
    computed.run("git", "remote", "add", "origin", "../bare.git")
    computed.run("dvc", "remote", "add", "--default", "beside", str(computed.top.parent / "rem ote"))
    computed.run("dvc", "remote", "modify", "beside", "url", "../../rem ote")
    computed.run("dvc", "remote", "add", "--local", "within", "../kept")
    computed.write("../kept/README.md", "of git\n")
    computed.commit()
    with worktree(computed.folder, "a run", threading.Event()) as inside:
        run_refs.push(inside, git(inside, "rev-parse", "HEAD"), "refs/acclimate/a/b")
        assert run_refs.fetch(inside, "refs/acclimate/a/b") == git(computed.folder, "rev-parse", "HEAD")
        output(inside, "dvc", "push", "--quiet", "../raw.txt")
        assert output(inside, "dvc", "config", "remote.within.url").strip() == str(inside.parent / "kept")
    assert list((computed.top.parent / "rem ote").rglob("files/md5/*/*"))


def test_a_parameter_that_names_the_projects_folder_or_dvcs_copies_nothing(computed):
    computed.write("params.yaml", "seed: {first: 1, where: ., dvc: .dvc, up: ../.dvc, own: ../a folder}\n")
    computed.write("dvc.yaml", "params: [params.yaml]\n")  # and no stages
    computed.write(".env", "secret\n")
    computed.write(".dvc/tmp/x", "x\n")
    with worktree(computed.folder, "a run", threading.Event()) as inside:
        link_inputs(computed.folder, inside)
        assert not (inside / ".env").exists() and not (inside / ".dvc").exists()
        assert not (inside.parent / ".dvc/tmp/worktrees").exists()


READS = """
  one:
    cmd: cat data/new.csv models/general/x models/cloned/x models/linked/x models/far > one.txt
    deps: [data]
    params: [model]
    outs: [one.txt]
"""
# case 13: what git ignores, what it does not know, a clone with a history of its own, links to a folder and to a file
MODELS = "model:\n  name: models/general\n  others: {a: [models/cloned, ./models/linked], b: models/far}\n  rate: 1\n"


def test_what_git_does_not_know_and_parameters_or_stages_name_is_in_the_run_and_not_in_its_result(
    stages, reproduce, tmp_path
):
    project = stages(READS)
    project.write("params.yaml", MODELS)
    project.write("data/known.csv", "known\n")
    project.write(".gitignore", "/models/general\n/one.txt\n")
    project.commit()
    project.write("data/new.csv", "new\n")
    for name in ("general", "cloned", "../../far"):
        project.write(f"models/{name}/x", f"{Path(name).name}\n")
    project.run("git", "init", "--quiet", "models/cloned")
    (project.folder / "models/linked").symlink_to("../../far")
    (project.folder / "models/far").symlink_to(project.top / "far/x")
    project.write("of no concern.txt", "x\n")
    unknown = project.run("git", "ls-files", "--others", "--exclude-standard")
    run = reproduce(overrides=["model.rate=2"])
    assert run.state.is_completed(), run.message
    branch = re.search("branch (reproduce/[^ :]+)", run.message)[1]
    added = project.run("git", "diff", "--name-only", "--relative", "--diff-filter=A", "HEAD", branch)
    assert added.split("\n") == ["dvc.lock", ""]
    project.run("sh", "-c", f"git checkout {branch} -- . && dvc checkout")
    assert (project.folder / "one.txt").read_text() == "new\ngeneral\ncloned\nfar\nfar\n"
    assert project.run("git", "ls-files", "--others", "--exclude-standard") == unknown


@pytest.mark.parametrize("is_ignored", [False, True])
def test_a_local_model_anywhere_in_the_project_is_read_by_a_run_with_an_override(
    finished, tmp_path, monkeypatch, reproduce, is_ignored
):
    monkeypatch.setenv("HF_HUB_OFFLINE", "1")
    copy = finished.copy(tmp_path / "copy")
    monkeypatch.chdir(copy.folder)
    shutil.move(ENCODER, "models/general")
    values = yaml.safe_load(Path("params.yaml").read_text(encoding="utf-8"))
    values["model"] |= {"name": "models/general", "package": None, "revision": None}
    Path("params.yaml").write_text(yaml.safe_dump(values), encoding="utf-8")
    if is_ignored:
        with Path(".gitignore").open("a") as file:
            file.write("/models/general\n")
    run = reproduce(targets=["tokenization"], overrides=["tokenization.max_length=12"])
    assert run.state.is_completed(), run.message
    assert "tokenization" in run.ran
    copy.dvc("repro", "tokenization")
    assert "up to date" in copy.dvc("status", "tokenization")
    path = Path("models/general/tokenizer.json")
    path.write_text(json.dumps(json.loads(path.read_text(encoding="utf-8")) | {"changed": True}), encoding="utf-8")
    assert json.loads(copy.dvc("status", "--json", "tokenization"))  # case 20
