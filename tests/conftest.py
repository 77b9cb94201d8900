"""A project in a temporary folder: parameters, a tiny random encoder, and rows, as a user would have them."""

import contextlib
import os
import re
import shutil
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
import yaml
from filelock import FileLock
from xdist.scheduler import LoadFileScheduling

from core.base import packages
from core.base.files import sha256

# A shell's job in the background ignores Ctrl-C, and would hand that on to every command that is started here.
signal.signal(signal.SIGINT, signal.default_int_handler)
for name in [each for each in os.environ if each.startswith("GIT_") or each == "PREFECT_API_URL"]:
    del os.environ[name]  # within a git hook they would lead the tests into the user's own repository, or server
os.environ |= {"GIT_CONFIG_GLOBAL": os.devnull, "GIT_CONFIG_NOSYSTEM": "1", "SHELL": "/bin/sh"}
os.environ.setdefault("OMP_NUM_THREADS", "1")  # for tiny tensors a second thread costs more than it brings
os.environ.pop("PYTHONDONTWRITEBYTECODE", None)  # the commands that tests start would compile the project each time
if "PYTEST_XDIST_WORKER" in os.environ:  # large, and in use by most files: before coverage looks at each of its calls
    import datasets  # noqa: F401
    import torch  # noqa: F401
    import transformers  # noqa: F401

ROOT = Path(__file__).parents[1]
PARAMS = ROOT / "tests/params.yaml"  # those of the sample: whoever brings other data, and changes the project's, has it
REMOTE = ROOT / "data/remote/files/md5"
RAW = ROOT / "data/raw.dvc"  # gone where a user keeps data/raw in git
TRACKED = yaml.safe_load(RAW.read_text(encoding="utf-8"))["outs"][0] if RAW.is_file() else {}
MD5 = TRACKED.get("md5", "none")
OF_THE_SAMPLE = pytest.mark.skipif(
    not (REMOTE / MD5[:2] / MD5[2:]).is_file(), reason="data/raw holds another domain by now"
)
DVC_CONFIG = "[core]\n    analytics = false\n    check_update = false\n    autostage = false\n"
ENCODER = "models/pretrained/encoder"
WORDS = "the a patient note has had denies no mother chest pain melena rash cough mild severe now today left right leg"
TINY = {
    "model.revision": None,
    "model.package": None,
    "model.pretrained_only": False,  # the tiny encoder is random: nothing is learnt from what it says
    "validation.group": None,
    "validation.labels": None,
    "validation.minimum_rows": {"train": 2, "validation": 1, "test": 1},
    "tokenization.max_length": 16,
    "finetuning.seeds": [1, 2],
    "finetuning.learning_rate": 0.001,
    "finetuning.epochs": 2,
    "finetuning.batch_size": 4,
    "forgetting.repeats": 1,
}

Changes = dict[str, Any]


# The first makes the project, for which the last two would otherwise wait.
SLOW = (
    "tests/test_pipeline.py",
    "tests/flows/test_run_lock.py",
    "tests/flows/",
    "tests/test_docs.py",
    "tests/benchmarks/test_gpu.py",
    "tests/tasks/report/test_pull_request.py",
    "tests/tasks/finetuning/test_finetuning_together.py",
)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Let files of slow tests start first, so that no worker is left alone with one of them."""
    items.sort(key=lambda item: [not item.nodeid.startswith(name) for name in SLOW])


# Of tests/flows, files that share no Prefect server with others, and so wait for none of them.
ALONE = re.compile(r"tests/flows/test_(clone|dvc_\w+|lock_entries|records|run_refs|status|tell|ui|warm_dvc)\.py")


class FilesAtATime(LoadFileScheduling):
    """A worker takes a file at a time; one of them takes all that share a Prefect server."""

    def _split_scope(self, nodeid: str) -> str:
        shares = nodeid.startswith("tests/flows/") and not ALONE.match(nodeid)
        return "tests/flows/" if shares else super()._split_scope(nodeid)


def pytest_xdist_make_scheduler(config: pytest.Config, log: Any) -> FilesAtATime:
    return FilesAtATime(config, log)


@pytest.fixture(scope="session", autouse=True)
def dvc_of_the_tests(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """DVC notes what it knows of the tests' projects in a folder that goes with them."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("DVC_SITE_CACHE_DIR", str(tmp_path_factory.mktemp("dvc")))
        yield


