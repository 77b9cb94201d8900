"""What a run has changed as a pull request: committed to a branch of its own, pushed, and opened on GitHub."""

import base64
import os
import re
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import httpx
from prefect.blocks.system import Secret

from core.base.errors import UserError
from core.base.messages import shortened
from core.base.paths import PACKAGES
from flows.dvc_project import Stages, outputs
from flows.ready import has_packages
from flows.subprocesses import git, git_paths, without_asking

REMOTE = "origin"
BRANCH = "reproduce/latest"  # the runs' own: each replaces what the one before it has put there
IGNORED = ":(glob)**/.gitignore"  # DVC writes the names of its outputs there
PUBLISHED = f"published on branch {BRANCH}: "  # and the address of the pull request
TITLE = "Reports brought up to date"
BODY = (
    "A scheduled run has brought `dvc.lock`, and the outputs that git keeps, up to date with the code, data and "
    "parameters of this branch's base, by the packages that are installed where it ran. Until this is merged, each "
    "later run updates it."
)
SECRET = "github-token"
REDIRECTS = 5  # of a repository that was renamed
ENDPOINT = "GITHUB_API_URL"
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


def publish(folder: Path, stages: Stages) -> str:
    """Return what was published, in words. The workspace, its branch and its index stay as they are.

    Raises UserError where the remote, the token or the state of the workspace does not allow it.
    """
    top = Path(git(folder, "rev-parse", "--show-toplevel"))
    files = _changed(top, folder, stages)
    if not files:
        return "nothing to publish: the reports are those of the last commit"
    base = git(top, "branch", "--show-current")
    if not base:
        raise UserError(f"{top} is on no branch that a pull request could go to: `git switch` to one")
    repository = find_repository(git(top, "remote", "get-url", "--push", REMOTE))
    _push(top, files, repository)
    return f"{PUBLISHED}{open_pull_request(repository, BRANCH, base, TITLE, BODY)}"


def _changed(top: Path, folder: Path, stages: Stages) -> list[str]:
    """Return what differs from HEAD of what runs write and git keeps: nothing where no output does.

    Raises UserError where other files differ too, for the outputs would not follow from what is published.
    """
    records = {stage.name if stage.is_data else stage.lock for stage in stages.values()}
    records |= {str(PACKAGES)} if has_packages(folder) else set()
    results = _differing(top, *(_literal(top, folder / name) for name in outputs(folder)))
    to_publish = {*results, *_differing(top, *(_literal(top, folder / name) for name in records), IGNORED)}
    others = [path for path in git_paths(top, "diff", "--name-only", "HEAD") if path not in to_publish]
    if results and others:
        raise UserError(*(f"{path} is changed and not committed: `git commit` it, or take it back" for path in others))
    return sorted(to_publish) if results else []


def _literal(top: Path, path: Path) -> str:
    return f":(literal){os.path.relpath(path, top)}"  # a name is no pattern


def _differing(top: Path, *paths: str) -> list[str]:
    new = git_paths(top, "ls-files", "--others", "--exclude-standard", "--", *paths)
    return [*git_paths(top, "diff", "--name-only", "HEAD", "--", *paths), *new]


def _push(top: Path, files: Sequence[str], repository: Repository) -> None:
    """Put the files on top of HEAD and of what the branch has on the remote, so that nothing there is lost."""
    access, reference = without_asking(top) | push_access(repository), f"refs/heads/{BRANCH}"
    tree = _tree(top, files)
    try:
        tip = git(top, "ls-remote", repository.url, reference, **access).partition("\t")[0]
        if tip:
            git(top, "fetch", "--quiet", "--no-tags", "--no-write-fetch-head", repository.url, reference, **access)
        if tip and _is_there(top, tip, tree):
            return
        parents = ["-p", "HEAD", *(["-p", tip] if tip else [])]
        commit = git(top, "commit-tree", tree, *parents, "-m", TITLE)
        git(top, "push", "--quiet", "--no-verify", "--no-signed", REMOTE, f"{commit}:{reference}", **access)
    except UserError as error:
        raise UserError(f"{REMOTE} takes no branch: {repository.hidden(str(error))}") from None


def _is_there(top: Path, tip: str, tree: str) -> bool:
    """Whether the branch has these files already, on top of this HEAD."""
    parents = git(top, "show", "--no-patch", "--format=%P", tip).split()
    return parents[:1] == [git(top, "rev-parse", "HEAD")] and git(top, "rev-parse", f"{tip}^{{tree}}") == tree


def _tree(top: Path, files: Sequence[str]) -> str:
    """Return the tree of HEAD with these files as they are in the workspace."""
    with tempfile.TemporaryDirectory() as place:
        index = {"GIT_INDEX_FILE": str(Path(place, "index"))}
        git(top, "read-tree", "HEAD", **index)
        git(top, "add", "--all", "--", *(_literal(top, top / path) for path in files), **index)
        return git(top, "write-tree", **index)


