"""A machine's own clone: brought to what a run works on, and what it keeps."""

import subprocess
from importlib.metadata import version

import pytest

from core.base.errors import UserError
from flows import clone, run_refs
from flows.dvc_project import read_stage
from flows.subprocesses import git, output
from tests.flows.machines import Team

REF = "refs/acclimate/a/b"


@pytest.fixture
def begun(team: Team) -> Team:
    """The machines once the first stage has run at home."""
    team.home.run("dvc", "repro", "--quiet", "begin")
    team.home.run("dvc", "push", "--quiet")
    return team


def handed_over(begun: Team) -> str:
    """Put home's workspace on the ref; return the commit."""
    home = begun.home.folder
    commit = run_refs.snapshot(home, ["dvc.lock", "begun.json"], "a run")
    run_refs.push(home, commit, REF)
    return commit


def test_a_clone_is_brought_to_what_the_run_works_on_and_pulls_the_inputs_alone(begun):
    begun.home.run(
        "sh", "-c", "echo 2 > other.txt && dvc add --quiet other.txt && dvc push --quiet && git add other.txt.dvc"
    )
    (begun.home.folder / "params.yaml").write_text("rate: 2\n")
    commit = handed_over(begun)
    place = begun.places["first"].folder
    assert clone.bring(place, REF) == commit
    clone.pull(place, read_stage(place, "train@1"), ["begun.txt"])
    assert (place / "params.yaml").read_text() == "rate: 2\n"
    assert (place / "begun.txt").exists() and (place / "begun.json").exists()
    assert not (place / "other.txt").exists()


def test_somebodys_workspace_is_refused_and_stays_as_it_is(begun):
    handed_over(begun)
    place = begun.places["first"].folder
    (place / "train.sh").write_text("mine\n")
    with pytest.raises(
        UserError, match=r"somebody's workspace: its commit has another train.sh.*`git clone .*bare.git PLACE`"
    ):
        clone.bring(place, REF)
    assert (place / "train.sh").read_text() == "mine\n"


def test_what_a_killed_stage_has_left_goes_and_what_was_there_before_stays(begun):
    handed_over(begun)
    place = begun.places["first"].folder
    (place / "worker.log").write_text("somebody's\n")
    clone.bring(place, REF)
    (place / "train.sh").write_text("changed by a stage\n")
    (place / "notes").mkdir()
    (place / "notes/3.json").write_text("half\n")
    clone.bring(place, REF)
    assert "epoch" in (place / "train.sh").read_text()
    assert not (place / "notes/3.json").exists()
    assert (place / "worker.log").exists()


def test_what_somebody_does_between_two_stages_is_refused_and_stays(begun):
    (begun.home.folder / ".gitattributes").write_text("*.json text eol=crlf\n*.sh text eol=crlf\n")
    begun.home.commit()
    handed_over(begun)
    place = begun.places["first"].folder
    git(place, "config", "core.autocrlf", "true")
    for _ in range(2):  # what git converts is no change
        clone.bring(place, REF)
        (place / "half.txt").write_text("a stage's\n")
        clone.tidy(place)
    assert not (place / "half.txt").exists()
    (place / "notes.txt").write_text("measured\n")
    clone.bring(place, REF)
    clone.tidy(place)
    assert (place / "notes.txt").exists()
    for path, content in (("train.sh", "a day's work\n"), ("new.sh", "staged\n")):
        (place / path).write_text(content)
        git(place, "add", "--intent-to-add", path)
        for _ in range(2):
            with pytest.raises(UserError, match=rf"somebody's workspace: its commit has another {path}"):
                clone.bring(place, REF)
            clone.tidy(place)
        assert (place / path).read_text() == content and (place / "notes.txt").exists()
        git(place, "reset", "--quiet", "--hard")
    clone.bring(place, REF)


def test_a_repository_that_a_stage_leaves_goes_and_one_that_was_there_stays(begun):
    handed_over(begun)
    place = begun.places["first"].folder
    for name in ("mine", "left"):
        git(place, "init", "--quiet", name)
        (place / name / "file").touch()
        if name == "mine":
            clone.bring(place, REF)
    (place / "link").symlink_to(begun.folder)
    clone.bring(place, REF)
    assert (place / "mine/file").exists() and not (place / "left").exists() and not (place / "link").is_symlink()
    assert begun.home.folder.is_dir()


@pytest.mark.parametrize("secret", ["token:secret", "u:p@ss", "u:a/b", "token", "u:a/p@b"])
def test_no_password_is_told(begun, secret):
    place = begun.places["first"].folder
    (place / "train.sh").write_text("mine\n")
    git(place, "remote", "set-url", "origin", f"https://{secret}@example.org/it.git")
    with pytest.raises(UserError, match="`git clone https://example.org/it.git PLACE`"):
        clone.bring(place, REF)


def test_outputs_of_stages_that_this_state_does_not_have_go(begun):
    place = begun.places["first"].folder
    for seed in (1, 2):  # both are run here, as if for one run
        handed_over(begun)
        clone.bring(place, REF)
        stage = read_stage(place, f"train@{seed}")
        clone.pull(place, stage, ["begun.txt"])
        output(place, "dvc", "repro", "--quiet", "--single-item", stage.name)
        begun.home.run("git", "fetch", "--quiet", str(place), clone.keep_result(place, stage))
    assert (place / "models/2/weights").exists() and (place / "notes/2.json").exists()
    handed_over(begun)
    clone.bring(place, REF)
    clone.pull(place, read_stage(place, "train@1"), ["begun.txt"])
    assert not (place / "models/1").exists() and not (place / "models/2").exists()
    assert not (place / "notes/2.json").exists()


