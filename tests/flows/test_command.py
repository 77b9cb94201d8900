"""A flow run from the command line."""


def test_a_server_that_is_not_there_is_named(foreign):
    command = "PREFECT_API_URL=http://127.0.0.1:9/api exec python -m flows.reproduce"
    said = foreign.run("sh", "-c", command, ends_with=1)
    assert "the Prefect server at http://127.0.0.1:9/api does not answer" in said
    assert "Traceback" not in said
