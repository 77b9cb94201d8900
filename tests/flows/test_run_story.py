"""What a list of runs tells: case 32."""

import json

import pytest
from prefect.artifacts import Artifact
from prefect.client.orchestration import get_client
from prefect.states import Completed

from flows.pull_request import commit_page
from flows.reproduce import reproduce as flow
from flows.run_story import RUNS, revision
from flows.show import key


def told(run):
    """Return the name and the tags of a run, as the server knows them."""
    with get_client(sync_client=True) as client:
        flow_run = client.read_flow_run(run.id)
    return flow_run.name, flow_run.tags


def test_a_run_is_called_after_its_revision_and_what_it_has_to_run(foreign, reproduce):
    commit = revision(foreign.folder).partition("@")[2]
    branch = foreign.run("git", "branch", "--show-current").strip()
    name, tags = told(reproduce(targets=["join"]))
    assert tags[:3] == ["copy/a folder", branch, f"{branch}@{commit}"]
    assert name == f"{branch}@{commit}: start-up, many@a-b, many@c, ..."
    assert any(tag.startswith("raw.txt ") for tag in tags), "the version of the data"
    name, _ = told(reproduce(targets=["join"]))
    assert name == f"{branch}@{commit}: nothing to run"
    foreign.write("each.sh", "echo other; cat seed.txt\n")
    name, _ = told(reproduce(targets=["many@c"]))
    assert name == f"{branch}@{commit}+: many@c"


def test_a_commit_that_the_remote_has_is_linked(foreign, reproduce):
    foreign.run("git", "remote", "add", "origin", "git@github.com:owner/project.git")
    assert commit_page(foreign.folder) == "", "nothing was pushed"
    foreign.run("git", "update-ref", "refs/remotes/origin/main", "HEAD")
    commit = foreign.run("git", "rev-parse", "HEAD").strip()
    reproduce(targets=["start-up"])
    assert Artifact.get("owner-project-a-folder-commit", _sync=True).data == (
        f"[{revision(foreign.folder)}](https://github.com/owner/project/commit/{commit})"
    )
    foreign.run("git", "remote", "set-url", "origin", "/a/folder/of/this/machine.git")
    assert commit_page(foreign.folder) == ""


def test_a_name_that_somebody_gave_stays(foreign, reproduce):
    import flows.reproduce

    flow = flows.reproduce.reproduce.with_options(flow_run_name="lr too low?")
    state = flow(targets=["start-up"], return_state=True)
    with get_client(sync_client=True) as client:
        name = client.read_flow_run(state.state_details.flow_run_id).name
    assert name.startswith("lr too low? · ") and name.endswith(": start-up")


def test_the_metrics_that_meta_names_are_tags_and_stand_first_in_the_message(stages, reproduce):
    project = stages(
        "  judge: {cmd: cp draft.json judged.json, deps: [draft.json], metrics: [judged.json], "
        "meta: {tags: {verdict: []}}}\n  other: {cmd: cp draft.json other.json, metrics: [other.json]}\n"
    )
    project.write("draft.json", '{"verdict": "not shown", "a": 1}')
    run = reproduce()
    _, tags = told(run)
    assert "verdict: not shown" in tags and not any(tag.startswith("a") for tag in tags)
    assert run.message.startswith("verdict: not shown; 0 of 2 stages cached; ran ")


@pytest.mark.parametrize("content", [b"{]", b"a: \xe4", b"[1, 2]", b""])
def test_metrics_that_cannot_be_read_cost_their_tags_and_not_the_run(stages, reproduce, content):
    project = stages(
        "  odd: {cmd: cp draft odd.yaml, metrics: [odd.yaml], meta: {tags: {a: []}}}\n"
        "  even: {cmd: 'echo \"a: 1\" > even.yaml', metrics: [even.yaml], meta: {tags: {a: []}}}\n"
    )
    (project.folder / "draft").write_bytes(content)
    run = reproduce()
    assert run.state.is_completed(), run.message
    assert "a: 1" in told(run)[1]


def test_a_run_that_is_worse_than_the_one_before_has_a_tag_that_says_so(stages, reproduce):
    project = stages(
        "  judge: {cmd: cp worse.json found.json, deps: [worse.json], metrics: [found.json], "
        "meta: {tags: {outcome: [bad, good]}}}\n"
    )
    said = []
    for outcome in ("good", "bad", "bad", "good"):
        project.write("worse.json", f'{{"outcome": "{outcome}"}}')
        said.append(reproduce().message.partition(";")[0])
    assert said == ["outcome: good", "outcome: bad, worse", "outcome: bad", "outcome: good"]


def test_however_many_runs_with_overrides_came_between_a_run_is_judged_by_the_one_before_them(stages, reproduce):
    project = stages(
        "  judge: {cmd: cp one.json far.json, deps: [one.json], metrics: [far.json], "
        "meta: {tags: {far: [bad, good]}}}\n"
    )
    project.write("one.json", '{"far": "good"}')
    _, tags = told(reproduce())
    with get_client(sync_client=True) as client:
        for _ in range(RUNS + 1):
            client.create_flow_run(flow, parameters={"overrides": ["a=1"]}, tags=tags, state=Completed())
    project.write("one.json", '{"far": "bad"}')
    assert reproduce().message.startswith("far: bad, worse;")


def test_a_run_is_judged_by_the_runs_of_its_own_project_and_branch_and_its_headline_shows_no_others(stages, reproduce):
    project = stages(
        "  judge: {cmd: cp one.json of-all.json, metrics: [of-all.json], meta: {tags: {of-all: [bad, good]}}}\n"
    )
    project.commit()

    def said(result: str, origin: str, branch: str) -> str:
        project.run("sh", "-c", f"git remote remove origin; git remote add origin {origin}; git switch -qC {branch}")
        project.write("one.json", f'{{"of-all": "{result}"}}')
        return reproduce(force=True).message.partition(";")[0]

    def before() -> str:
        return json.loads(Artifact.get(key(project.folder, "of-all.json"), _sync=True).data)[0]["before"]

    mine, theirs = "git@example.org:us/mine.git", "https://somebody:secret@example.org/us/theirs"
    assert said("good", mine, "main") == "of-all: good"
    assert said("bad", theirs, "main") == "of-all: bad"
    assert before() == ""
    assert said("bad", mine, "try") == "of-all: bad"
    assert said("bad", mine, "main") == "of-all: bad, worse"
    assert before() == "bad, good"


def test_overrides_are_tags(foreign, reproduce):
    foreign.run("dvc", "repro")
    foreign.commit()
    _, tags = told(reproduce(overrides=["seed.first=2"], targets=["start-up"]))
    assert "seed.first=2" in tags


@pytest.mark.parametrize("prepare", ["rm -rf ../.git", "true"])
def test_without_a_commit_a_run_is_called_after_what_it_runs(stages, tmp_path, prepare):
    project = stages("  one: {cmd: 'true'}\n")
    project.run("sh", "-c", prepare)
    assert bool(revision(project.folder)) == (prepare == "true")
