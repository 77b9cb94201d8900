"""Texts longer than `max_length`: what each way of `tokenization.long` reads of them."""

from pathlib import Path

from datasets import load_from_disk
from transformers import PreTrainedTokenizerFast

from core.base.files import read_json
from tasks.tokenization import __main__ as tokenization
from tests.conftest import ENCODER
from tests.tasks.conftest import LONG_TEXT


def tokens(text: str) -> list[int]:
    return list(PreTrainedTokenizerFast.from_pretrained(ENCODER)(text)["input_ids"])


def test_of_head_and_tail_a_quarter_is_the_head_and_what_lost_its_middle_is_counted(long_texts):
    long_texts("head_tail")
    tokenization.main()
    rows, whole = load_from_disk("data/tokenized")["test"], tokens(f"{LONG_TEXT} test")
    assert list(rows["input_ids"])[0] == whole[:4] + whole[-12:]  # of 16, as 129 of 512
    assert list(rows["truncated"]) == [True] + [False] * 7
    counted = read_json(Path("reports/tokenization.json"))
    assert (counted["long"], counted["splits"]["test"]["truncated"]) == ("head_tail", 1)


def test_of_chunks_every_token_stands_in_one_window_with_special_tokens_of_its_own(long_texts, capsys):
    long_texts("chunks")
    tokenization.main()
    rows, content = load_from_disk("data/tokenized")["test"], tokens(f"{LONG_TEXT} test")[1:-1]
    first = rows[0]
    lengths = first["windows"]
    ends = [sum(lengths[: number + 1]) for number in range(len(lengths))]
    read = [first["input_ids"][end - length : end] for end, length in zip(ends, lengths, strict=True)]
    assert all((ids[0], ids[-1]) == (2, 3) and len(ids) <= 16 for ids in read)
    assert [token for ids in read for token in ids[1:-1]] == content
    assert [len(each) for each in rows["windows"]][1:] == [1] * 7
    counted = read_json(Path("reports/tokenization.json"))["splits"]["test"]
    assert (counted["truncated"], counted["windows"]) == (0, len(lengths) + 7)
    assert f"test: 8 rows, {len(lengths) + 7} windows of 16 tokens" in capsys.readouterr().out
