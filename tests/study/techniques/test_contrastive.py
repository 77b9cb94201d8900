"""Contrastive few-shot learning by the real SetFit: that pairs teach, how many there are, and what is read and left."""

import gc
import os
import subprocess
import sys
import weakref
from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import torch
from safetensors.torch import load_file, save_file
from sentence_transformers import SentenceTransformerTrainer
from sklearn.linear_model import LogisticRegression
from transformers import Trainer

from core.base import params
from core.data import tokenized_rows
from core.encoders.checkpoint import load_tokenizer
from core.encoders.inference import mean_states
from core.encoders.networks import load_encoder
from core.encoders.params import Model
from study.techniques import contrastive, frozen_encoder
from study.techniques.contrastive import BATCH, TECHNIQUE, Encoder
from tests import models
from tests.conftest import ENCODER, ROOT, WORDS
from tests.study.techniques.material import few, material
from tests.tasks.finetuning.conftest import declare_weights

LETTERS = "bcdefghijklmnopq"


def letters_among_words(times, seed):
    """Return rows of words by chance and a letter, of which each second one makes a row urgent."""
    generator = np.random.default_rng(seed)
    rows = []
    for number, letter in enumerate(LETTERS * times):
        words = generator.choice(WORDS.split(), 3).tolist()
        words.insert(int(generator.integers(0, 4)), letter)
        rows.append({"text": " ".join(words), "label": ("routine", "urgent")[number % 2]})
    return pd.DataFrame(rows)


def let_embeddings_learn_quickly():
    """Make the encoder's embeddings small: SetFit's learning rate would change a random encoder's too little."""
    path = Path(ENCODER, "model.safetensors")
    weights = load_file(path)
    embeddings = [name for name in weights if "embeddings" in name and "LayerNorm" not in name]
    save_file(weights | {name: weights[name] * 0.02 for name in embeddings}, path, {"format": "pt"})
    declare_weights()


def test_what_pairs_teach_the_encoder_beats_the_frozen_one_on_each_of_the_same_draws(tiny_params):
    tiny_params({"study.contrastive": {"pairs": 40, "epochs": 1}})
    let_embeddings_learn_quickly()
    scored = letters_among_words(8, seed=100)
    gains = []
    for seed in range(3):
        given = material(letters_among_words(3, seed), scored, seed=seed)
        labels = np.asarray(given.scored["labels"])
        taught, frozen = (each.TECHNIQUE.predict(given).argmax(1) == labels for each in (contrastive, frozen_encoder))
        gains.append(taught.mean() - frozen.mean())
    assert min(gains) > 0.05


def trained(monkeypatch):
    """Return a list to which each training of SetFit adds its trainer."""
    seen = []
    train = Trainer.train
    monkeypatch.setattr(Trainer, "train", lambda self, *a, **k: (train(self, *a, **k), seen.append(self))[0])
    return seen


