"""What containers/ declares, taken by a Prefect server and filled in as the workers for Docker and Kubernetes do.

No container is started: neither a Docker daemon nor a cluster is asked for.
"""

import asyncio
import copy
import json
import re
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import prefect
import pytest
import yaml
from prefect.blocks.system import Secret
from prefect.client.orchestration import get_client
from prefect.client.schemas.actions import WorkPoolCreate
from prefect.client.schemas.objects import FlowRun
from prefect.utilities.schema_tools.validation import validate
from prefect.workers.base import BaseJobConfiguration
from pydantic import ConfigDict

from tests.flows.conftest import ROOT

FILE = "containers/prefect.yaml"
REGISTRY = "server/api/collections_data/views/aggregate-worker-metadata.json"  # what a server makes pools from
DECLARED = yaml.safe_load((ROOT / FILE).read_text(encoding="utf-8"))
DEPLOYMENTS = {f"{each['entrypoint'].rpartition(':')[2]}/{each['name']}": each for each in DECLARED["deployments"]}
NEEDS_JQ = pytest.mark.skipif(not shutil.which("jq"), reason="jq is not installed")
MISPLACED = ("completions", "parallelism")  # of a job, which Prefect's own template has in the pod
Template = dict[str, Any]
pytestmark = pytest.mark.usefixtures("server")  # which a worker asks for the blocks that values name


class Rendered(BaseJobConfiguration):
    """A job configuration with whatever the template of its kind has."""

    model_config = ConfigDict(extra="allow")


def of_the_server(kind: str) -> Template:
    known = json.loads((Path(prefect.__file__).parent / REGISTRY).read_text(encoding="utf-8"))
    (template,) = [workers[kind]["default_base_job_configuration"] for workers in known.values() if kind in workers]
    return template


def of_the_worker(kind: str) -> Template:
    worker = pytest.importorskip(f"prefect_{kind}", reason=f"without `pip install '.[{kind}]'`")
    return copy.deepcopy(getattr(worker, f"{kind.title()}Worker").get_default_base_job_template())


def with_more(template: Template) -> Template:
    """Return what a pool for Kubernetes is made from by docs/prefect.md."""
    command = ["jq", "--from-file", str(ROOT / "containers/kubernetes.jq")]
    done = subprocess.run(command, input=json.dumps(template), capture_output=True, text=True, check=True)
    return json.loads(done.stdout)


def filled(template: Template, name: str, kind: type[BaseJobConfiguration] = Rendered) -> Any:
    """Return the job configuration of a deployment, as a worker makes it."""
    values = DEPLOYMENTS[name]["work_pool"]["job_variables"]
    return asyncio.run(kind.from_template_and_values(template, values))


def check(template: Template, name: str) -> None:
    """Hold that each variable is one of the template, with a value that it can have."""
    values = DEPLOYMENTS[name]["work_pool"]["job_variables"]
    assert values.keys() <= template["variables"]["properties"].keys()
    assert [error.message for error in validate(values, template["variables"])] == []


def pod(configuration: Any) -> dict[str, Any]:
    assert "{{" not in json.dumps(configuration.job_manifest)
    return configuration.job_manifest["spec"]["template"]["spec"]


def wrong_names(value: Any, kind: str) -> list[str]:
    """Return the fields that are none of the Kubernetes API's, of an object of this kind."""
    models = pytest.importorskip("kubernetes_asyncio.client.models")
    if match := re.fullmatch(r"list\[(.*)\]", kind):
        return [name for item in value for name in wrong_names(item, match[1])]
    model = getattr(models, kind, None)
    if model is None or value is None:  # text, a number, a mapping of them
        return []
    known = {field: kind for name, kind in model.openapi_types.items() for field in [model.attribute_map[name]]}
    found = [name for name, item in value.items() if name in known for name in wrong_names(item, known[name])]
    return found + [name for name in value if name not in known]


