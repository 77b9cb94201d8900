"""How large what `benchmarks.gpu` runs is: on a card, and the same in small, which a test runs on a CPU."""

from typing import Any, NamedTuple


class Sizes(NamedTuple):
    """Networks are named configurations of transformers, of which these values are changed."""

    networks: dict[str, dict[str, Any]]  # by family, for logits and gradients
    layers: int  # of these networks where they are drawn with dropout again and again
    lengths: tuple[int, ...]  # tokens of their rows
    passes: int  # with dropout, of which each draws many times
    encoder: dict[str, Any]  # a BERT that is fine-tuned
    rows: int  # that it is fine-tuned on
    seeds: tuple[int, ...]  # that are fine-tuned side by side
    rows_of_seeds: int  # on which each of them is
    batches_out_of_memory: tuple[int, ...]  # rows of a step, larger first, for which memory will be short
    encoder_for_speed: dict[str, Any]  # a BERT
    texts: dict[str, tuple[int, int]]  # mean and deviation of the tokens
    batches: tuple[int, ...]  # that each way is measured at; all ways are compared at the first
    rows_of_inference: int
    steps: int  # of a measurement of speed at the first of them
    products: tuple[int, ...]  # sizes of the matrices whose products show the peak
    patience: float  # times the seconds that each part has on a card


FULL = Sizes(
    networks={"bert": {}, "roberta": {}, "distilbert": {}, "modernbert": {}},  # each as its base model
    layers=4,
    lengths=(300, 300, 256, 200, 129, 128, 127, 64, 64, 33, 32, 23, 20, 9, 7, 1),
    passes=4,
    encoder={
        "hidden_size": 256,
        "num_hidden_layers": 4,
        "num_attention_heads": 4,
        "intermediate_size": 1024,
        "initializer_range": 0.09,
    },
    rows=1024,
    seeds=(1, 2, 3),
    rows_of_seeds=4096,
    batches_out_of_memory=(256, 96),
    encoder_for_speed={},  # BERT-base
    texts={"short": (23, 6), "long": (300, 90)},
    batches=(32, 128),
    rows_of_inference=8192,
    steps=40,
    products=(4096, 8192),
    patience=1,
)
_SMALL = {"hidden_size": 32, "num_hidden_layers": 2, "num_attention_heads": 2, "intermediate_size": 48}
_DISTILBERT = {"dim": 32, "n_layers": 2, "n_heads": 2, "hidden_dim": 48}
_WORDS = {"vocab_size": 200}
TINY = Sizes(
    networks={
        "bert": _SMALL | _WORDS,
        "roberta": _SMALL | _WORDS,
        "distilbert": _DISTILBERT | _WORDS,
        "modernbert": _SMALL | _WORDS | {"local_attention": 8, "pad_token_id": 0},
    },
    layers=2,
    lengths=(40, 40, 33, 20, 9, 8, 7, 1),
    passes=3,
    encoder=_SMALL | _WORDS | {"initializer_range": 0.1},
    rows=192,
    seeds=(1, 2),
    rows_of_seeds=64,
    batches_out_of_memory=(64, 32),
    encoder_for_speed=_SMALL | _WORDS,
    texts={"short": (9, 3), "long": (40, 10)},
    batches=(8, 16),
    rows_of_inference=64,
    steps=10,
    products=(64, 128),
    patience=10,
)
