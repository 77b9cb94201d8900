"""What a run has changed arrives on GitHub as one pull request, or the run says why not."""

import functools
import json
import os
import threading
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import pytest
from prefect.blocks.system import Secret

from core.base.errors import UserError
from flows import dvc_project, pull_request

TOKEN = "a-token-that-nobody-may-read"
PULLS = "/repos/owner/project/pulls"


class GitHub(HTTPServer):
    """The two endpoints of a repository's pull requests; with `status` it refuses, and it has no git to offer."""

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), Endpoints)
        self.opened: list[dict] = []
        self.asked: list[tuple[str, str, str]] = []  # method, path, authorization
        self.status = 0
        self.said: object = None  # in place of what it would say
        self.moved = ""  # where the repository is now

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_port}"


class Endpoints(BaseHTTPRequestHandler):
    server: GitHub

    def do_GET(self) -> None:
        asked = urlsplit(self.path)
        query = {name: values[0] for name, values in parse_qs(asked.query).items()}
        matches = [pull for pull in self.server.opened if query.get("head") == f"owner:{pull['head']}"]
        self.answer(
            200 if asked.path in (PULLS, "/repositories/7/pulls") else 403,
            [pull for pull in matches if query["base"] == pull["base"]],
        )

    def do_POST(self) -> None:
        pull = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        number = len(self.server.opened) + 1
        opened = pull | {"html_url": f"https://github.com/owner/project/pull/{number}"}
        if not self.moves:
            self.server.opened.append(opened)
        self.answer(201, opened)

    @property
    def moves(self) -> bool:
        return bool(self.server.moved) and not self.path.startswith("/repositories/7/")

    def answer(self, status: int, content: object) -> None:
        self.server.asked.append((self.command, self.path, self.headers.get("Authorization", "")))
        said = content if self.server.said is None else self.server.said
        body = said if isinstance(said, bytes) else json.dumps(said).encode()
        self.send_response((self.server.status or 301) if self.moves else (self.server.status or status))
        if self.moves:
            self.send_header("Location", self.server.moved)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: object) -> None:
        pass


@pytest.fixture
def hub(server, monkeypatch) -> Iterator[GitHub]:
    serving = GitHub()
    thread = threading.Thread(target=serving.serve_forever, args=(0.05,))
    thread.start()
    monkeypatch.setenv("GITHUB_API_URL", serving.url)
    monkeypatch.setenv("GITHUB_TOKEN", TOKEN)
    yield serving
    serving.shutdown()
    thread.join()
    serving.server_close()


@pytest.fixture
def cloned(computed, tmp_path, hub):
    """The foreign project after `dvc repro`, pushed to a bare repository, which is its origin."""
    bare = tmp_path / "owner/project.git"
    computed.run("git", "clone", "--quiet", "--bare", str(computed.top), str(bare))
    computed.run("git", "remote", "add", "origin", str(bare))
    return computed


def change(project, lines: int) -> None:
    """Leave what a run with other results leaves: a report, and the lock that names it."""
    project.write("scores.json", json.dumps({"lines": lines}))
    project.write("dvc.lock", (project.folder / "dvc.lock").read_text() + f"# {lines}\n")


@functools.cache
def stages(top: Path) -> dvc_project.Stages:
    return dvc_project.read_stages(top / "a folder")


@pytest.fixture
def published(cloned, reproduced) -> Callable[[], str]:
    """Publish what the workspace holds."""
    return lambda: pull_request.publish(cloned.folder, stages(reproduced.top))


def remote(project, *arguments: str) -> str:
    return project.run("git", "--git-dir", project.run("git", "remote", "get-url", "origin").strip(), *arguments)


def test_a_run_with_new_results_opens_a_pull_request_and_leaves_the_workspace_as_it_is(cloned, reproduce, hub):
    cloned.write("each.sh", "echo $1; echo more; cat seed.txt\n")
    cloned.commit()
    head = cloned.run("git", "rev-parse", "HEAD")
    run = reproduce(publish=True)
    assert run.state.is_completed(), run.message
    assert run.message.endswith(f"published on branch {pull_request.BRANCH}: https://github.com/owner/project/pull/1")
    assert cloned.run("git", "rev-parse", "HEAD") == head
    status = cloned.run("git", "status", "--porcelain").splitlines()
    assert status == [' M "a folder/dvc.lock"', ' M "a folder/scores.json"']
    assert remote(cloned, "rev-parse", f"{pull_request.BRANCH}~1") == head
    changed = remote(cloned, "diff", "--name-only", f"{pull_request.BRANCH}~1", pull_request.BRANCH).splitlines()
    assert changed == ["a folder/dvc.lock", "a folder/scores.json"]
    shown = remote(cloned, "show", f"{pull_request.BRANCH}:a folder/scores.json")
    assert shown == (cloned.folder / "scores.json").read_text()
    branch = cloned.run("git", "branch", "--show-current").strip()
    assert (hub.opened[0]["head"], hub.opened[0]["base"]) == (pull_request.BRANCH, branch)
    assert not any(TOKEN in line for line in run.log())


