"""A cell's task: its names, and the card that it waits for."""

import json

from prefect.client.orchestration import get_client

from flows.cell_task import as_task, cell

LINE = json.dumps(
    {"name": "a1", "technique": "finetuning", "size": "8 a class", "repetition": 3, "drawn": [4, 5], "gpu": True}
)


def test_a_task_is_called_as_people_call_the_cell():
    known = cell(LINE)
    assert (known.name, known.labels, known.gpu) == ("a1", 2, True)
    assert as_task(known).name == "finetuning"
    assert as_task(known).task_run_name == "finetuning 8 a class, draw 3"


def test_on_a_card_cells_that_use_it_run_one_after_the_other_and_no_others_wait(toy, study):
    toy.write("device", "cuda")
    toy.wants(*[{"gpu": True, "seconds": 0.5}] * 2, *[{"seconds": 0.5}] * 2)
    with get_client(sync_client=True) as client:
        client.upsert_global_concurrency_limit_by_name("gpu", 1)
    run = study(workers=4)
    assert run.state.is_completed(), run.message
    order = toy.order()
    ends_of_one = min(order.index(f"ends cell{n:03}") for n in (1, 2))
    begins_of_two = max(order.index(f"begins cell{n:03}") for n in (1, 2))
    assert ends_of_one < begins_of_two
    assert max(order.index("begins cell003"), order.index("begins cell004")) < begins_of_two
