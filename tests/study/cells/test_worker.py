"""The process that computes cells, in a snapshot of a tiny project."""

import json

import pytest

from core.base import params
from study.cells import compute, plan, rows, snapshot, worker
from study.cells.bench import Bench
from study.params import Study


@pytest.fixture
def bench(tokenized, tmp_path):
    snapshot.take(tmp_path / "snapshot")
    made = Bench(tmp_path / "snapshot")
    yield made
    made.close()


def one_of_each() -> list:
    known = {cell.technique: cell for cell in plan.cells(rows.read("test"), params.load(Study))}
    return list(known.values())


def spoilt(bench: Bench, code: str) -> None:
    path = bench.folder / "study/techniques/tf_idf.py"
    path.write_text(path.read_text(encoding="utf-8") + f"\n\ndef spoilt(material):\n    {code}\n"
                    "\nimport dataclasses\nTECHNIQUE = dataclasses.replace(TECHNIQUE, predict=spoilt)\n")  # fmt: skip


def test_its_bytes_are_those_of_the_cell_computed_here(bench):
    for cell in one_of_each():
        answer = bench.compute(cell.model_dump_json())
        assert (answer["kind"], answer["reason"]) == ("computed", "")
        assert answer["content"] == compute.compute(cell)


@pytest.mark.parametrize(
    ("code", "kind", "reason"),
    [
        ("print('a library prints'); return float('nan')", "not finite", "are not finite"),
        ("raise MemoryError('1 TB')", "out of memory", "1 TB"),
        ("raise RuntimeError('CUDA out of memory. Tried')", "out of memory", "CUDA out of memory. Tried"),
        ("from core.base.errors import UserError; raise UserError('one', 'two')", "error", "one; two"),
        ("return {}['no']", "error", "KeyError: 'no' (study/techniques/tf_idf.py, line "),
    ],
)
def test_what_ends_without_a_result_is_told_apart_and_the_next_cell_is_computed(bench, code, kind, reason):
    spoilt(bench, code)
    of_tf_idf, other = one_of_each()
    answer = bench.compute(of_tf_idf.model_dump_json())
    assert (answer["kind"], answer["content"]) == (kind, b"")
    assert reason in answer["reason"]
    assert bench.compute(other.model_dump_json())["kind"] == "computed"


def test_a_machine_with_other_packages_computes_nothing(bench):
    known = json.loads((bench.folder / "packages.json").read_text())
    (bench.folder / "packages.json").write_text(json.dumps(known | {"torch": "1.0+cpu"}))
    answer = bench.compute(one_of_each()[0].model_dump_json())
    assert answer["kind"] == "refused"
    assert "where the study has 1.0+cpu: `pip install -r requirements.txt`" in answer["reason"]


def test_builds_of_a_package_for_other_devices_are_the_same():
    assert worker.other_packages({"torch": "2.13.0+cpu"}, {"torch": "2.13.0+cu130"}) == ""
    assert worker.other_packages({"a": "1"}, {"a": "2"}) == "a 2 where the study has 1"
