"""Where cells may be computed, told before anything is begun."""

import socket
import sys

import pytest

from core.base.errors import UserError
from flows.cell_places import check

DASK = pytest.importorskip("prefect_dask", reason="`pip install '.[dask]'` is not done")
RAY = pytest.importorskip("prefect_ray", reason="`pip install '.[ray]'` is not done")


@pytest.fixture
def silent_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        yield probe.getsockname()[1]  # bound, and nobody listens


@pytest.mark.parametrize("where", ["cloud", "", "http://127.0.0.1:80", "127.0.0.1:8786"])
def test_what_is_no_place_is_refused_with_those_that_are(where):
    with pytest.raises(UserError, match=rf"where is '{where}': name threads, dask or ray .* tcp://host:port"):
        check(where)


@pytest.mark.parametrize(
    ("scheme", "starts"), [("tcp", "no Dask cluster .*`dask scheduler`"), ("ray", "no Ray .*`ray start")]
)
def test_a_cluster_that_does_not_answer_is_named_with_what_starts_one(silent_port, scheme, starts):
    with pytest.raises(UserError, match=starts):
        check(f"{scheme}://127.0.0.1:{silent_port}")
    with pytest.raises(UserError, match="it has no port"):
        check(f"{scheme}://127.0.0.1")


@pytest.mark.parametrize(("where", "extra"), [("dask", "dask"), ("tcp://127.0.0.1:1", "dask"), ("ray", "ray")])
def test_a_package_that_is_not_installed_is_named_with_its_command(monkeypatch, where, extra):
    monkeypatch.setitem(sys.modules, f"prefect_{extra}", None)
    with pytest.raises(UserError, match=rf"pip install '.\[{extra}\]'"):
        check(where)


def test_threads_are_always_there():
    check("threads")
