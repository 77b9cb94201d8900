"""What a placed stage would miss, and whether it has read what is here."""

import pytest

from core.base.errors import UserError
from flows import seen_from_there
from flows.dvc_project import changes_by_stage, inputs_and_outputs, read_stage


def refused(project, name):
    """Return what is said of a stage of a project before it goes elsewhere."""
    stage = read_stage(project.folder, name)
    read, written = inputs_and_outputs(project.folder, stage)
    changes = changes_by_stage(project.folder, name).get(name, [])
    with pytest.raises(UserError) as told:
        seen_from_there.refuse_missing_inputs(project.folder, stage, read, changes)
        seen_from_there.refuse_unrecorded_outputs(project.folder, stage, written, changes)
    return str(told.value)


def test_a_file_that_git_ignores_is_named_where_dvc_fills_in_its_name_too(stages):
    project = stages(
        "  each: {foreach: [base/x], do: {cmd: 'cat ${item}/*.bin > a', deps: ['${item}'], outs: ['${item}.out']}}\n"
    )
    (project.folder / "base/x").mkdir(parents=True)
    (project.folder / "base/x/local.bin").touch()
    (project.folder / ".gitignore").write_text("*.bin\n")
    assert "each@base/x reads base/x/local.bin, which git ignores and DVC does not" in refused(project, "each@base/x")


def test_an_output_of_a_stage_that_is_no_more_is_to_be_removed_and_not_added(stages):
    each = "  each: {matrix: {x: %s}, cmd: 'echo 1 > m/${item.x}', outs: ['m/${item.x}']}\n"
    project = stages(each % "[1, 2]" + "  all: {cmd: cat m/* > a, deps: [m], outs: [a]}\n")
    (project.folder / "m").mkdir()
    project.run("dvc", "repro", "--quiet")
    yaml = project.folder / "dvc.yaml"
    yaml.write_text(yaml.read_text(encoding="utf-8").replace("[1, 2]", "[1]"), encoding="utf-8")
    said = refused(project, "all")
    assert said == "all reads m/2, which no stage of dvc.yaml writes any more, as it had: `rm -r -- m/2`"
    project.run("rm", "-r", "m/2")
    with pytest.raises(pytest.fail.Exception):  # nothing is refused now
        refused(project, "all")


def test_what_a_stage_adds_to_has_to_be_as_recorded(stages):
    project = stages("  each: {matrix: {x: [1]}, cmd: 'echo 1 >> p-1', outs: ['p-${item.x}': {persist: true}]}\n")
    (project.folder / "p-1").write_text("mine\n")
    assert "each@1 adds to p-1 (persist: true), which is here as DVC has not recorded it" in refused(project, "each@1")
    project.run("dvc", "repro", "--quiet")
    with pytest.raises(pytest.fail.Exception):  # nothing is refused now
        refused(project, "each@1")
    project.run("sh", "-c", "dvc unprotect p-1; echo 2 >> p-1")
    assert "`dvc repro --single-item each@1`" in refused(project, "each@1")


def test_an_input_that_is_not_what_was_read_is_named(stages):
    project = stages("  one: {cmd: cat ../raw.txt > a, deps: [../raw.txt], outs: [a]}\n")
    project.run("dvc", "repro", "--quiet")
    stage = read_stage(project.folder, "one")
    seen_from_there.compare_inputs(project.folder, stage)
    (project.top / "raw.txt").write_text("another\n")
    with pytest.raises(UserError, match=r"one has read \.\./raw\.txt with other content than is here"):
        seen_from_there.compare_inputs(project.folder, stage)


def test_an_input_that_is_a_repository_of_its_own_is_refused(stages):
    project = stages("  one: {cmd: cat model/w > a, deps: [model], outs: [a]}\n")
    project.run("git", "init", "--quiet", "model")
    project.write("model/w", "weights\n")
    assert "model, a git repository of its own" in (said := refused(project, "one")) and "`dvc add -- model`" in said