@NEEDS_JQ
@pytest.mark.parametrize("own", [of_the_server, of_the_worker])
def test_a_pod_gets_image_memory_secrets_and_the_volume_and_with_a_card_its_node(own):
    template = with_more(own("kubernetes"))
    names = ("reproduce/kubernetes", "reproduce/kubernetes-gpu", "placed/kubernetes")
    for name in names:
        check(template, name)
    without, having, alone = (pod(filled(template, name)) for name in names)
    assert alone == having  # a stage that is placed is one that needs a card
    (container,) = without["containers"]
    assert container["image"] == having["containers"][0]["image"] == "registry.example.org/team/acclimate:1"
    assert container["resources"]["requests"] == {"cpu": "4", "memory": "16Gi"}
    assert container["envFrom"] == [{"secretRef": {"name": "acclimate"}}]
    (volume,), (mount,) = without["volumes"], container["volumeMounts"]
    assert volume["name"] == mount["name"] and mount["mountPath"] == "/cache"
    assert not {"nodeSelector", "tolerations"} & without.keys()
    assert "nvidia.com/gpu" not in container["resources"]["limits"]
    assert having["containers"][0]["resources"]["limits"]["nvidia.com/gpu"] == 1
    assert having["nodeSelector"] == {"nvidia.com/gpu.present": "true"}
    assert having["tolerations"][0]["effect"] == "NoSchedule"


@NEEDS_JQ
def test_the_worker_for_kubernetes_takes_the_job_whose_every_field_is_one_of_the_api():
    template = with_more(of_the_worker("kubernetes"))
    from prefect_kubernetes.worker import KubernetesWorkerJobConfiguration

    job = filled(template, "placed/kubernetes", KubernetesWorkerJobConfiguration)
    job.prepare_for_flow_run(FlowRun(flow_id="0" * 32, name="main@1a2b3c4: finetuning"))
    own = of_the_worker("kubernetes")["job_configuration"]["job_manifest"]["spec"]["template"]["spec"]
    assert wrong_names(job.job_manifest, "V1Job") == [name for name in own if name in MISPLACED]
    assert pod(job)["containers"][0]["args"] == ["prefect", "flow-run", "execute"]
    job.job_manifest["spec"]["template"]["spec"]["nodeselector"] = {}
    assert "nodeselector" in wrong_names(job.job_manifest, "V1Job")


def test_the_worker_for_docker_makes_a_container_with_the_cache_and_where_wanted_the_cards():
    template = of_the_worker("docker")
    from docker import DockerClient
    from docker.models.containers import _create_container_args
    from prefect_docker.worker import DockerWorker, DockerWorkerJobConfiguration

    made = {}
    for name in ("reproduce/docker", "reproduce/docker-gpu", "placed/docker"):
        check(template, name)
        job = filled(template, name, DockerWorkerJobConfiguration)
        job.env = {"PREFECT_API_URL": "http://prefect.example.org:4200/api"}  # the worker's own
        client = DockerClient(base_url="unix:///nowhere", version="1.43")  # nothing is asked of it
        settings = DockerWorker._build_container_settings(None, client, job)
        made[name] = _create_container_args(settings | {"version": "1.43"})
    assert made["reproduce/docker"]["image"] == "registry.example.org/team/acclimate:1"
    assert made["reproduce/docker"]["host_config"]["Binds"] == ["acclimate-cache:/cache"]
    assert made["reproduce/docker"]["host_config"]["Memory"] == 16 * 2**30
    assert "DeviceRequests" not in made["reproduce/docker"]["host_config"]
    (cards,) = made["reproduce/docker-gpu"]["host_config"]["DeviceRequests"]
    assert (cards["Count"], cards["Capabilities"]) == (-1, [["gpu"]])
    assert made["placed/docker"] == made["reproduce/docker-gpu"]


