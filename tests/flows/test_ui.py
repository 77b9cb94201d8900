"""`make ui` in a real browser. `make pictures` takes the documents' pictures on the way, of the project's own run."""

import fcntl
import os
import re
import shutil
import signal
import socket
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import urlsplit
from uuid import UUID

import pytest
from prefect.client.orchestration import SyncPrefectClient, get_client
from prefect.client.schemas.actions import WorkPoolCreate
from prefect.client.schemas.filters import FlowRunFilter, FlowRunFilterName
from prefect.settings import PREFECT_API_URL, temporary_settings

from flows.show import key
from tests.conftest import Project
from tests.flows.conftest import commands_in, waited_for

playwright = pytest.importorskip("playwright.sync_api", reason="no browser test: `pip install playwright` is not done")
CHROMIUM = shutil.which("chromium")
pytestmark = pytest.mark.skipif(not CHROMIUM, reason="no browser test: `apt-get install chromium` is not done")
ROOT = Path(__file__).parents[2]
PICTURES = os.environ.get("PICTURES")  # the folder for them; without it a tiny project is looked at
SEED = "12" if PICTURES else "2"
# Milliseconds: a worker looks for runs every 10 s, and a busy machine is slow to begin them; the project's own trains.
PATIENCE = 1_800_000 if PICTURES else 240_000


