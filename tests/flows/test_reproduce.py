"""The flow on a project that it has never seen, with real DVC and a real Prefect server."""

import os
import shutil
import threading
from collections.abc import Iterator
from dataclasses import replace
from importlib.metadata import version
from pathlib import Path
from typing import Any

import prefect
import pytest
import yaml
from prefect.client.schemas.objects import State, TaskRun

from flows.reproduce import bring_up_to_date
from flows.reproduce import reproduce as flow
from flows.shared_workspace import sharing
from tests.flows.conftest import Foreign

COMPUTED = ["many@a-b", "many@c", "grid@1-u", "grid@1-v-w", "join", "start-up"]


ROOT = Path(__file__).parents[2]


def ended(run: TaskRun) -> float:
    return run.end_time.timestamp()


def test_a_first_run_computes_every_stage_after_its_upstreams_and_leaves_dvc_nothing_to_do(foreign, reproduce):
    run = reproduce()
    assert run.state.is_completed(), run.message
    assert run.ran == sorted(COMPUTED)
    assert run.names["../raw.txt.dvc"] == "Cached"
    assert ended(run.tasks["start-up"]) <= run.tasks["many@c"].start_time.timestamp()
    assert (foreign.folder / "join.txt").read_text() == "a-b\nraw\nc\nraw\n"
    assert run.messages["start-up"].endswith("s: never run before")
    assert foreign.is_settled()

    again = reproduce()
    assert set(again.names.values()) == {"Cached"}
    assert set(again.messages.values()) == {"matches dvc.lock"}
    assert again.message == "7 of 7 stages cached"


class Changing(set[str]):
    """A set that other threads always change while it is looked through."""

    def __iter__(self) -> Iterator[str]:
        raise RuntimeError("Set changed size during iteration")


class ForOneThread(tuple[str, ...]):
    """What can be looked through where a flow runs, and not where its tasks do."""

    def __iter__(self) -> Iterator[str]:
        if threading.current_thread() is threading.main_thread():
            return super().__iter__()
        raise RuntimeError("no")


def brought_up_to_date(folder: Path, **of_start_up: Any) -> State[None]:
    """The state of a flow without an eye on what its stages share, and of which one stage is of another kind."""

    @prefect.flow
    def alone() -> State[None]:
        with sharing(folder, "test", threading.Event()) as workspace:
            stages, changes = workspace.status.look()
            stages["start-up"] = replace(stages["start-up"], **of_start_up)
            return bring_up_to_date(stages, changes, replace(workspace, unfinished=Changing()), False, False)

    return alone(return_state=True)


def test_a_stage_begins_while_others_change_what_all_share(foreign, server):
    state = brought_up_to_date(foreign.folder)
    assert state.is_completed(), state.message
    assert foreign.is_settled()


def test_a_stage_that_prefect_fails_to_begin_is_no_success(foreign, server):
    state = brought_up_to_date(foreign.folder, metrics=ForOneThread(["scores.json"]))
    assert state.is_failed()
    failed, not_run = str(state.message).splitlines()
    assert failed == "start-up failed: Prefect could not begin it. no"
    assert not_run == "not run: many@a-b, many@c, grid@1-u, grid@1-v-w, join"


def test_what_dvc_repro_has_computed_is_cached(computed, reproduce):
    assert set(reproduce().names.values()) == {"Cached"}


def test_a_run_says_why_each_stage_ran_and_leaves_the_others_cached(computed, reproduce):
    computed.write("each.sh", "echo $1 again; cat seed.txt\n")
    run = reproduce()
    assert run.ran == ["join", "many@a-b", "many@c"]
    assert run.messages["many@c"].endswith("s: each.sh changed")
    assert run.messages["join"].endswith("s: many-a-b.txt changed, many-c.txt changed")
    computed.write("params.yaml", "seed: {first: 2, second: 0}\n")
    assert reproduce().messages["start-up"].endswith("s: seed.first 1 -> 2")
    assert computed.is_settled()


PACKAGED = """
  one: {cmd: 'echo "by $SAME_ENVIRONMENT" > one.txt', params: [packages.yaml: [numpy]], outs: [one.txt]}
  two: {cmd: cat raw > two.txt, deps: [raw], outs: [two.txt]}
"""


