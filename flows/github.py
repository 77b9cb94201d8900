"""GitHub as a run needs it: a repository's address, its token, and a pull request."""

import base64
import os
import re
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlsplit

import httpx
from prefect.blocks.system import Secret

from core.errors import UserError

SECRET = "github-token"
ADDRESS = re.compile(r"(?:.*[/:])?(?P<owner>[^/:]+)/(?P<name>[^/]+?)(?:\.git)?/?")


@dataclass(frozen=True)
class Repository:
    """A repository on GitHub, and the token that opens it."""

    url: str  # of the git remote
    owner: str
    name: str
    api: str
    token: str = field(repr=False)

    def hidden(self, text: str) -> str:
        """Return the text without the token, should a tool have quoted it."""
        return text.replace(self.token, "***").replace(_basic(self.token), "***")


def find(url: str) -> Repository:
    """Return the repository that a git remote leads to. Raises UserError where it is none, or there is no token."""
    parts = ADDRESS.fullmatch(url)
    host = urlsplit(url).hostname if "://" in url else url.partition("@")[2].partition(":")[0]
    api = os.environ.get("GITHUB_API_URL") or (host and _api(host))
    if not parts or not api:
        raise UserError("the git remote is no repository on GitHub: `git remote set-url origin URL`")
    return Repository(url, parts["owner"], parts["name"], api, _token())


def _api(host: str) -> str:
    return "https://api.github.com" if host in ("github.com", "ssh.github.com") else f"https://{host}/api/v3"


def _token() -> str:
    """Return the token of the environment, or of the Prefect block; neither is ever written to a log or a file."""
    if token := os.environ.get("GITHUB_TOKEN"):
        return token
    try:
        return str(Secret.load(SECRET).get())  # type: ignore[union-attr]
    except ValueError:
        raise UserError(
            f"there is no token for GitHub: set GITHUB_TOKEN, or make a Prefect Secret block named {SECRET}; it needs "
            "to write contents and pull requests"
        ) from None


def access(repository: Repository) -> dict[str, str]:
    """Return the environment in which git may push: in no argument, no URL and no file that others can read."""
    variables = {"GIT_TERMINAL_PROMPT": "0"}
    parts = urlsplit(repository.url)
    if parts.scheme not in ("http", "https"):
        return variables  # a key's business
    port = f":{parts.port}" if parts.port else ""
    before = int(os.environ.get("GIT_CONFIG_COUNT", "0"))
    return variables | {
        "GIT_CONFIG_COUNT": str(before + 1),
        f"GIT_CONFIG_KEY_{before}": f"http.{parts.scheme}://{parts.hostname}{port}/.extraHeader",
        f"GIT_CONFIG_VALUE_{before}": f"Authorization: Basic {_basic(repository.token)}",
    }


def _basic(token: str) -> str:
    return base64.b64encode(f"x-access-token:{token}".encode()).decode()


def pull_request(repository: Repository, branch: str, base: str, title: str, body: str) -> str:
    """Return the address of the open pull request from `branch` to `base`, which is opened where there is none."""
    head = f"{repository.owner}:{branch}"
    found = _asked(repository, "GET", params={"state": "open", "head": head, "base": base})
    if found:
        return str(found[0]["html_url"])
    opened = _asked(repository, "POST", json={"title": title, "head": branch, "base": base, "body": body})
    return str(opened["html_url"])


def _asked(repository: Repository, method: str, **content: Any) -> Any:
    headers = {"Authorization": f"Bearer {repository.token}", "Accept": "application/vnd.github+json"}
    address = f"{repository.api.rstrip('/')}/repos/{repository.owner}/{repository.name}/pulls"
    try:
        answer = httpx.request(method, address, headers=headers, timeout=30, **content)
        if answer.is_success:
            return answer.json()
        said = f"{answer.status_code} {answer.reason_phrase}"
    except (httpx.HTTPError, ValueError) as error:
        said = f"{type(error).__name__}: {error}"
    raise UserError(f"no pull request is opened: {address} answers {repository.hidden(said)}")