def test_a_pool_that_is_made_without_the_worker_of_docker_has_no_variable_for_cards():
    template = of_the_server("docker")
    check(template, "reproduce/docker")
    assert "container_create_kwargs" not in template["variables"]["properties"]  # as docs/prefect.md says


@pytest.fixture
def pools(server: str, monkeypatch: pytest.MonkeyPatch) -> Iterator[Any]:
    """A client of a server that has the pools, that for Docker with a secret for all of its runs."""
    monkeypatch.setenv("PREFECT_API_URL", server)  # for the command that deploys
    docker, kubernetes = of_the_server("docker"), with_more(of_the_server("kubernetes"))
    docker["variables"]["properties"]["env"]["default"] = {"KEY": "{{ prefect.blocks.secret.dvc-remote }}"}
    Secret(value="not to be stored").save("dvc-remote", overwrite=True)
    with get_client(sync_client=True) as client:
        for kind, template in (("docker", docker), ("kubernetes", kubernetes)):
            pool = WorkPoolCreate(name=kind, type=kind, base_job_template=template)
            client.create_work_pool(pool, overwrite=True)
        yield client


@NEEDS_JQ
def test_a_server_takes_the_deployments_for_its_pools_and_refuses_values_that_they_cannot_have(pools, tmp_path):
    for folder in ("flows", "core/base", "containers"):
        shutil.copytree(ROOT / folder, tmp_path / folder, ignore=shutil.ignore_patterns("__pycache__"))
    command = ["prefect", "--no-prompt", "deploy", "--all", "--prefect-file", FILE]
    subprocess.run(command, cwd=tmp_path, check=True)
    for name, declared in DEPLOYMENTS.items():
        deployed = pools.read_deployment_by_name(name)
        assert deployed.job_variables == declared["work_pool"]["job_variables"]
        assert deployed.work_pool_name == declared["work_pool"]["name"]
        assert deployed.pull_steps == DECLARED["pull"]
        assert deployed.parameters == declared.get("parameters", {})
    file = tmp_path / FILE
    file.write_text(file.read_text().replace("gpus: 1", "gpus: [one]"))
    refused = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True)
    assert refused.returncode and "not valid under any of the given schemas" in refused.stderr


@NEEDS_JQ
def test_a_secret_that_a_pool_names_is_read_when_a_run_starts_and_stored_nowhere_else(pools):
    template = pools.read_work_pool("docker").base_job_template
    assert "not to be stored" not in json.dumps(template)
    assert filled(template, "reproduce/docker").env == {"KEY": "not to be stored"}


def test_a_stage_is_placed_where_each_run_clones_the_project_anew_as_in_a_container(pools, team, reproduce):
    pools.create_work_pool(WorkPoolCreate(name="clones", type="process"), overwrite=True)
    (step,) = copy.deepcopy(DECLARED["pull"])
    step["prefect.deployments.steps.git_clone"]["repository"] = team.bare.as_uri()
    pools.create_deployment(
        pools.create_flow_from_name("placed"),
        "clones",
        entrypoint="flows.placed.placed",
        work_pool_name="clones",
        pull_steps=[step],
        job_variables={"working_dir": str(team.folder)},
    )
    with team.places["first"].worker("clones"):
        run = reproduce(targets=["train@1"], places={"gpu": "clones"})
    assert run.state.is_completed(), run.message
    assert run.messages["train@1"].startswith("at clones: ran in ")
    assert team.home.is_clean("train@1") and team.refs() == []


def test_the_image_is_of_the_prefect_that_is_pinned_and_of_files_that_are_there():
    lines = (ROOT / "containers/Dockerfile").read_text(encoding="utf-8").splitlines()
    pinned = re.search(r"^prefect==(.+)$", (ROOT / "requirements.txt").read_text(encoding="utf-8"), re.MULTILINE)
    assert f"FROM prefecthq/prefect:{pinned[1]}-python3.11" in lines
    assert [line for line in lines if line.startswith("COPY")] == ["COPY requirements.txt ."]