@pytest.fixture
def packaged(stages) -> Foreign:
    """A foreign project after `dvc repro` with another version of a package than is installed."""
    project = stages(PACKAGED)
    project.write("raw", "")
    project.write("packages.yaml", '# arrays\nnumpy: "1.0"\n')
    project.run("dvc", "repro")
    project.commit()
    return project


def test_a_stage_runs_again_where_a_package_that_computes_in_it_has_another_version(packaged, reproduce):
    run = reproduce()
    assert run.ran == ["one"] and run.messages["one"].endswith(f"s: numpy 1.0 -> {version('numpy')}")
    assert f"packages.yaml: numpy 1.0 -> {version('numpy')}" in run.log()
    assert (packaged.folder / "packages.yaml").read_text() == f'# arrays\nnumpy: "{version("numpy")}"\n'
    assert set(reproduce().names.values()) == {"Cached"}


def test_whoever_takes_another_environment_for_the_same_runs_nothing_again_and_stages_are_told(packaged, reproduce):
    assert set(reproduce(same_environment=False).names.values()) == {"Cached"}
    assert reproduce(same_environment=False, force=True).ran == ["one", "two"]
    assert (packaged.folder / "one.txt").read_text() == "by false\n"
    assert packaged.run("git", "status", "--porcelain", "packages.yaml") == ""
    assert "SAME_ENVIRONMENT" not in os.environ


def test_a_run_with_overrides_leaves_the_packages_of_the_workspace_as_they_are(packaged, reproduce):
    packaged.write("params.yaml", "a: 1\n")
    packaged.commit()
    run = reproduce(overrides=["a=2"])
    assert run.ran == ["one"], run.message
    assert packaged.run("git", "status", "--porcelain") == ""
    branch = run.message.partition("is on branch ")[2].split(":")[0]
    assert version("numpy") in packaged.run("git", "show", f"{branch}:./packages.yaml")


def test_deleted_outputs_come_back_from_the_cache(computed, reproduce):
    (computed.folder / "seed.txt").unlink()
    (computed.folder / "join.txt").unlink()
    run = reproduce()
    assert set(run.names.values()) == {"Cached"}
    assert run.messages["join"] == "restored from DVC's cache, where an earlier run of the same has left it"
    assert (computed.folder / "join.txt").is_file()


def test_changed_data_under_dvc_add_is_recorded_and_deleted_data_comes_back(computed, reproduce):
    computed.write("../raw.txt", "other\n")
    run = reproduce(targets=["start-up"])
    assert run.messages["../raw.txt.dvc"].endswith("raw.txt changed")
    assert run.ran == ["../raw.txt.dvc", "start-up"]
    (computed.top / "raw.txt").unlink()
    assert reproduce(targets=["start-up"]).state.is_completed()
    assert (computed.top / "raw.txt").read_text() == "other\n"


@pytest.mark.parametrize("command", ["import", "import-url"])
def test_imported_data_is_what_it_was_whatever_became_of_its_source(foreign, reproduce, tmp_path, command):  # case 15
    source = Foreign(shutil.copytree(foreign.top, tmp_path / "source"))
    foreign.run("git", "rm", "--quiet", "../raw.txt.dvc")
    (foreign.top / "raw.txt").unlink()
    address = [str(source.top), "raw.txt"] if command == "import" else [str(source.top / "raw.txt")]
    out = ["--out", "../raw.txt"] if command == "import" else ["../raw.txt"]
    foreign.run("dvc", command, *address, *out)
    foreign.commit()
    assert reproduce().ran == sorted(COMPUTED)
    source.write("../other.txt", "of no concern here\n")
    source.write("../raw.txt", "another version\n")
    source.commit()
    assert set(reproduce().names.values()) == {"Cached"}
    source.top.rename(tmp_path / "gone")
    (foreign.folder / "join.txt").unlink()
    run = reproduce()
    assert run.state.is_completed(), run.message
    assert set(run.names.values()) == {"Cached"}


def test_force_runs_what_matches(computed, reproduce):
    run = reproduce(targets=["many@c"], force=True)
    assert {"start-up", "many@c"} <= set(run.ran)
    assert run.messages["many@c"].endswith("s: forced")


