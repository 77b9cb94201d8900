"""What becomes of cells that end otherwise than well: the rest goes on."""

import json


def test_what_fails_by_chance_is_tried_again_and_what_fails_for_a_reason_is_named(toy, study):
    toy.wants(
        {"times": 1, "ends": "killed"},
        {"times": 2, "ends": "out of memory"},
        {"times": 9, "ends": "out of memory"},
        {"times": 9, "ends": "not finite"},
        {"times": 9, "ends": "error"},
        {},
    )
    run = study(workers=2)
    assert run.state.is_completed(), run.message
    assert run.message.startswith("3 cells computed, 3 failed: 1 error, 1 not finite, 1 out of memory; ")
    begun = toy.log("begins")
    assert [begun.count(f"cell{n:03}") for n in range(1, 7)] == [2, 3, 3, 1, 1, 1]
    failed = {name: json.loads(content) for name, content in toy.files().items() if name.endswith(".failed.json")}
    assert failed["cell004.failed.json"] == {
        "cell": "toy 8 a class, draw 4",
        "kind": "not finite",
        "reason": "cell004 is told to",
    }
    assert len(failed) == 3
    assert "cell003.failed.json" in (toy.folder / "report.txt").read_text()
    log = run.log()
    assert any(line.endswith(": toy 8 a class, draw 3 (out of memory: cell003 is told to)") for line in log)
    assert any(" of 6 cells, about 0 s left: toy" in line for line in log)


def test_a_machine_on_which_no_cell_can_be_computed_ends_the_study_with_its_words(toy, study):
    toy.write("study/cells/worker.py", "raise SystemExit('a package is missing')")
    toy.wants({}, {})
    run = study()
    assert run.state.is_failed()
    assert "a package is missing" in run.message
    assert toy.files() == {}
