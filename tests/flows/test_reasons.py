from flows.reasons import why


def test_parameters_files_outputs_and_commands_are_named():
    changes = [
        {"changed deps": {"data/in": "modified", "x.py": "deleted", "params.yaml": {"a.b": "modified", "c": "new"}}},
        {"changed outs": {"out.txt": "deleted", "model": "not in cache"}},
    ]
    assert why(changes) == (
        "data/in changed, x.py missing, a.b changed, c is new, output missing: out.txt, output missing: model"
    )
    assert why(["changed command"]) == "command changed"
    assert why(["always changed"]) == "always runs"


def test_many_reasons_are_counted():
    assert why([{"changed deps": {str(number): "modified" for number in range(8)}}]).endswith("5 changed, and 2 more")
