"""Entries of dvc.lock, from one copy of a project into another."""

from flows import lock_entries
from flows.dvc_project import changes_by_stage, read_stage, read_stages


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


def test_what_a_stage_reads_is_named_where_dvc_fills_in_before_it_has_run_and_after(stages):
    project = stages(
        "  each: {foreach: [1], do: {cmd: 'true', vars: [v.yaml], deps: ['${item}/x.csv', ../raw.txt, /etc/hosts],"
        " params: [p.yaml: [a]]}}\nvars: ['names.yaml:names']\n"
    )
    (project.folder / "1").mkdir()
    (project.folder / "names.yaml").write_text("names: [1]\n")
    (project.folder / "1/x.csv").touch()
    for name in ("p.yaml", "v.yaml"):
        (project.folder / name).write_text("a: 1\n")
    stage = read_stage(project.folder, "each@1")
    for changes in (changes_by_stage(project.folder, "each@1").get("each@1", []), []):
        read = lock_entries.read_by(project.folder, stage, changes)
        assert set(read) == {"../raw.txt", "p.yaml", "params.yaml", "1/x.csv", "names.yaml", "v.yaml"}
        project.run("dvc", "repro", "--quiet")


def test_an_output_that_is_an_empty_folder_is_made(stages):
    project = stages("  one: {cmd: mkdir -p empty, outs: [empty: {cache: false}]}\n")
    project.run("dvc", "repro", "--quiet")
    (project.folder / "empty").rmdir()
    lock_entries.make_empty_folders(project.folder, read_stage(project.folder, "one"))
    assert project.run("dvc", "status", "--json").strip() == "{}"


def test_outputs_whose_names_dvc_fills_in_are_told_apart_by_what_git_ignores(stages):
    project = stages(
        "  one: {cmd: 'echo > ${big}; echo > ${small}', outs: ['${big}', '${small}': {cache: false}]}\n"
        "vars: [{big: big.bin, small: small.txt}]\n"
    )
    project.run("dvc", "repro", "--quiet")
    assert lock_entries.uncached(project.folder, read_stage(project.folder, "one")) == ["small.txt"]
