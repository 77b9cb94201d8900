"""What a stage's task says: its states, its log and its error, and how it is retried, limited and timed out."""

import pytest
from prefect.client.orchestration import get_client

from flows.stage_task import RECORDING, RESTORED, Said
from tests.flows.conftest import commands_in


def test_lines_stream_to_the_log_and_progress_bars_do_not_flood_it(stages, reproduce):
    bar = "for i in 10 20 90 100; do printf '\\\\r%s%%|###|' $i >&2; sleep 0.1; done; echo >&2"
    stages(f'  one:\n    desc: What it is\n    cmd: "echo first; {bar}; echo last"\n')
    log = reproduce().log()
    assert "one runs: never run before (What it is)" in log
    assert "first" in log and "last" in log
    assert [line for line in log if line.endswith("%|###|")] == ["100%|###|"]


def test_a_failure_is_told_in_the_stages_own_words(stages, reproduce):
    stages(
        "  shell: {cmd: 'echo fine; echo what is wrong >&2; echo and what to do >&2; exit 4'}\n"
        "  python: {cmd: 'python -c \"int(None)\"'}\n"
        "  silent: {cmd: 'echo only this; exit 7'}\n"
        "  absent: {cmd: no-such-program --at-all}\n"
    )
    messages = reproduce().messages
    assert messages["shell"] == "what is wrong\nand what to do"
    assert messages["python"].startswith("TypeError: int() argument must be")
    assert messages["silent"].endswith("failed to run: echo only this; exit 7, exited with 7")
    assert "no-such-program: " in messages["absent"] and "not found" in messages["absent"]


def test_where_the_command_did_not_fail_by_itself_dvcs_reason_comes_first(stages, reproduce):
    stages(
        "  killed: {cmd: 'echo loading weights >&2; kill -9 $$'}\n"
        "  lazy: {cmd: 'echo x is deprecated >&2', outs: [never.txt]}\n"
        "  frozen: {cmd: echo > never, outs: [never], frozen: true}\n"
        "  endless: {cmd: 'printf %0300000d 1 >&2; exit 1'}\n"
        '  long: {cmd: "echo what is wrong >&2\\n\\nexit 3"}\n'
    )
    messages = reproduce().messages
    assert messages["killed"].splitlines()[0].endswith("exited with -9")
    assert messages["killed"].splitlines()[-1] == "loading weights"
    assert "never.txt" in messages["lazy"].splitlines()[0] and messages["lazy"].endswith("x is deprecated")
    assert "missing data 'source': never" in messages["frozen"].splitlines()[0]
    assert len(messages["endless"]) < Said.LONGEST + 100
    assert messages["long"].splitlines()[0] == "what is wrong"


def test_only_a_stage_whose_meta_says_so_is_tried_again(stages, reproduce):
    fails_once = "'if [ -e {0} ]; then true; else touch {0}; exit 1; fi'"
    stages(
        f"  chance: {{cmd: {fails_once.format('a')}, meta: {{retries: 1, retry_delay: 0.1}}}}\n"
        f"  certain: {{cmd: {fails_once.format('b')}}}\n"
    )
    run = reproduce()
    assert run.names == {"chance": "Completed", "certain": "Failed"}
    assert run.tasks["chance"].run_count == 2


def test_a_stage_ends_at_its_timeout_with_all_that_it_started(stages, reproduce):
    project = stages("  slow: {cmd: 'sh -c \"sleep 20; echo > survived\" & sleep 30', meta: {timeout: 1}}\n")
    run = reproduce()
    assert run.names["slow"] == "TimedOut"
    assert run.messages["slow"] == "ended after 1 s, the timeout in the meta: of slow"
    assert commands_in(project.folder, "sleep") == []
    assert not (project.folder / "survived").exists()


@pytest.fixture
def one_slot() -> None:
    with get_client(sync_client=True) as client:
        client.upsert_global_concurrency_limit_by_name("gpu", 1)


def test_stages_that_need_the_same_resource_share_its_slots(stages, reproduce, one_slot):
    text = (
        "  s{0}: {{cmd: 'date +%s.%N > t{0}; sleep 1; date +%s.%N >> t{0}', outs: [t{0}], meta: {{resource: gpu}}}}\n"
    )
    project = stages(text.format(1) + text.format(2))
    assert reproduce().state.is_completed()
    first, second = sorted([float(t) for t in (project.folder / f"t{n}").read_text().split()] for n in (1, 2))
    assert first[1] <= second[0]


def test_dvc_says_when_a_command_is_through(stages, reproduce):
    stages("  one: {cmd: echo > one, outs: [one]}\n")
    log = reproduce(workers=1).log()
    assert [line for line in log if "lock file" in line] == [
        "Generating lock file 'dvc.lock'",
        RECORDING.format("dvc.lock"),
    ]


TALKS = """  talk:
    cmd: >-
      echo "row 7 didn't change, skipping" && echo "Stage 'talk' didn't change, skipping"
      && echo "Updating lock file of mine" && date +%s.%N > talk.txt && sleep 1.5 && date +%s.%N >> talk.txt
    deps: [../raw.txt]
    outs: [talk.txt]
  next: {cmd: date +%s.%N > next.txt, outs: [next.txt]}
"""


def test_what_a_stage_says_itself_is_not_taken_for_dvcs_words(stages, reproduce):
    project = stages(TALKS)
    run = reproduce(workers=1)
    assert run.ran == ["next", "talk"]
    assert run.messages["talk"].endswith("never run before")
    begun, through = (float(when) for when in (project.folder / "talk.txt").read_text().split())
    assert not begun <= float((project.folder / "next.txt").read_text()) <= through, "one stage runs at a time"
    (project.folder / "talk.txt").unlink()
    assert reproduce().messages["talk"] == RESTORED