@pytest.mark.parametrize(("pairs", "of_each_kind"), [(10, 5), (7, 3), (1, 1)])
def test_each_row_has_as_many_pairs_as_asked_half_of_them_alike(tiny_params, monkeypatch, pairs, of_each_kind):
    tiny_params({"study.contrastive": {"pairs": pairs, "epochs": 2}})
    seen = trained(monkeypatch)
    TECHNIQUE.predict(few(rows=12))
    drawn = seen[0].train_dataset
    assert sorted(drawn["label"]) == [0.0] * 12 * of_each_kind + [1.0] * 12 * of_each_kind
    for first, second, alike in zip(drawn["sentence_1"], drawn["sentence_2"], drawn["label"], strict=True):
        assert (int(first) % 2 == int(second) % 2) == bool(alike)  # labels of `few` alternate
    assert seen[0].state.global_step == 2 * -(-24 * of_each_kind // BATCH)


def test_the_same_draw_and_seed_give_the_same_bytes_and_another_seed_others(tiny_params):
    tiny_params()
    first, again, other = (TECHNIQUE.predict(few(seed=seed)) for seed in (1, 1, 2))
    assert first.tobytes() == again.tobytes()
    assert first.tobytes() != other.tobytes()


def test_two_processes_give_the_same_bytes(tiny_params, tmp_path):
    tiny_params()
    program = (
        "from pathlib import Path; from study.techniques.contrastive import TECHNIQUE;"
        "from tests.study.techniques.material import few;"
        "Path('table').write_bytes(TECHNIQUE.predict(few()).tobytes())"
    )
    path = os.pathsep.join([str(ROOT), *sys.path])
    subprocess.run([sys.executable, "-c", program], check=True, env=os.environ | {"PYTHONPATH": path})
    assert TECHNIQUE.predict(few()).tobytes() == Path("table").read_bytes()


def test_neither_the_labels_of_the_scored_rows_nor_augmented_copies_change_anything(tiny_params):
    tiny_params()
    given = few()
    labels = [1 - label for label in given.scored["labels"]]
    flipped = given.scored.remove_columns("labels").add_column("labels", labels)
    others = replace(given, scored=flipped, copies=given.copies.select([]))
    assert TECHNIQUE.predict(others).tobytes() == TECHNIQUE.predict(given).tobytes()


def test_one_row_a_class_is_enough(tiny_params):
    tiny_params()
    assert TECHNIQUE.predict(few(rows=2)).sum(1) == pytest.approx(1)


def test_nothing_of_a_cell_stays_in_memory_and_nothing_is_printed(tiny_params, monkeypatch, capfd):
    tiny_params()
    seen = []
    train = Trainer.train
    monkeypatch.setattr(Trainer, "train", lambda self, *a, **k: (seen.append(weakref.ref(self.model)), train(self))[1])
    for seed in (1, 2):
        TECHNIQUE.predict(few(seed=seed))
    gc.collect()
    assert len(seen) == 2 and [network() for network in seen] == [None, None]
    printed = capfd.readouterr()
    assert printed.out == "" and "%|" not in printed.err


def test_nobody_is_asked_over_the_network(tiny_params, monkeypatch):
    tiny_params()

    def refuse(*arguments, **keywords):
        raise AssertionError(f"asked {arguments}")

    monkeypatch.setattr("socket.socket.connect", refuse)
    monkeypatch.setattr("socket.getaddrinfo", refuse)
    TECHNIQUE.predict(few())


def test_short_of_memory_fewer_pairs_at_a_time_end_with_nearly_the_same(tiny_params, monkeypatch, capfd):
    tiny_params()
    let_embeddings_learn_quickly()
    whole, step, pairs = TECHNIQUE.predict(few()), Trainer.training_step, []

    def short(self, model, inputs, *arguments, **keywords):
        if len(inputs["label"]) > 4:
            raise RuntimeError("CUDA out of memory. Tried to allocate 2.00 GiB")
        pairs.append(len(inputs["label"]))
        return step(self, model, inputs, *arguments, **keywords)

    monkeypatch.setattr(Trainer, "training_step", short)
    seen = trained(monkeypatch)
    assert TECHNIQUE.predict(few()) == pytest.approx(whole, abs=5e-3)
    assert pairs == [4] * (12 * 10 // 4)
    assert seen[-1].state.global_step == -(-12 * 10 // BATCH)
    assert "4 at a time, accumulated over 4" in capfd.readouterr().out


def test_training_that_diverges_gives_what_is_no_probability(tiny_params, monkeypatch):
    tiny_params()
    loss = SentenceTransformerTrainer.compute_loss
    nowhere = float("nan")
    monkeypatch.setattr(SentenceTransformerTrainer, "compute_loss", lambda *a, **k: loss(*a, **k) * nowhere)
    assert np.isnan(TECHNIQUE.predict(few())).all()


def save_model(family):
    models.save(family, Path(ENCODER))
    declare_weights()


@pytest.mark.parametrize("family", ["bert", "roberta", "distilbert", "albert", "modernbert"])
def test_rows_of_any_architecture_are_embedded_as_the_frozen_encoder_embeds_them(tiny_params, family):
    tiny_params()
    save_model(family)
    rows = few().rows
    tokenizer = load_tokenizer(Path(ENCODER))
    encoder = Encoder(load_encoder(params.load(Model)), tokenizer, rows).eval()
    numbers = [3, 0, 0, 7, 11]
    with torch.no_grad():
        found = encoder(encoder.preprocess(list(map(str, numbers))))["sentence_embedding"].numpy()
    expected = mean_states(load_encoder(params.load(Model)), tokenizer, tokenized_rows.inputs(rows))[numbers]
    assert found == pytest.approx(expected, abs=2e-2)  # bfloat16 in other batches


def test_long_texts_in_windows_are_read_whole(tiny_params):
    tiny_params()
    rows = few().rows
    halves = [[len(ids) // 2, len(ids) - len(ids) // 2] for ids in rows["input_ids"]]
    rows = rows.add_column("windows", halves)
    tokenizer = load_tokenizer(Path(ENCODER))
    encoder = Encoder(load_encoder(params.load(Model)), tokenizer, rows).eval()
    with torch.no_grad():
        found = encoder(encoder.preprocess(["5", "2"]))["sentence_embedding"].numpy()
    expected = mean_states(load_encoder(params.load(Model)), tokenizer, tokenized_rows.inputs(rows))[[5, 2]]
    assert found == pytest.approx(expected, abs=2e-2)


def test_the_head_is_a_regression_on_states_of_their_own_length(tiny_params, monkeypatch):
    tiny_params()
    models.save("bert", Path(ENCODER))
    Path(ENCODER, "modules.json").write_text('[{"type": "sentence_transformers.models.Normalize"}]', encoding="utf-8")
    declare_weights()
    given, seen = few(), trained(monkeypatch)
    found = TECHNIQUE.predict(given)
    network, tokenizer = seen[0].model[0].network, load_tokenizer(Path(ENCODER))
    drawn, scored = (
        mean_states(network, tokenizer, tokenized_rows.inputs(each)) for each in (given.rows, given.scored)
    )
    assert found == pytest.approx(LogisticRegression().fit(drawn, given.rows["labels"]).predict_proba(scored))


def test_only_its_own_knobs_of_the_study_are_part_of_what_a_cell_depends_on(tiny_params):
    tiny_params()
    before = TECHNIQUE.parameters()
    tiny_params({"study.repetitions": {"few": 2, "many": 2, "all": 2}})
    assert TECHNIQUE.parameters() == before
    tiny_params({"study.contrastive": {"pairs": 4, "epochs": 1}})
    assert TECHNIQUE.parameters() != before
