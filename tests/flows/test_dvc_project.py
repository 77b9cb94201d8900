import re
import threading

import pytest

from core.base.errors import UserError
from flows import dvc_project
from flows.records import Records

NAMES = ["many@a-b", "many@c", "grid@1-u", "grid@1-v-w", "join", "start-up", "../raw.txt.dvc"]


def test_the_graph_is_dvcs_own_with_matrix_foreach_and_data(foreign):
    stages = dvc_project.read_stages(foreign.folder)
    assert sorted(stages) == sorted(NAMES)
    assert stages["join"].upstream == ("many@a-b", "many@c")
    assert stages["grid@1-v-w"].upstream == ("start-up",)
    assert stages["start-up"].upstream == ("../raw.txt.dvc",)
    assert stages["../raw.txt.dvc"].is_data


def test_upstream_stages_come_first(foreign):
    order = list(dvc_project.read_stages(foreign.folder))
    assert order.index("../raw.txt.dvc") < order.index("start-up") < order.index("many@c") < order.index("join")


def test_descriptions_metrics_and_meta_are_those_of_dvc_yaml(stages):
    project = stages(
        "  one:\n    cmd: 'true'\n    desc: First\n    wdir: inner\n    metrics: [m.json: {cache: false}, n.json]\n"
        "    meta: {retries: 2, retry_delay: 3, timeout: 9, resource: gpu, owner: somebody}\n"
    )
    (project.folder / "inner").mkdir()
    one = dvc_project.read_stages(project.folder)["one"]
    assert (one.desc, one.metrics) == ("First", ("inner/m.json", "inner/n.json"))
    assert (one.meta.retries, one.meta.retry_delay, one.meta.timeout, one.meta.resource) == (2, 3, 9, "gpu")


def test_a_stage_of_a_foreach_has_the_description_of_its_body(foreign):
    assert dvc_project.read_stages(foreign.folder)["many@a-b"].desc == "Each name on its own"


def test_meta_that_cannot_be_is_refused_with_its_place(stages):
    project = stages("  one:\n    cmd: 'true'\n    meta: {retries: often, timeout: -1}\n")
    with pytest.raises(UserError) as refused:
        dvc_project.read_stages(project.folder)
    assert "dvc.yaml: stages.one.meta.retries is 'often': input should be a valid integer" in str(refused.value)
    assert "stages.one.meta.timeout is -1" in str(refused.value)


@pytest.mark.parametrize(
    ("pattern", "said"),
    [("epoch (\\d+)", "it has 1 groups; write two: how much is done, of how much"), ("(", "not a regular expression")],
)
def test_a_pattern_of_progress_that_cannot_be_read_is_refused(stages, pattern, said):
    project = stages(f"  one: {{cmd: 'true', meta: {{progress: '{pattern}'}}}}\n")
    with pytest.raises(UserError, match=f"stages.one.meta.progress is .*{re.escape(said)}"):
        dvc_project.read_stages(project.folder)


def test_a_target_brings_all_that_it_needs(foreign):
    needed = dvc_project.select(dvc_project.read_stages(foreign.folder), ["many@c"])
    assert list(needed) == ["../raw.txt.dvc", "start-up", "many@c"]


def test_the_name_of_a_matrix_or_foreach_stands_for_all_its_stages(foreign):
    assert {"grid@1-u", "grid@1-v-w"} < set(dvc_project.select(dvc_project.read_stages(foreign.folder), ["grid"]))


def test_without_targets_the_stages_of_other_dvc_yaml_files_are_left_out_unless_needed(foreign):
    foreign.write("../other/dvc.yaml", "stages:\n  other:\n    cmd: echo > x\n    outs: [x]\n  idle: {cmd: 'true'}\n")
    foreign.write("dvc.yaml", "stages:\n  mine:\n    cmd: cat ../other/x\n    deps: [../other/x]\n")
    stages = dvc_project.read_stages(foreign.folder)
    assert set(stages) == {"../other/dvc.yaml:other", "../other/dvc.yaml:idle", "mine", "../raw.txt.dvc"}
    assert list(dvc_project.select(stages, [])) == ["../other/dvc.yaml:other", "mine"]


