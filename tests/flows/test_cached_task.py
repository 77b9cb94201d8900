"""A stage that matches dvc.lock stands in the UI like one that ran: after what it needs, before what needs it."""

from prefect import tags


def test_a_cached_stage_has_the_tags_the_times_and_the_neighbours_of_a_task_that_ran(computed, reproduce):
    computed.write("each.sh", "echo $1 again; cat seed.txt\n")
    with tags("nightly"):
        run = reproduce(targets=["many@c", "grid@1-u"])
    data, source, cached, ran = (run.tasks[name] for name in ("../raw.txt.dvc", "start-up", "grid@1-u", "many@c"))
    assert run.ran == ["many@c"] and run.message == "3 of 4 stages cached; ran many@c"
    assert run.messages["grid@1-u"] == run.messages["start-up"] == "matches dvc.lock"
    needed = {task.name: {each.id for each in task.task_inputs.get("wait_for", [])} for task in run.tasks.values()}
    assert needed == {data.name: set(), source.name: {data.id}, cached.name: {source.id}, ran.name: {source.id}}
    assert cached.start_time == cached.end_time and cached.run_count == ran.run_count == 1
    assert all(set(task.tags) == {"nightly"} for task in run.tasks.values())