def test_with_nothing_new_there_is_neither_a_branch_nor_a_request(cloned, hub, published):
    assert published().startswith("nothing to publish")
    assert remote(cloned, "branch", "--list", pull_request.BRANCH) == ""
    assert hub.asked == []


def test_a_new_dvc_lock_alone_is_nothing_to_publish(cloned, hub, published):
    cloned.run("sh", "-c", "echo '# as before' >> dvc.lock")
    assert published().startswith("nothing to publish")


def test_a_later_run_updates_the_branch_loses_nothing_and_reuses_the_open_request(cloned, hub, published):
    change(cloned, 6)
    published()
    first = remote(cloned, "rev-parse", pull_request.BRANCH).strip()
    published()
    assert remote(cloned, "rev-parse", pull_request.BRANCH).strip() == first  # the same again
    change(cloned, 8)
    assert published().endswith("pull/1")
    assert remote(cloned, "merge-base", first, pull_request.BRANCH).strip() == first
    shown = remote(cloned, "show", f"{pull_request.BRANCH}:a folder/scores.json")
    assert shown == (cloned.folder / "scores.json").read_text()
    assert [method for method, _, _ in hub.asked] == ["GET", "POST", "GET", "GET"]


def test_the_packages_that_were_installed_where_it_ran_are_published_with_the_results(cloned, hub, published):
    declared = (
        (cloned.folder / "dvc.yaml").read_text().replace("params: [seed.first]", "params: [packages.yaml: [numpy]]")
    )
    cloned.write("dvc.yaml", declared)
    cloned.write("packages.yaml", 'numpy: "1.0"\n')
    cloned.commit()
    cloned.write("packages.yaml", 'numpy: "2.0"\n')
    assert published().startswith("nothing to publish")
    change(cloned, 7)
    assert "pull/1" in published()
    assert remote(cloned, "show", f"{pull_request.BRANCH}:a folder/packages.yaml") == 'numpy: "2.0"\n'


def test_changes_that_the_results_rest_on_must_be_committed(cloned, hub, published):
    change(cloned, 6)
    cloned.write("each.sh", "echo others\n")
    with pytest.raises(UserError, match="a folder/each.sh is changed and not committed"):
        published()
    assert hub.asked == []


def test_a_remote_that_is_gone_fails_the_run_which_says_so_and_keeps_the_result(cloned, reproduce, tmp_path):
    (tmp_path / "owner/project.git").rename(tmp_path / "gone.git")
    cloned.write("each.sh", "echo $1; echo more; cat seed.txt\n")
    cloned.commit()
    run = reproduce(publish=True)
    assert run.state.is_failed()
    assert "ran many@a-b, many@c, join" in run.message
    assert "not published, and still in the workspace: origin takes no branch: " in run.message
    assert cloned.is_settled()


@pytest.mark.parametrize("status", [401, 500])
def test_a_request_that_is_refused_is_told_without_the_token(cloned, hub, status, published):
    change(cloned, 6)
    hub.status = status
    with pytest.raises(UserError, match=f"no pull request is opened: .* answers {status}") as refused:
        published()
    assert TOKEN not in str(refused.value)


# case 18: what GitHub, or whatever answers in its place, says instead of a list of pull requests
SAID = [
    (
        403,
        {"message": "Resource not accessible by integration"},
        "403 Forbidden: Resource not accessible by integration",
    ),
    (
        422,
        {"message": "Validation Failed", "errors": [{"message": "No commits between main and x."}, "and so on"]},
        "422 Unprocessable Entity: Validation Failed. No commits between main and x. and so on",
    ),
    (200, {"message": "It moved."}, "200 OK: It moved"),
    (200, {}, "200 OK and '{}': is GITHUB_API_URL that of GitHub's API?"),
    (200, [7], "200 OK and '[7]': is GITHUB_API_URL that of GitHub's API?"),
    (200, [{"url": "x"}], '200 OK and \'[{"url": "x"}]\': is GITHUB_API_URL that of GitHub\'s API?'),
    (
        429,
        {"message": "API rate limit exceeded.", "errors": "later"},
        "429 Too Many Requests: API rate limit exceeded. later",
    ),
    (404, b"<html>not here</html>", "404 Not Found and '<html>not here</html>', which is not JSON"),
    (502, b"", "502 Bad Gateway and '', which is not JSON"),
    (500, [], "500 Internal Server Error"),
]


@pytest.mark.parametrize(("status", "content", "expected"), SAID, ids=[status for status, _, _ in SAID])
def test_what_github_says_instead_of_a_list_is_told_in_its_own_sentence(
    cloned, hub, published, status, content, expected
):
    change(cloned, 6)
    hub.status, hub.said = status, content
    with pytest.raises(UserError) as refused:
        published()
    assert str(refused.value) == f"no pull request is opened: {hub.url}{PULLS} answers {expected}"