@pytest.fixture(scope="module")
def pictures(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return ROOT / PICTURES if PICTURES else tmp_path_factory.mktemp("pictures")


def own_project(folder: Path) -> Project:
    """Return a clone of this project with all that its last commit has computed."""
    subprocess.run(["git", "clone", "--quiet", ROOT, folder], check=True)
    clone = Project(folder)
    clone.dvc("config", "--local", "cache.dir", str(ROOT / ".dvc/cache"))
    clone.dvc("checkout")
    return clone


@pytest.fixture(scope="module")
def ui(request, tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[subprocess.Popen[str], str, Path]]:
    """`make ui` on a copy of the project, with a database of its own: the process and its address."""
    folder = tmp_path_factory.mktemp("ui") / "acclimate"
    copy = own_project(folder) if PICTURES else request.getfixturevalue("finished").copy(folder)
    (copy.folder / ".venv").mkdir()
    shutil.copy(ROOT / "requirements.txt", copy.folder)
    (copy.folder / ".venv/installed").touch()
    if not PICTURES:
        copy.commit()
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    # A make that was started by another make announces the folder it enters; a user's does not.
    other = ("MAKEFLAGS", "MAKELEVEL", "PREFECT_HOME")
    outside = {name: value for name, value in os.environ.items() if name not in other}
    process = subprocess.Popen(
        ["make", "ui", f"PORT={port}"],
        cwd=copy.folder,
        env=outside,
        text=True,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        start_new_session=True,
    )
    address = f"http://127.0.0.1:{port}"
    try:
        assert process.stdout.readline().startswith("starting the Prefect server")
        line = process.stdout.readline()
        assert address in line, line
        assert (copy.folder / ".prefect/prefect.db").is_file(), "a clone has a database of its own"  # case 26
        yield process, address, copy.folder
    finally:
        if process.poll() is None:
            os.killpg(process.pid, signal.SIGINT)
            process.communicate(timeout=240)


@pytest.fixture(scope="module")
def page(ui) -> Iterator["playwright.Page"]:
    """A page of a browser that reaches this machine alone."""
    with playwright.sync_playwright() as started:
        options = ["--no-sandbox", "--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1"]
        browser = started.chromium.launch(executable_path=CHROMIUM, args=options)
        page = browser.new_page(viewport={"width": 1280, "height": 900})
        page.set_default_timeout(120_000)  # milliseconds, for a busy machine
        yield page
        browser.close()


def start_run(page: "playwright.Page", address: str, fill=lambda page: None) -> str:
    """Start a run of reproduce/manual from its form; return the run's address."""
    page.goto(f"{address}/deployments")
    page.get_by_role("link", name="manual").first.click()
    page.get_by_role("button", name="Run", exact=True).click()
    page.get_by_text("Custom run").first.click()
    page.get_by_text("overrides (Optional)").wait_for()
    page.wait_for_timeout(2000)  # the form is drawn twice, with another name
    name = page.get_by_role("textbox").first.input_value()
    fill(page)
    page.get_by_role("button", name="Submit").click()
    page.get_by_role("link", name=name).first.click()  # among the deployment's runs
    page.wait_for_url("**/runs/flow-run/**")
    page.get_by_text("Task Runs", exact=True).first.wait_for()  # until then the page before is still drawn
    return page.url


def ends_as(page: "playwright.Page", state: str) -> None:
    """Wait until the run that the page shows has ended, and the page says how."""
    address = urlsplit(page.url)
    page.goto("about:blank")  # meanwhile: the page draws a run's graph all the time, and takes half a core for it
    with client_of(f"{address.scheme}://{address.netloc}") as client:
        run = UUID(address.path.rpartition("/")[2])
        waited_for(lambda: (now := client.read_flow_run(run).state) and now.is_final(), PATIENCE / 1000)
    page.goto(address.geturl())
    page.locator(".state-badge", has_text=state).first.wait_for()
    page.get_by_text("Task Runs", exact=True).first.wait_for()
    page.wait_for_timeout(4000)  # what is clicked before all is drawn, the graph too, is not heard


def the_nightly_schedule_is_off_until_it_is_switched_on(page, ui, pictures):
    page.goto(f"{ui[1]}/deployments")
    page.get_by_role("link", name="nightly").first.click()
    page.get_by_text("Entrypoint", exact=True).wait_for()  # the list of deployments, drawn until then, has switches too
    switch = page.get_by_role("switch")
    switch.wait_for()
    assert switch.get_attribute("aria-checked") == "false"
    switch.click()
    page.locator("[role=switch][aria-checked=true]").wait_for()
    page.screenshot(path=pictures / "nightly.png")


def a_run_started_from_the_form_with_an_override_ends(page, ui, pictures):
    def fill(page):
        page.get_by_role("button", name="Add item").nth(1).click()
        page.get_by_role("textbox").nth(2).wait_for()
        page.get_by_role("textbox").nth(1).fill("finetuning.epochs=1")
        page.screenshot(path=pictures / "form.png")

    start_run(page, ui[1], fill)
    ends_as(page, "Completed")
    page.screenshot(path=pictures / "run.png")
    page.get_by_text("Task Runs", exact=True).first.click()
    page.get_by_text(f"finetuning@{SEED}").first.wait_for()


def a_second_run_finds_every_stage_cached(page, ui, pictures):
    start_run(page, ui[1])
    ends_as(page, "Completed")
    page.get_by_text("Task Runs", exact=True).first.click()
    page.wait_for_function("document.body.innerText.split('Cached').length > 9", timeout=PATIENCE)
    page.screenshot(path=pictures / "cached.png")


def open_artifact(page: "playwright.Page", address: str, of: str) -> None:
    page.goto(f"{address}/artifacts/key/{of}")
    page.locator("a[href*='/artifacts/artifact/']").first.click()


def cut_tables(page: "playwright.Page") -> list[str]:
    """Return the first words of each table that is wider than its place on the page."""
    page.locator("table").first.wait_for()
    tables = [table for table in page.locator("table").all() if table.is_visible()]
    wider = "table => table.scrollWidth > table.closest('.p-table').clientWidth + 1"
    return [table.inner_text()[:80] for table in tables if table.evaluate(wider)]


def no_table_is_cut(page, ui):
    for name in ("reports/report.md", "reports/choice.json"):
        open_artifact(page, ui[1], key(ui[2], name))
        assert cut_tables(page) == [], name


def the_report_is_read_in_the_ui_with_its_figures(page, ui, pictures):
    open_artifact(page, ui[1], key(ui[2], "reports/report.md"))
    page.get_by_text("Did fine-tuning help?").first.wait_for()
    figure = page.locator("img[src^='data:image/svg']").first
    figure.wait_for()
    assert figure.evaluate("image => image.naturalWidth") > 100
    page.screenshot(path=pictures / "report.png")


def cancel(page: "playwright.Page") -> None:
    page.get_by_role("button", name="Cancel").click()
    page.get_by_role("button", name="Confirm").click()
    ends_as(page, "Cancelled")


def left_in(folder: Path) -> list[object]:
    """Return the processes of runs and stages, and the locks, that are there in a folder."""
    locks = [folder / ".dvc/tmp" / name for name in ("flow.lock", "lock")]
    return [*commands_in(folder, "tasks.", "train.sh", "dvc", "engine"), *filter(is_held, locks)]


def a_run_cancelled_in_the_ui_leaves_no_process_and_no_lock(page, ui):
    start_run(page, ui[1], lambda page: page.get_by_role("switch").first.click())  # force
    page.get_by_text(re.compile("> python -m tasks.validation")).first.wait_for(timeout=PATIENCE)
    cancel(page)
    assert waited_for(lambda: left_in(ui[2]) == [], 240)


def a_run_cancelled_in_the_ui_while_its_stage_is_elsewhere_leaves_nothing_there_either(page, address, team):
    home, place, limit = team.home, team.places["first"], f"gpu@{socket.gethostname()}"
    home.server = place.server = f"{address}/api"
    (team.folder / "hold").touch()
    with client_of(address) as client, place.worker("gpu-pool"):
        client.create_work_pool(WorkPoolCreate(name="gpu-pool", type="process"), overwrite=True)
        client.upsert_global_concurrency_limit_by_name(limit, 1)
        deployment = client.create_deployment(
            client.create_flow_from_name("reproduce"),
            "elsewhere",
            entrypoint="flows.reproduce.reproduce",
            work_pool_name="local",
            job_variables={"working_dir": str(home.folder), "env": {"PYTHONPATH": str(ROOT)}},
            parameters={"targets": ["train@1"], "places": {"gpu": "gpu-pool"}},
        )
        run = client.create_flow_run_from_deployment(deployment)
        page.goto(f"{address}/runs/flow-run/{run.id}")
        page.get_by_text("epoch 1/2 of 1").first.wait_for(timeout=PATIENCE)
        assert left_in(home.folder) and left_in(place.folder) and team.refs()
        assert client.read_global_concurrency_limit_by_name(limit).active_slots == 1
        cancel(page)
        stage = client.read_flow_runs(flow_run_filter=FlowRunFilter(name=FlowRunFilterName(like_="train@1 for ")))[0]
        page.goto(f"{address}/runs/flow-run/{stage.id}")
        ends_as(page, "Cancelled")
        assert waited_for(lambda: [*left_in(home.folder), *left_in(place.folder), *team.refs()] == [], 240)
        assert client.read_global_concurrency_limit_by_name(limit).active_slots == 0
        (team.folder / "hold").unlink()
        assert "ran train@1" in home.reproduce("--place", "gpu=gpu-pool", "train@1")


@contextmanager
def client_of(address: str) -> Iterator[SyncPrefectClient]:
    with temporary_settings({PREFECT_API_URL: f"{address}/api"}), get_client(sync_client=True) as client:
        yield client


def is_held(lock: Path) -> bool:
    with lock.open("a") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return True
    return False


def ctrl_c_ends_the_server_and_the_worker(ui):
    process, address, _ = ui
    os.killpg(process.pid, signal.SIGINT)
    said, _ = process.communicate(timeout=240)
    assert "ending the worker, then the server" in said
    assert "Traceback" not in said
    with socket.socket() as probe:
        assert probe.connect_ex(("127.0.0.1", int(address.rpartition(":")[2]))) != 0


@pytest.mark.timeout(7200 if PICTURES else 1800)  # of all its steps
def test_from_the_schedule_s_switch_over_runs_and_their_report_to_ctrl_c(page, ui, pictures, team):
    """One story: each step finds what those before it have left."""
    the_nightly_schedule_is_off_until_it_is_switched_on(page, ui, pictures)
    a_run_started_from_the_form_with_an_override_ends(page, ui, pictures)
    a_second_run_finds_every_stage_cached(page, ui, pictures)
    the_report_is_read_in_the_ui_with_its_figures(page, ui, pictures)
    no_table_is_cut(page, ui)
    a_run_cancelled_in_the_ui_leaves_no_process_and_no_lock(page, ui)
    if not PICTURES:
        a_run_cancelled_in_the_ui_while_its_stage_is_elsewhere_leaves_nothing_there_either(page, ui[1], team)
    ctrl_c_ends_the_server_and_the_worker(ui)
