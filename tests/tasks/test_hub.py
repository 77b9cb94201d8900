"""The published model reaches a hub whole, through huggingface_hub itself: a server here answers as the hub does."""

import base64
import json
import os
import subprocess
import sys
import threading
from collections.abc import Iterator
from hashlib import sha256
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest
from transformers import AutoModelForSequenceClassification, AutoTokenizer

from core.base import paths
from core.base.errors import UserError
from core.data import published
from core.data.published import Published
from tasks import hub

ROOT = Path(__file__).parents[2]
TOKEN = "hf_of_the_tests"


class Hub(ThreadingHTTPServer):
    """What the hub's API does for an upload: repositories, and the files of their one branch."""

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), Answers)
        self.repositories: dict[str, dict[str, Any]] = {}
        self.files: dict[str, bytes] = {}
        self.large: dict[str, bytes] = {}  # by their SHA-256
        self.commits: list[str] = []

    @property
    def address(self) -> str:
        return f"http://127.0.0.1:{self.server_port}"


class Answers(BaseHTTPRequestHandler):
    server: Hub

    def answer(self, value: Any, status: int = 200) -> None:
        body = json.dumps(value).encode()
        self.send_response(status)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def body(self) -> bytes:
        if self.headers.get("Transfer-Encoding") == "chunked":
            parts = []
            while size := int(self.rfile.readline(), 16):
                parts.append(self.rfile.read(size))
                self.rfile.readline()
            self.rfile.readline()
            return b"".join(parts)
        return self.rfile.read(int(self.headers.get("Content-Length", 0)))

    def do_GET(self) -> None:
        if "/tree/" not in self.path:
            return self.answer({"error": "Repository not found"}, 404)
        return self.answer([{"type": "file", "path": name, "size": 1, "oid": "0"} for name in self.server.files])

    def do_PUT(self) -> None:
        content = self.body()
        self.server.large[sha256(content).hexdigest()] = content
        self.answer({})

    def do_POST(self) -> None:
        content = self.body()
        if self.headers.get("Authorization") != f"Bearer {TOKEN}":
            return self.answer({"error": "Invalid username or password."}, 401)
        if self.path == "/api/repos/create":
            asked = json.loads(content)
            name = f"{asked['organization']}/{asked['name']}"
            if asked["organization"] == "others":
                return self.answer({"error": "You don't have the rights to create a model under others"}, 403)
            self.server.repositories[name] = asked
            return self.answer({"url": f"{self.server.address}/{name}"})
        if self.path.endswith("/preupload/main"):
            modes = {True: "lfs", False: "regular"}
            return self.answer(
                {
                    "files": [
                        {
                            "path": file["path"],
                            "uploadMode": modes[file["path"].endswith(".safetensors")],
                            "shouldIgnore": False,
                        }
                        for file in json.loads(content)["files"]
                    ]
                }
            )
        if self.path.endswith("/info/lfs/objects/batch"):
            objects = json.loads(content)["objects"]
            where = {"href": f"{self.server.address}/large"}
            return self.answer({"objects": [each | {"actions": {"upload": where}} for each in objects]})
        if self.path.endswith("/commit/main"):
            return self.commit([json.loads(line) for line in content.splitlines()])
        return self.answer({})  # of the card's metadata

    def commit(self, lines: list[dict[str, Any]]) -> None:
        for line in lines:
            value = line["value"]
            match line["key"]:
                case "header":
                    self.server.commits.append(value["summary"])
                case "file":
                    self.server.files[value["path"]] = base64.b64decode(value["content"])
                case "lfsFile":
                    self.server.files[value["path"]] = self.server.large[value["oid"]]
                case "deletedFile":
                    del self.server.files[value["path"]]
        address = f"{self.server.address}/team/notes/commit/{'0' * 40}"
        self.answer({"commitUrl": address, "commitOid": "0" * 40, "pullRequestUrl": None})

    def log_message(self, *_: Any) -> None:
        pass


@pytest.fixture
def server() -> Iterator[Hub]:
    with Hub() as running:
        threading.Thread(target=running.serve_forever).start()
        yield running
        running.shutdown()


