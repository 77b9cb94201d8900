"""Contrastive few-shot learning: SetFit. Pairs of rows teach the encoder which of them are of one class.

Tunstall et al., Efficient Few-Shot Learning Without Prompts (2022). Its library draws the pairs, trains on them, and
gives the head, all as it does by default. What it trains reads rows as fine-tuning does: packed, in bfloat16.
"""

import math
from collections.abc import Sequence
from contextlib import nullcontext
from tempfile import TemporaryDirectory
from typing import Any

import numpy as np
import setfit.logging
import torch
from accelerate.utils.memory import clear_device_cache
from datasets import Dataset
from sentence_transformers import SentenceTransformer
from sentence_transformers.base.modules import InputModule
from setfit import SetFitModel, Trainer, TrainingArguments
from setfit.model_card import ModelCardCallback
from sklearn.linear_model import LogisticRegression
from threadpoolctl import threadpool_limits
from transformers import PrinterCallback, ProgressCallback

from core.base import params
from core.data import tokenized_rows
from core.decision.scoring import Table
from core.encoders import mean_pooling, out_of_memory, padded, windows
from core.encoders.checkpoint import load_tokenizer, locate
from core.encoders.device import device, has_bf16
from core.encoders.inference import mean_states
from core.encoders.networks import load_encoder
from core.encoders.packed import packing
from core.encoders.params import Model
from study.params import Contrastive, Study
from study.techniques.technique import Material, Technique

BATCH = 16  # pairs of a step: the library's own

setfit.logging.set_verbosity_error()


class Encoder(InputModule):
    """The pretrained encoder under sentence-transformers, whose texts are numbers of rows: tokenized as all others."""

    def __init__(self, network: Any, tokenizer: Any, rows: Dataset) -> None:
        super().__init__()
        self.packed = packing.packs(network)
        self.network = packing.pack(network) if self.packed else network
        self.collate = packing.collator(network) if self.packed else padded.collator(tokenizer)
        self.rows = list(tokenized_rows.inputs(rows).remove_columns("labels"))

    def preprocess(self, inputs: Sequence[str], prompt: str | None = None, **_: Any) -> dict[str, Any]:
        """Return a batch of these rows, longest first as `collate` has them, and where each of the inputs then is."""
        rows = [self.rows[int(number)] for number in inputs]
        order = sorted(range(len(rows)), key=lambda row: -len(rows[row]["input_ids"]))
        return self.collate([rows[row] for row in order]) | {"places": torch.from_numpy(np.argsort(order))}

    def forward(self, features: dict[str, Any], **_: Any) -> dict[str, Any]:
        """Return the features with the mean of each row's last hidden states: sentence_embedding, (rows, size)."""
        batch = dict(features)
        places, texts = batch.pop("places"), batch.pop("texts", None)
        if self.packed:
            states = packing.in_bfloat16(self.network, **batch) if has_bf16() else self.network(**batch)
            means = packing.means(states.last_hidden_state.float(), batch["bounds"])
        else:
            with torch.autocast(device().type, torch.bfloat16) if has_bf16() else nullcontext():
                states = self.network(**batch)
            means = mean_pooling.mean(states.last_hidden_state.float(), batch["attention_mask"])
        if texts is not None:
            lengths = batch["lengths"] if self.packed else batch["attention_mask"].sum(1).tolist()
            means = windows.mean(means, texts, lengths)
        return features | {"sentence_embedding": means[places]}

    def save(self, *_: Any, **__: Any) -> None:
        raise NotImplementedError("a cell's encoder is not kept")


def predict(material: Material) -> Table:
    """Return the probabilities of a logistic regression on the states of an encoder that pairs of the draw have taught.

    States keep the length that the encoder gives them, also where a model folder asks sentence-transformers for length
    1: of such, the head of the library is regularized too much where classes are many.
    """
    model, section = params.load(Model), params.load(Study).contrastive
    tokenizer = load_tokenizer(locate(model))
    labels = np.asarray(material.rows["labels"])

    def attempt(pairs_at_a_time: int) -> Table:
        encoder = Encoder(load_encoder(model), tokenizer, material.rows)
        head = taught(encoder, labels, section, material.seed, pairs_at_a_time)

        drawn, scored = (
            mean_states(encoder.network, tokenizer, tokenized_rows.inputs(rows))
            for rows in (material.rows, material.scored)
        )
        table = np.zeros((len(scored), material.decision.classes))
        if not (np.isfinite(drawn).all() and np.isfinite(scored).all()):
            return table * np.nan  # which scikit-learn would refuse in words of its own
        with threadpool_limits(1):
            table[:, np.unique(labels)] = head.fit(drawn, labels).predict_proba(scored)
        return table

    try:
        return out_of_memory.fitting(attempt, "contrastive few-shot", BATCH, 1)
    finally:
        clear_device_cache(garbage_collection=True)  # the next cell of this process needs the memory


def taught(
    encoder: Encoder, labels: np.ndarray, section: Contrastive, seed: int, pairs_at_a_time: int
) -> LogisticRegression:
    """Train the encoder on pairs, and return the head that the library gives it, not fitted yet."""
    alike = max(section.pairs // 2, 1)  # of each row, and as many that are not
    with TemporaryDirectory() as folder:
        arguments = TrainingArguments(
            output_dir=folder,
            batch_size=BATCH,
            num_iterations=alike,
            # Said a second time, in steps: of many rows it would else write down each pair that there is.
            max_steps=section.epochs * math.ceil(2 * alike * len(labels) / BATCH),
            num_epochs=section.epochs,
            seed=seed,
            report_to="none",
            logging_strategy="no",
            save_strategy="no",
            show_progress_bar=False,
        )
        body = SentenceTransformer(modules=[encoder], device=str(device()), local_files_only=True)
        model = SetFitModel(body, LogisticRegression())
        trainer = Trainer(model, arguments)
        for callback in (ModelCardCallback, PrinterCallback, ProgressCallback):
            trainer.remove_callback(callback)
        settings = trainer.st_trainer.args
        settings.dataloader_pin_memory = device().type != "cpu"
        settings.per_device_train_batch_size = pairs_at_a_time
        settings.gradient_accumulation_steps = BATCH // pairs_at_a_time
        settings._n_gpu = min(settings.n_gpu, 1)
        trainer.train_embeddings([str(row) for row in range(len(labels))], labels.tolist())
    return model.model_head


TECHNIQUE = Technique(
    title="contrastive few-shot",
    description="SetFit: the pretrained model learns from pairs of rows, then a logistic regression on its states",
    parameters=lambda: (params.load(Model), params.load(Study).contrastive),
    predict=predict,
    seeded=True,
)