def test_a_result_is_kept_and_taken_again_only_for_what_it_was_computed_from(begun):
    place = begun.places["first"].folder
    handed_over(begun)
    clone.bring(place, REF)
    stage = read_stage(place, "train@1")
    clone.pull(place, stage, ["begun.txt"])
    assert not clone.has_result(place, stage)
    output(place, "dvc", "repro", "--quiet", "--single-item", stage.name)
    clone.keep_result(place, stage)

    clone.bring(place, REF)
    assert not (place / "notes/1.json").exists()
    clone.pull(place, stage, ["begun.txt"])
    assert clone.has_result(place, stage)
    assert (place / "notes/1.json").exists() and (place / "models/1/weights").exists()

    (begun.home.folder / "params.yaml").write_text("rate: 2\n")
    handed_over(begun)
    clone.bring(place, REF)
    clone.pull(place, stage, ["begun.txt"])
    assert not clone.has_result(place, stage)
    assert git(place, "status", "--porcelain") == ""


def test_a_file_that_neither_git_nor_dvc_knows_is_named(begun):
    (begun.home.folder / ".gitignore").write_text("train.sh\n/raw.txt\n/begun.txt\n")
    begun.home.run("git", "rm", "--quiet", "--cached", "train.sh")
    handed_over(begun)
    place = begun.places["first"].folder
    clone.bring(place, REF)
    with pytest.raises(UserError, match=r"train@1 reads train.sh, .*neither git nor DVC knows.*`git add train.sh`"):
        clone.pull(place, read_stage(place, "train@1"), ["begun.txt"])


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("/no/such/file", "lies outside the repository, and has to be on that machine too"),
        ("linked.txt", "linked.txt leads to ../home/raw.txt.no, which is not on that machine"),
        ("below/a.txt", "below leads to ../below, which is not on that machine"),
    ],
)
def test_an_input_that_this_machine_has_not_is_told_with_what_it_is(begun, name, said):
    home = begun.home.folder
    (home / "linked.txt").symlink_to("../home/raw.txt.no")
    (home / "below").symlink_to("../below")
    (home / "dvc.yaml").write_text((home / "dvc.yaml").read_text().replace("train.sh]", f"train.sh, {name}]"))
    begun.home.commit()
    handed_over(begun)
    place = begun.places["first"].folder
    clone.bring(place, REF)
    with pytest.raises(UserError) as told:
        clone.pull(place, read_stage(place, "train@1"), ["begun.txt"])
    assert said in str(told.value)


def test_a_clone_has_the_submodules_and_no_hook_of_its_own_stops_it(begun, monkeypatch):
    home, place = begun.home.folder, begun.places["first"].folder
    library = begun.folder / "library"
    git(begun.folder, "init", "--quiet", "library")
    git(library, "commit", "--quiet", "--allow-empty", "-m", "one")
    for name, value in (("COUNT", "1"), ("KEY_0", "protocol.file.allow"), ("VALUE_0", "always")):
        monkeypatch.setenv(f"GIT_CONFIG_{name}", value)
    git(home, "submodule", "add", "--quiet", str(library), "library")
    begun.home.commit()
    (place / ".git/hooks").mkdir(exist_ok=True)
    (place / ".git/hooks/post-checkout").write_text("#!/bin/sh\nexit 1\n")
    (place / ".git/hooks/post-checkout").chmod(0o755)
    handed_over(begun)
    clone.bring(place, REF)
    (place / ".git/index.lock").touch()  # of a git that was killed
    clone.bring(place, REF)
    assert git(place / "library", "rev-parse", "--show-toplevel").endswith("library")


def test_a_file_that_git_does_not_know_is_not_overwritten(begun):
    handed_over(begun)
    place = begun.places["first"].folder
    (place / "begun.json").write_text("mine\n")
    with pytest.raises(UserError, match=r"begun\.json would be lost in .*first, where git does not know it"):
        clone.bring(place, REF)
    assert (place / "begun.json").read_text() == "mine\n"


def test_other_versions_of_packages_are_refused_by_name(begun):
    home = begun.home.folder
    text = (home / "dvc.yaml").read_text()
    (home / "dvc.yaml").write_text(text.replace("params: [rate]", "params: [rate, packages.yaml: [dvc, no-such]]"))
    (home / "packages.yaml").write_text(f'dvc: "{version("dvc")}"\nno-such: "none"\npsutil: "0.1"\n')
    begun.home.commit()
    handed_over(begun)
    place = begun.places["first"].folder
    clone.bring(place, REF)
    clone.compare_packages(place, read_stage(place, "train@1"))  # psutil is not among its own
    clone.compare_packages(place, read_stage(place, "begin"))
    (place / "packages.yaml").write_text('dvc: "0.1"\nno-such: "2.0"\n')
    said = rf"dvc 0.1 -> {version('dvc')}, no-such 2.0 -> none.*`--other-environment`"
    with pytest.raises(UserError, match=said):
        clone.compare_packages(place, read_stage(place, "train@1"))
    (place / "packages.yaml").unlink()
    clone.compare_packages(place, read_stage(place, "begin"))


def test_a_ref_that_is_gone_is_said(begun):
    with pytest.raises(UserError, match="the run that made it has ended"):
        clone.bring(begun.places["first"].folder, REF)
    subprocess.run(["git", "-C", begun.places["first"].folder, "status"], check=True, capture_output=True)