FAILING = """
  good: {cmd: echo > good.txt, outs: [good.txt]}
  bad: {cmd: "echo started; echo the reason >&2; exit 3", outs: [bad.txt]}
  after: {cmd: cat bad.txt, deps: [bad.txt]}
  beside: {cmd: cat good.txt > beside.txt, deps: [good.txt], outs: [beside.txt]}
  last: {cmd: cat bad.txt beside.txt > last.txt, deps: [bad.txt, beside.txt], outs: [last.txt]}
  further: {cmd: cat last.txt > further.txt, deps: [last.txt], outs: [further.txt]}
  end: {cmd: cat further.txt, deps: [further.txt]}
"""


def test_a_failing_branch_stops_what_follows_it_and_nothing_else(stages, reproduce):
    stages(FAILING)
    run = reproduce()
    assert run.state.is_failed()
    assert run.names == {
        "good": "Completed",
        "bad": "Failed",
        "after": "NotRun",
        "beside": "Completed",
        "last": "NotRun",
        "further": "NotRun",
        "end": "NotRun",
    }
    assert run.messages["bad"] == "the reason"
    assert run.messages["last"] == "not run, for it needs bad"
    assert all(task.state.is_final() for task in run.tasks.values())  # case 31
    assert run.message == "bad failed: the reason\nnot run: after, last, further, end"


def test_stages_that_share_an_input_run_side_by_side(stages, reproduce):
    stages(
        "".join(
            f"  s{number}: {{cmd: sleep 3 && echo > s{number}.txt, deps: [each.sh], outs: [s{number}.txt]}}\n"
            for number in range(4)
        )
    )
    run = reproduce(workers=4)
    assert run.state.is_completed(), run.message
    starts = [task.start_time.timestamp() for task in run.tasks.values()]
    assert max(starts) < min(map(ended, run.tasks.values()))


@pytest.mark.parametrize(
    ("parameters", "said"),
    [
        ({"targets": ["jion"]}, "did you mean join?"),
        ({"folder": ".."}, "has no dvc.yaml"),
        ({"overrides": ["seed.frist=2"]}, "override 'seed.frist=2': params.yaml has no seed.frist; known there: first"),
        ({"overrides": ["seed.first"]}, "has no value: write it as name=value"),
    ],
)
def test_a_users_mistake_ends_the_run_with_its_reason_before_any_task(foreign, reproduce, parameters, said):
    run = reproduce(**parameters)
    assert run.state.is_failed()
    assert said in run.message
    assert run.names == {}


def test_from_the_command_line_a_mistake_shows_no_traceback(foreign):
    said = foreign.run("python", "-m", "flows.reproduce", "jion", ends_with=1)
    assert "flows.reproduce stopped: 1 problem\n  - target 'jion' is no stage" in said
    assert "Traceback" not in said


def test_the_command_hands_its_options_on(computed):
    options = ("--set", "seed.first=1", "--force", "--folder", str(computed.folder))
    said = computed.run("sh", "-c", 'cd / && exec python -m flows.reproduce start-up "$@"', "-", *options)
    assert "'start-up'" in said and "many@" not in said  # the target alone
    assert "start-up runs: forced" in said
    assert "nothing to bring over" in said  # from the worktree of a run with overrides


def test_a_clean_machine_starts_from_the_remote_and_gives_back(foreign, reproduce, tmp_path, monkeypatch):
    foreign.run("dvc", "remote", "add", "--default", "shared", str(tmp_path / "shared"))
    assert reproduce(targets=["many"], share=True).state.is_completed()
    foreign.commit()
    foreign.run("git", "clone", "--quiet", str(foreign.top), str(tmp_path / "clean"))
    shutil.rmtree(foreign.top / ".dvc/cache")
    monkeypatch.chdir(tmp_path / "clean/a folder")
    run = reproduce(share=True)
    assert run.names["start-up"] == run.names["many@c"] == "Cached"
    assert run.ran == ["grid@1-u", "grid@1-v-w", "join"]
    assert list((tmp_path / "shared").rglob("*"))


def test_each_deployment_names_parameters_of_the_flow_with_values_that_they_can_have():
    # Prefect deploys any others too, and each run of the schedule fails.
    for deployment in yaml.safe_load((ROOT / "prefect.yaml").read_text(encoding="utf-8"))["deployments"]:
        flow.validate_parameters(deployment.get("parameters", {}))
