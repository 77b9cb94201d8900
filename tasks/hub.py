"""The published model with its card on a model hub: `python -m tasks.hub TEAM/NAME`, which `make hub REPO=...` runs.

The repository is private where this makes it; one that exists stays as public or private as it is.
"""

import sys

import httpx2
from huggingface_hub import HfApi, ModelCard
from huggingface_hub.errors import HfHubHTTPError, HFValidationError, OfflineModeIsEnabled
from huggingface_hub.utils import validate_repo_id  # type: ignore[attr-defined]

from core.base import paths
from core.base.errors import UserError, run
from core.base.files import require
from core.data import published

CARD = paths.PUBLISHED_MODEL / "README.md"
STALE = ["*.safetensors", "*.json", "*.txt"]  # what an earlier model may have left there, which this one has not


def repository(words: tuple[str, ...]) -> str:
    """Return the name of the repository. Raises UserError where it is none, or lacks its owner."""
    name = " ".join(words)
    try:
        validate_repo_id(name)
        if name.count("/") == 1:
            return name
    except HFValidationError:
        pass
    raise UserError(f"{name!r} names no repository of a hub: `make hub REPO=team/name`")


def upload(name: str) -> str:
    """Bring the published model to the hub in one commit; return its address. Raises UserError where that fails."""
    metadata, seed, api = ModelCard.load(require(CARD)).data, published.read().seed, HfApi()
    try:
        api.create_repo(name, private=True, exist_ok=True)
        commit = api.upload_folder(
            repo_id=name,
            folder_path=paths.PUBLISHED_MODEL,
            ignore_patterns=[".*"],
            delete_patterns=STALE,
            commit_message=f"{metadata.base_model}, fine-tuned with seed {seed}",
        )
    except HfHubHTTPError as error:
        raise UserError(refused(name, error, api.endpoint)) from None
    except OfflineModeIsEnabled:
        raise UserError(
            "the hub is not asked, for HF_HUB_OFFLINE or TRANSFORMERS_OFFLINE is set: "
            f"`env -u HF_HUB_OFFLINE -u TRANSFORMERS_OFFLINE make hub REPO={name}`"
        ) from None
    except httpx2.HTTPError as error:
        raise UserError(f"the hub {api.endpoint} does not answer ({error}): is it HF_ENDPOINT that you mean?") from None
    return str(commit.commit_url)


def refused(name: str, error: HfHubHTTPError, hub: str) -> str:
    """Return why the hub refused, in its own words, and what to do."""
    status, said = error.response.status_code, error.server_message or str(error).strip().splitlines()[0]
    remedy = {
        401: "`hf auth login`, or set HF_TOKEN to a token that may write",
        403: f"use a token that may write to {name.partition('/')[0]}, or name a repository of your own",
    }.get(status, "the same command again, once the hub is well")
    return f"{hub} refused {name} ({status}: {said}): {remedy}"


def main(*words: str) -> None:
    name = repository(words)
    print(f"{name}: {upload(name)}")


if __name__ == "__main__":
    run(main, *sys.argv[1:])
