"""Entries of dvc.lock, from one copy of a project into another."""

from flows import lock_entries
from flows.dvc_project import read_stage, read_stages


def test_entries_of_stages_that_ended_side_by_side_join_to_what_dvc_writes(computed):
    done = (computed.folder / "dvc.lock").read_text()
    (computed.folder / "dvc.lock").unlink()
    names = [name for name in read_stages(computed.folder) if not name.endswith(".dvc")]
    for name in names:
        lock_entries.join(computed.folder, read_stage(computed.folder, name), done)
    assert computed.is_settled()
    joined = (computed.folder / "dvc.lock").read_text()
    assert sorted(joined.splitlines()) == sorted(done.splitlines())
    computed.run("dvc", "repro", "--force")  # writes every entry anew
    assert (computed.folder / "dvc.lock").read_text() == joined


def test_an_entry_replaces_the_one_before_and_leaves_the_others(computed):
    before = (computed.folder / "dvc.lock").read_text()
    stage = read_stage(computed.folder, "join")
    lock_entries.join(computed.folder, stage, before.replace("cmd: cat many-a-b.txt", "cmd: dog many-a-b.txt"))
    assert lock_entries.entry(computed.folder, stage)["cmd"].startswith("dog")
    lock_entries.join(computed.folder, stage, before)
    assert (computed.folder / "dvc.lock").read_text() == before


def test_outputs_that_git_keeps_are_told_from_those_of_the_cache_in_a_matrix_too(stages):
    project = stages(
        "  each:\n    matrix: {x: [1, 2]}\n    wdir: below\n"
        "    cmd: echo > c-${item.x} && echo '{}' > m-${item.x}.json && echo >> kept-${item.x}\n"
        "    outs: ['c-${item.x}', 'kept-${item.x}': {cache: false, persist: true}]\n"
        "    metrics: ['m-${item.x}.json': {cache: false}]\n"
    )
    (project.folder / "below").mkdir()
    stage = read_stage(project.folder, "each@2")
    assert lock_entries.uncached(project.folder, stage) == []  # it never ran
    project.run("dvc", "repro", "--quiet")
    assert sorted(lock_entries.uncached(project.folder, stage)) == ["below/kept-2", "below/m-2.json"]
    assert lock_entries.persistent(project.folder, stage) == ["below/kept-2"]


def test_what_a_stage_reads_is_a_pattern_where_dvc_fills_in(stages):
    project = stages(
        "  each: {foreach: [1], do: {cmd: a, deps: ['x/${item}.csv', ../raw.txt], params: [p.yaml: [a]]}}\n"
    )
    read = lock_entries.read_by(project.folder, read_stage(project.folder, "each@1"))
    assert read == [":(glob)x/*.csv", ":(glob)../raw.txt", ":(glob)params.yaml", ":(glob)p.yaml"]