def test_a_repository_that_was_renamed_is_found_where_github_says(cloned, hub, published):  # case 18
    change(cloned, 6)
    hub.moved = "/repositories/7/pulls"
    assert published().endswith("pull/1")
    paths = [(method, urlsplit(path).path) for method, path, _ in hub.asked]
    assert paths == [(method, path) for method in ("GET", "POST") for path in (PULLS, hub.moved)]


@pytest.mark.parametrize("place", ["https://elsewhere.example.org/pulls", PULLS])
def test_a_redirect_to_another_host_or_in_a_circle_is_named(cloned, hub, published, place):  # case 18
    change(cloned, 6)
    hub.moved = place
    with pytest.raises(UserError, match=f"answers 301 Moved Permanently, to {place}: `git remote set-url origin URL`"):
        published()


def test_an_address_that_is_none_is_named(cloned, hub, published, monkeypatch):  # case 18
    change(cloned, 6)
    monkeypatch.setenv("GITHUB_API_URL", "http://127.0.0.1:port")
    with pytest.raises(UserError, match="answers InvalidURL: "):
        published()


def test_over_http_git_shows_the_token_to_the_remote_alone(cloned, hub, published):
    change(cloned, 6)
    cloned.run("git", "remote", "set-url", "origin", f"{hub.url}/owner/project.git")
    with pytest.raises(UserError, match="origin takes no branch") as refused:
        published()
    assert TOKEN not in str(refused.value)
    access = pull_request.push_access(pull_request.find_repository(f"{hub.url}/owner/project"))
    basic = access["GIT_CONFIG_VALUE_0"].removeprefix("Authorization: ")
    assert {authorization for _, _, authorization in hub.asked} == {basic}
    config = (cloned.top / ".git/config").read_text()
    assert TOKEN not in config and basic not in config


def test_ssh_asks_nobody_for_a_password(cloned, published, tmp_path, monkeypatch):
    monkeypatch.delenv("GIT_SSH_COMMAND", raising=False)
    asked, ssh = tmp_path / "asked", tmp_path / "ours/ssh"
    ssh.parent.mkdir()
    ssh.write_text(f'#!/bin/sh\necho "$@" >> "{asked}"\nexit 255\n')
    ssh.chmod(0o755)
    monkeypatch.setenv("PATH", f"{ssh.parent}{os.pathsep}{os.environ['PATH']}")
    change(cloned, 6)
    cloned.run("git", "remote", "set-url", "origin", "git@example.org:owner/project.git")
    with pytest.raises(UserError, match="origin takes no branch"):
        published()
    assert "BatchMode=yes" in asked.read_text()


def test_an_api_that_does_not_answer_is_named(cloned, hub, monkeypatch, published):
    change(cloned, 6)
    monkeypatch.setenv("GITHUB_API_URL", "http://127.0.0.1:9")
    with pytest.raises(UserError, match="http://127.0.0.1:9/repos/owner/project/pulls answers ConnectError"):
        published()


def test_the_token_is_that_of_the_environment_or_of_a_secret_block(hub, monkeypatch):
    monkeypatch.delenv("GITHUB_TOKEN")
    with pytest.raises(UserError, match="set GITHUB_TOKEN, or make a Prefect Secret block named github-token"):
        pull_request.find_repository("https://github.com/owner/project")
    Secret(value="from-the-block").save("github-token")
    assert pull_request.find_repository("https://github.com/owner/project").token == "from-the-block"
    Secret.delete("github-token")


@pytest.mark.parametrize(
    ("url", "api"),
    [
        ("https://github.com/owner/project.git", "https://api.github.com"),
        ("https://github.com/owner/project/", "https://api.github.com"),
        ("git@github.com:owner/project.git", "https://api.github.com"),
        ("ssh://git@ghe.example.org/owner/project", "https://ghe.example.org/api/v3"),
    ],
)
def test_the_repository_is_read_from_the_remotes_address(hub, monkeypatch, url, api):
    monkeypatch.delenv("GITHUB_API_URL")
    repository = pull_request.find_repository(url)
    assert (repository.owner, repository.name, repository.api) == ("owner", "project", api)
    assert TOKEN not in repr(repository)


def test_a_remote_that_is_no_repository_on_github_is_refused(hub, monkeypatch):
    monkeypatch.delenv("GITHUB_API_URL")
    with pytest.raises(UserError, match="is no repository on GitHub"):
        pull_request.find_repository("/srv/git/owner/project.git")


def test_a_run_with_overrides_is_not_published(cloned, reproduce):
    assert "a run with overrides is not published" in reproduce(overrides=["seed.first=2"], publish=True).message


def test_a_workspace_on_no_branch_has_nowhere_to_ask_for(cloned, published):
    change(cloned, 6)
    cloned.run("git", "switch", "--quiet", "--detach")
    with pytest.raises(UserError, match="is on no branch"):
        published()