def find_repository(url: str) -> Repository:
    """Return the repository that a git remote leads to. Raises UserError where it is none, or there is no token."""
    parts, host = ADDRESS.fullmatch(url), _host(url)
    api = os.environ.get(ENDPOINT) or (host and _api(host))
    if not parts or not api:
        raise UserError("the git remote is no repository on GitHub: `git remote set-url origin URL`")
    return Repository(url, parts["owner"], parts["name"], api, _token())


def commit_page(folder: Path) -> str:
    """Return where the remote shows the commit that is checked out; empty where it has none of it."""
    try:
        url, commit = git(folder, "remote", "get-url", REMOTE), git(folder, "rev-parse", "HEAD")
        is_there = git(folder, "branch", "--remotes", "--contains", commit)
    except UserError:  # no git, no commit or no remote
        return ""
    parts, host = ADDRESS.fullmatch(url), _host(url)
    return f"https://{host}/{parts['owner']}/{parts['name']}/commit/{commit}" if parts and host and is_there else ""


def _host(url: str) -> str:
    return (urlsplit(url).hostname or "") if "://" in url else url.partition("@")[2].partition(":")[0]


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


def push_access(repository: Repository) -> dict[str, str]:
    """Return the environment in which git may push: in no argument, no URL and no file that others can read."""
    parts = urlsplit(repository.url)
    if parts.scheme not in ("http", "https"):
        return {}  # a key's business
    port = f":{parts.port}" if parts.port else ""
    before = int(os.environ.get("GIT_CONFIG_COUNT", "0"))
    return {
        "GIT_CONFIG_COUNT": str(before + 1),
        f"GIT_CONFIG_KEY_{before}": f"http.{parts.scheme}://{parts.hostname}{port}/.extraHeader",
        f"GIT_CONFIG_VALUE_{before}": f"Authorization: Basic {_basic(repository.token)}",
    }


def _basic(token: str) -> str:
    return base64.b64encode(f"x-access-token:{token}".encode()).decode()


def open_pull_request(repository: Repository, branch: str, base: str, title: str, body: str) -> str:
    """Return the address of the open pull request from `branch` to `base`, which is opened where there is none."""
    head = f"{repository.owner}:{branch}"
    if addresses := _ask(repository, list, "GET", params={"state": "open", "head": head, "base": base}):
        return addresses[0]
    content = {"title": title, "head": branch, "base": base, "body": body}
    return _ask(repository, dict, "POST", json=content)[0]


def _ask(repository: Repository, kind: type, method: str, **content: Any) -> list[str]:
    """Return the addresses of the pull requests that GitHub answers with, a list of them or one."""
    address = f"{repository.api.rstrip('/')}/repos/{repository.owner}/{repository.name}/pulls"
    try:
        answer = _answer(repository, address, method, content)
        said = answer.json()
    except (httpx.HTTPError, httpx.InvalidURL) as error:
        refusal = f"{type(error).__name__}: {error}"
    except ValueError:
        refusal = f"{answer.status_code} {answer.reason_phrase} and {shortened(answer.text)}, which is not JSON"
    else:
        pulls = said if isinstance(said, list) else [said]
        addresses = [str(pull["html_url"]) for pull in pulls if isinstance(pull, dict) and pull.get("html_url")]
        if answer.is_success and isinstance(said, kind) and len(addresses) == len(pulls):
            return addresses
        refusal = _refusal(answer, said)
    raise UserError(f"no pull request is opened: {address} answers {repository.hidden(refusal)}")


def _answer(repository: Repository, address: str, method: str, content: dict[str, Any]) -> httpx.Response:
    """Return the answer at the end of redirects; those to another host are not followed: it would see the token."""
    headers = {"Authorization": f"Bearer {repository.token}", "Accept": "application/vnd.github+json"}
    url = httpx.URL(address)
    for _ in range(REDIRECTS):
        answer = httpx.request(method, url, headers=headers, timeout=30, **content)
        there = url.join(answer.headers.get("Location", ""))
        if not answer.has_redirect_location or (there.scheme, there.netloc) != (url.scheme, url.netloc):
            break
        url = there
    return answer


def _refusal(answer: httpx.Response, said: Any) -> str:
    """Return what GitHub says, in its own sentences where it has some."""
    status = f"{answer.status_code} {answer.reason_phrase}"
    if answer.has_redirect_location:
        return f"{status}, to {answer.headers['Location']}: `git remote set-url {REMOTE} URL` names where it is now"
    errors = said.get("errors") if isinstance(said, dict) else None
    parts = [said, *(errors if isinstance(errors, list) else [errors])] if isinstance(said, dict) else []
    sentences = [part.get("message") if isinstance(part, dict) else part for part in parts]
    if told := [str(sentence).rstrip(".") for sentence in sentences if sentence]:
        return f"{status}: {'. '.join(told)}"
    return status if answer.is_error else f"{status} and {shortened(answer.text)}: is {ENDPOINT} that of GitHub's API?"