@pytest.fixture(autouse=True)
def in_temporary_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Every test runs in an empty folder of its own."""
    monkeypatch.chdir(tmp_path)
    return tmp_path


def change_params(changes: Changes) -> None:
    """Write tests/params.yaml into the current folder, with some values changed by their dotted names."""
    values = yaml.safe_load(PARAMS.read_text(encoding="utf-8"))
    for name, value in changes.items():
        *sections, key = name.split(".")
        place = values
        for section in sections:
            place = place[section]
        place[key] = value
    Path("params.yaml").write_text(yaml.safe_dump(values, sort_keys=False), encoding="utf-8")


@pytest.fixture
def write_params() -> Callable[[Changes], None]:
    return change_params


def save_tokenizer(folder: Path) -> int:
    """Save a WordPiece tokenizer of a few words and all letters; return the size of its vocabulary."""
    from tokenizers import Tokenizer, models, normalizers, pre_tokenizers, processors
    from transformers import PreTrainedTokenizerFast

    letters = "abcdefghijklmnopqrstuvwxyz0123456789.,"
    entries = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", *letters, *(f"##{letter}" for letter in letters), *WORDS.split()[2:]]
    vocabulary = {entry: number for number, entry in enumerate(entries)}
    tokenizer = Tokenizer(models.WordPiece(vocabulary, unk_token="[UNK]"))
    tokenizer.normalizer = normalizers.BertNormalizer()
    tokenizer.pre_tokenizer = pre_tokenizers.BertPreTokenizer()
    tokenizer.post_processor = processors.BertProcessing(("[SEP]", 3), ("[CLS]", 2))
    PreTrainedTokenizerFast(
        tokenizer_object=tokenizer,
        unk_token="[UNK]",
        pad_token="[PAD]",
        cls_token="[CLS]",
        sep_token="[SEP]",
        model_max_length=32,
    ).save_pretrained(folder)
    return len(vocabulary)


@pytest.fixture(scope="session")
def encoders(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """Tiny random encoders, saved as a hub would serve them: family -> folder."""
    import torch
    from transformers import BertConfig, BertModel, DistilBertConfig, DistilBertModel

    folders = {}
    for family in ("bert", "distilbert"):
        folders[family] = folder = tmp_path_factory.mktemp(family)
        size = save_tokenizer(folder)
        torch.manual_seed(0)
        if family == "bert":
            sizes = {"hidden_size": 16, "num_hidden_layers": 1, "num_attention_heads": 2, "intermediate_size": 32}
            network = BertModel(BertConfig(vocab_size=size, max_position_embeddings=32, **sizes))
        else:
            network = DistilBertModel(
                DistilBertConfig(
                    vocab_size=size, max_position_embeddings=32, dim=16, n_layers=1, n_heads=2, hidden_dim=32
                )
            )
        network.save_pretrained(folder)
    return folders


@pytest.fixture
def tiny_params(encoders: dict[str, Path]) -> Callable[..., None]:
    """Write params.yaml for a tiny encoder and few rows, with some values changed further."""

    def write(changes: Changes | None = None, family: str = "bert") -> None:
        shutil.copytree(encoders[family], ENCODER, dirs_exist_ok=True)
        model = {"model.name": ENCODER, "model.sha256": sha256(Path(ENCODER, "model.safetensors"))}
        change_params(TINY | model | (changes or {}))

    return write


def notes(split: str, count: int) -> pd.DataFrame:
    """Return rows whose label hangs on one word, no two alike."""
    words, signs = WORDS.split(), ("mild rash", "severe melena")
    rows = [
        {
            "row_id": f"{split}-{number + 1}",
            "text": f"{signs[number % 2]} {words[number % len(words)]} {split[:2]} {number}",
            "label": "urgent" if number % 2 else "routine",
            "group": None,
        }
        for number in range(count)
    ]
    return pd.DataFrame(rows).astype({"group": "str"})  # a missing group is NaN, as `validation` writes it


COUNTS = {"train": 12, "validation": 6, "test": 8}
TOPICS = {"weather": "rain wind sun", "sport": "match goal team", "travel": "train ticket hotel"}


@pytest.fixture
def validated(tiny_params: Callable[..., None]) -> None:
    """A project after `validation` and `augmentation`: few rows in each split, one of them synthetic."""
    from core.base import paths, results
    from tests import counts

    tiny_params()
    for split, count in COUNTS.items():
        path = Path("data/validated") / f"{split}.parquet"
        path.parent.mkdir(parents=True, exist_ok=True)
        notes(split, count).to_parquet(path, index=False)
    copy = notes("train", 1).assign(row_id="train-1+typo", text="mild rsh the", parent="train-1", operator="typo")
    Path("data/augmented").mkdir()
    copy.to_parquet("data/augmented/train.parquet", index=False)
    results.write(paths.VALIDATION_COUNTS, counts.validated(COUNTS))
    write_companions()


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("made") / "workspace"


@pytest.fixture
def once(made: Path) -> Callable[..., None]:
    """Run stages for the first test of a file; the others start from a copy of what they have left."""

    def run(*stages: Callable[[], None]) -> None:
        if not made.exists():
            for stage in stages:
                stage()
            shutil.copytree(".", made)
        shutil.copytree(made, ".", dirs_exist_ok=True)

    return run


def write_companions() -> None:
    """Write a lexicon and a probe: the project's own may be a user's by now."""
    Path("data/probe").mkdir(parents=True, exist_ok=True)
    Path("data/lexicon.csv").write_text("abbreviation,expansion\nsob,shortness of breath\n", encoding="utf-8")
    texts = [
        f"the {word} is {number} minutes late" for number in range(10) for word in " ".join(TOPICS.values()).split()
    ]
    topics = [topic for _ in range(10) for topic, words in TOPICS.items() for _ in words.split()]
    pd.DataFrame({"text": texts, "topic": topics}).to_csv("data/probe/probe.csv", index=False)


def write_raw_files() -> None:
    """Write a raw data folder of three CSV files."""
    folder = Path("data/raw")
    folder.mkdir(parents=True)
    for split, count in COUNTS.items():
        notes(split, count)[["text", "label"]].to_csv(folder / f"{split}.csv", index=False)


class Project:
    """A copy of this project in a git repository of its own, with tiny data and a tiny encoder."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.first_run = ""  # what its first `dvc repro` printed

    def start(self, *command: str) -> subprocess.Popen[str]:
        """Return a command under way in a process group of its own, its errors among its output."""
        path = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
        prefect = str(self.folder.parent / "prefect")  # the database of flow runs, not the user's
        environment = os.environ | {"PATH": path, "COLUMNS": "200", "PREFECT_HOME": prefect}
        pipes: dict[str, Any] = {
            "stdout": subprocess.PIPE,
            "stderr": subprocess.STDOUT,
            "text": True,
            "start_new_session": True,
        }
        return subprocess.Popen(command, cwd=self.folder, env=environment, **pipes)

    def run(self, *command: str, ends_with: tuple[int, ...] = (0,)) -> str:
        """Return all that a command printed. Fails where it does not end as expected."""
        running = self.start(*command)
        try:
            printed, _ = running.communicate(timeout=900)
        except subprocess.TimeoutExpired:
            os.killpg(running.pid, signal.SIGKILL)
            raise
        assert running.returncode in ends_with, printed
        return printed

    def dvc(self, *arguments: str, ends_with: tuple[int, ...] = (0,)) -> str:
        return self.run("dvc", *arguments, ends_with=ends_with)

    def copy(self, folder: Path) -> "Project":
        """Return a copy to break, so that others find this one whole."""
        shutil.copytree(self.folder, folder, symlinks=True)
        copy = Project(folder)
        copy.first_run = self.first_run
        return copy

    def commit(self) -> None:
        self.run("git", "add", "--all")
        self.run("git", "-c", "user.name=t", "-c", "user.email=t@example.org", "commit", "--quiet", "-m", "all")