def test_an_unknown_target_is_refused_with_the_nearest(foreign):
    with pytest.raises(UserError, match=r"target 'jion' is no stage of dvc.yaml: did you mean join\?"):
        dvc_project.select(dvc_project.read_stages(foreign.folder), ["jion"])
    with pytest.raises(UserError, match="known are .*start-up"):
        dvc_project.select(dvc_project.read_stages(foreign.folder), ["x"])


def test_what_differs_is_told_of_all_stages_or_of_those_that_are_named(computed):
    assert dvc_project.changes_by_stage(computed.folder) == {}
    computed.write("params.yaml", "seed: {first: 2}\n")
    assert list(dvc_project.changes_by_stage(computed.folder)) == ["start-up"]
    assert dvc_project.changes_by_stage(computed.folder, "join") == {}


def test_a_folder_without_dvc_yaml_is_refused(tmp_path):
    with pytest.raises(UserError, match="has no dvc.yaml: run this from a DVC project's folder"):
        dvc_project.read_stages(tmp_path)


def test_a_dvc_yaml_that_dvc_refuses_is_refused_with_dvcs_words(stages):
    project = stages("  one:\n    cmmd: 'true'\n")
    with pytest.raises(UserError, match="dvc.yaml' validation failed"):
        dvc_project.read_stages(project.folder)


def test_the_folder_of_a_stage_is_told_by_its_outputs_where_dvc_fills_it_in(stages):
    project = stages(
        "  each: {foreach: [x, y], do: {wdir: 'in/${item}', cmd: date > out, outs: ['../${item}.z', out]}}\n"
    )
    for name in ("x", "y"):
        (project.folder / "in" / name).mkdir(parents=True)
    assert dvc_project.read_stage(project.folder, "each@y").folder == "in/y"


@pytest.mark.parametrize("value", ["s3://b/c", "a:b"])
def test_a_value_of_a_matrix_may_have_a_colon(stages, value):
    project = stages(f"  g: {{matrix: {{m: ['{value}']}}, cmd: 'echo ${{item.m}} > x', outs: [x]}}\n")
    (name,) = dvc_project.select(dvc_project.read_stages(project.folder), [])
    stage = dvc_project.read_stage(project.folder, name)
    assert (stage.name, stage.lock, stage.in_lock) == (f"g@{value}", "dvc.lock", f"g@{value}")
    assert Records(project.folder, threading.Event()).of(stage) is None
    project.run("dvc", "repro")
    assert Records(project.folder, threading.Event()).of(stage) is not None


def test_what_a_stage_without_outputs_reads_is_no_output_of_its_own(stages):
    project = stages(
        "  one: {cmd: date > one.txt, outs: [one.txt]}\n  two: {cmd: mkdir two; date > two/t, outs: [two]}\n"
        "  three: {cmd: mkdir -p in; date > in/x.txt, outs: [in/x.txt]}\n"
        "  four: {cmd: date > in/y.txt, outs: [in/y.txt]}\n"
        "  check: {foreach: [x], do: {cmd: 'true', wdir: in, deps: [../one.txt, ../two/t, '${item}.txt']}}\n"
        "  idle: {cmd: 'true'}\n  all: {cmd: 'true', deps: [in]}\n"
    )
    (project.folder / "in").mkdir()

    def both(name: str) -> tuple[list[str], list[str]]:
        return dvc_project.inputs_and_outputs(project.folder, dvc_project.read_stage(project.folder, name))

    assert both("check@x") == (["in/x.txt", "one.txt", "two"], [])
    assert both("all") == (["in/x.txt", "in/y.txt"], [])
    assert both("idle") == ([], [])
    assert both("two") == ([], ["two"])
