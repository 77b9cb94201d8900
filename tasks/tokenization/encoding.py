"""Texts as token ids, and what becomes of more tokens than the model reads at once.

`Any` stands for tokenizers of transformers and their encodings, which have no types.
"""

from collections.abc import Sequence
from typing import Any, NamedTuple

from core.base.errors import UserError
from core.data.texts import head

Ids = list[list[int]]


class Encoded(NamedTuple):
    """Rows as the model reads them: each field has an entry for each row."""

    input_ids: Ids
    token_type_ids: Ids | None  # 0 for tokens of the first text, 1 for those of the second; None where it is not read
    windows: Ids | None  # lengths of the windows that lie one behind the other in input_ids; None but for chunks
    truncated: list[bool]  # whether tokens were left out


def whole(texts: Sequence[list[str]], tokenizer: Any) -> list[Any]:
    """Return the encoding of each row, with all its tokens.

    `texts` are those of all rows, or for pairs the first ones and the second ones.
    """
    # One call for all rows: the tokenizer then works in parallel. Not verbose: it would warn of rows too long for the
    # model, which does not get these.
    encoded = tokenizer(*texts, verbose=False, return_token_type_ids=False, return_attention_mask=False)
    encodings: list[Any] = encoded.encodings
    return encodings


def encode(
    texts: Sequence[list[str]], tokenizer: Any, max_length: int, long: str = "truncate", types: bool = False
) -> Encoded:
    """Return the tokens of rows as the model reads them: see `cut`."""
    return cut(whole(texts, tokenizer), texts, tokenizer, max_length, long, types)


def cut(
    encodings: Sequence[Any], texts: Sequence[list[str]], tokenizer: Any, max_length: int, long: str, types: bool
) -> Encoded:
    """Return the tokens of rows, whose encodings hold all, at most `max_length` of each, or with chunks of each window.

    `long` says what becomes of more tokens: of two texts the longer is cut first. `types` asks for token_type_ids,
    which tell two texts apart.
    """
    if long == "head_tail":
        return _without_middle([encoding.ids for encoding in encodings], max_length)
    read = list(encodings)
    if too_long := [row for row, encoding in enumerate(encodings) if len(encoding) > max_length]:
        again = [[side[row] for row in too_long] for side in texts]
        shorter = tokenizer(*again, truncation="longest_first", max_length=max_length)
        for row, encoding in zip(too_long, shorter.encodings, strict=True):
            read[row] = encoding
    if long == "chunks":
        return _in_windows(read)
    token_types = [encoding.type_ids for encoding in read] if types else None
    truncated = [bool(encoding.overflowing) for encoding in read]
    return Encoded([encoding.ids for encoding in read], token_types, None, truncated)


def _without_middle(input_ids: Ids, max_length: int) -> Encoded:
    first = head(max_length)
    cut = [ids[:first] + ids[first - max_length :] if len(ids) > max_length else ids for ids in input_ids]
    return Encoded(cut, None, None, [len(ids) > max_length for ids in input_ids])


def _in_windows(encodings: Sequence[Any]) -> Encoded:
    windows_by_row = [[window.ids for window in [encoding, *encoding.overflowing]] for encoding in encodings]
    input_ids = [[token for window in windows for token in window] for windows in windows_by_row]
    lengths = [[len(window) for window in windows] for windows in windows_by_row]
    return Encoded(input_ids, None, lengths, [False] * len(input_ids))


def require_pairs(tokenizer: Any, name: str) -> None:
    """Raise UserError where a tokenizer puts nothing between two texts, which would run into each other."""
    if tokenizer.num_special_tokens_to_add(pair=True) <= tokenizer.num_special_tokens_to_add(pair=False):
        raise UserError(
            f"validation.text names two columns, and the tokenizer of {name} puts nothing between two texts: name "
            "another model, or one column that holds both"
        )