@pytest.fixture
def project(finished: Project, tmp_path: Path) -> Project:
    """The project after its first `dvc repro`, the test's own."""
    return finished.copy(tmp_path / "project/acclimate")


@pytest.fixture(scope="session")
def finished(tmp_path_factory: pytest.TempPathFactory, encoders: dict[str, Path]) -> Project:
    """The project after its first `dvc repro`, for all tests: to look at and to copy, never to change."""

    def make(folder: Path) -> None:
        first = Project(folder / "acclimate")
        make_project(first, encoders)
        (folder / "first-run.txt").write_text(first.dvc("repro"), encoding="utf-8")

    made = made_for_all(tmp_path_factory, "project", make)
    common = Project(made / "acclimate")
    common.first_run = (made / "first-run.txt").read_text(encoding="utf-8")
    return common


def made_for_all(tmp_path_factory: pytest.TempPathFactory, name: str, make: Callable[[Path], None]) -> Path:
    """Return a folder that one worker makes for all."""
    own = tmp_path_factory.getbasetemp()
    common = own.parent if "PYTEST_XDIST_WORKER" in os.environ else own
    folder, whole = common / "made" / name, common / "made" / f"{name}.whole"
    with FileLock(common / f"{name}.lock"):
        if not whole.exists():
            shutil.rmtree(folder, ignore_errors=True)  # of a worker that failed, whose error this one shall show too
            folder.mkdir(parents=True)
            make(folder)
            whole.touch()
    return folder


def make_project(made: Project, encoders: dict[str, Path]) -> None:
    """Copy this project, with tiny data and a tiny encoder, into a git repository of its own."""
    folder = made.folder
    ignore = shutil.ignore_patterns("__pycache__", "*.json", "*.jsonl", "dvc.lock")
    for name in (
        "core",
        "tasks",
        "study",
        "flows",
        "params",
        "data/.gitignore",
        "data/predictions/.gitignore",
        "data/sample",
        "models/.gitignore",
        "models/pretrained/README.md",
        "data/external/README.md",
        "reports/study",
        "reports/comparisons",
        ".dvc/.gitignore",
        ".dvcignore",
        ".gitattributes",
        ".gitignore",
        "dvc.yaml",
        "prefect.toml",
        "prefect.yaml",
        "packages.yaml",
        "Makefile",
    ):
        source, target = ROOT / name, folder / name
        target.parent.mkdir(parents=True, exist_ok=True)
        shutil.copytree(source, target, ignore=ignore) if source.is_dir() else shutil.copy(source, target)
    (folder / ".dvc/config").write_text(DVC_CONFIG, encoding="utf-8")  # a user's may name another remote
    shutil.copytree(encoders["bert"], folder / ENCODER)
    model = {"model.name": ENCODER, "model.sha256": sha256(folder / ENCODER / "model.safetensors")}
    with contextlib.chdir(folder):
        change_params(TINY | model)
        write_raw_files()
        write_companions()
        packages.refresh()  # whatever the user's own has
    made.run("git", "init", "--quiet")
    made.dvc("add", "data/raw")
    made.commit()