@pytest.fixture
def model(encoders) -> None:
    """A published model, as `evaluation` leaves it."""
    classifier = AutoModelForSequenceClassification.from_pretrained(encoders["bert"])
    classifier.save_pretrained(paths.PUBLISHED_MODEL)
    AutoTokenizer.from_pretrained(encoders["bert"]).save_pretrained(paths.PUBLISHED_MODEL)
    hub.CARD.write_text("---\nbase_model: encoder\nlibrary_name: transformers\n---\n\n# A model\n", encoding="utf-8")
    published.write(
        paths.PUBLISHED_MODEL,
        Published(
            seed=11,
            scored="0123456789ab",
            texts=["text"],
            max_length=16,
            long="truncate",
            temperature=1.0,
            threshold=None,
            refused="one class",
            target_error=0.05,
        ),
    )


def ran(address: str, *arguments: str, token: str = TOKEN) -> subprocess.CompletedProcess[str]:
    own = {"HF_ENDPOINT": address, "HF_TOKEN": token, "HF_HOME": str(Path("hf").absolute())}
    environment = os.environ | own | {"HF_HUB_DISABLE_XET": "1", "PYTHONPATH": str(ROOT)}
    command = [sys.executable, "-m", "tasks.hub", *arguments]
    return subprocess.run(command, env=environment, capture_output=True, text=True, timeout=300)


def test_the_model_and_its_card_arrive_whole_and_private_and_load_from_there(model, server):
    server.files["model.safetensors.index.json"] = b"of a larger model"
    server.files["picture.png"] = b"of somebody"
    ended = ran(server.address, "team/notes")
    assert ended.returncode == 0, ended.stderr
    assert ended.stdout.startswith(f"team/notes: {server.address}/team/notes/commit/")
    assert server.repositories["team/notes"]["visibility"] == "private"
    assert server.commits == ["encoder, fine-tuned with seed 11"]
    here = {path.name: path.read_bytes() for path in paths.PUBLISHED_MODEL.iterdir()}
    assert server.files == here | {"picture.png": b"of somebody"}
    for name, content in server.files.items():
        Path("there").mkdir(exist_ok=True)
        Path("there", name).write_bytes(content)
    assert AutoModelForSequenceClassification.from_pretrained("there").config.num_labels == 2


@pytest.mark.parametrize(
    ("name", "token", "said"),
    [
        ("team/notes", "hf_other", "refused team/notes (401: Invalid username or password.): `hf auth login`"),
        ("others/notes", TOKEN, "(403: You don't have the rights to create a model under others): use a token"),
    ],
)
def test_what_the_hub_refuses_is_told_in_its_words_with_a_way_out(model, server, name, token, said):
    ended = ran(server.address, name, token=token)
    assert ended.returncode == 1
    assert said in ended.stderr and "Traceback" not in ended.stderr


def test_a_hub_that_does_not_answer_is_named(model):
    ended = ran("http://127.0.0.1:9", "team/notes")
    assert "the hub http://127.0.0.1:9 does not answer" in ended.stderr and "Traceback" not in ended.stderr


@pytest.mark.parametrize("variable", ["HF_HUB_OFFLINE", "TRANSFORMERS_OFFLINE"])
def test_a_machine_that_is_set_to_ask_no_hub_says_so(model, server, monkeypatch, variable):
    monkeypatch.setenv(variable, "1")
    ended = ran(server.address, "team/notes")
    assert ended.returncode == 1 and "Traceback" not in ended.stderr
    assert "is set: `env -u HF_HUB_OFFLINE -u TRANSFORMERS_OFFLINE make hub REPO=team/notes`" in ended.stderr


@pytest.mark.parametrize("words", [(), ("notes",), ("a/b/c",), ("team/",), ("team/my notes",)])
def test_a_name_that_is_none_is_refused_before_any_work(words):
    with pytest.raises(UserError, match="names no repository of a hub: `make hub REPO=team/name`"):
        hub.main(*words)


def test_without_a_published_model_the_command_that_makes_it_is_named():
    with pytest.raises(UserError, match="models/finetuned/README.md is missing.*dvc repro"):
        hub.main("team/notes")
