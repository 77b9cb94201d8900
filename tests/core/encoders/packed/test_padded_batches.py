"""Each head of each token has one place, and what is moved there comes back."""

import torch

from core.encoders.packed.padded_batches import LIKE, STEP, Moved, layout

LENGTHS = (STEP, 3, 1)
HEADS = 2
CPU = torch.device("cpu")


def test_rows_of_like_lengths_share_a_batch_and_their_padding_is_hidden():
    first, second = layout((STEP + LIKE, STEP, 2), STEP + LIKE + STEP + 3, HEADS, CPU).batches
    assert (first.row_count, first.longest) == (2, STEP + LIKE)
    assert first.hidden is not None
    assert (first.hidden[:, 0, 0] == 0).sum(1).tolist() == [STEP + LIKE, STEP]
    assert (second.row_count, second.longest) == (1, STEP)
    (alone,) = layout((STEP, STEP), 2 * STEP + 1, HEADS, CPU).batches
    assert alone.hidden is None


def test_the_tokens_of_a_head_lie_together_and_padding_is_the_first_token_of_no_row():
    order = layout(LENGTHS, sum(LENGTHS) + 4, HEADS, CPU).order
    tokens, heads = order // HEADS, order % HEADS
    first, second, third, empty = tokens.split([STEP * HEADS, STEP * HEADS, STEP * HEADS, HEADS])
    assert first.view(HEADS, STEP).tolist() == [list(range(STEP))] * HEADS
    assert second.view(HEADS, STEP).tolist() == [[8, 9, 10, *[12] * (STEP - 3)]] * HEADS
    assert third.view(HEADS, STEP).tolist() == [[11, *[12] * (STEP - 1)]] * HEADS
    assert empty.tolist() == [12] * HEADS
    assert heads.tolist() == [*[*[0] * STEP, *[1] * STEP] * 3, 0, 1]


def test_what_is_moved_to_its_place_comes_back_with_its_gradient_and_what_is_of_no_row_with_none():
    tokens = sum(LENGTHS) + 4
    lie = layout(LENGTHS, tokens, HEADS, CPU)
    states = torch.randn(tokens * HEADS, 3, requires_grad=True)
    there = Moved.apply(states, lie.order, lie.places)
    weights = torch.randn(there.shape)
    weights[lie.order >= sum(LENGTHS) * HEADS] = 0  # as attention does: nothing reads what is hidden
    back = Moved.apply(there * weights, lie.places, lie.order)
    real = sum(LENGTHS) * HEADS
    assert (back[:real] == (states * weights[lie.places])[:real]).all()
    assert not back[real:].any()
    back.sum().backward()
    assert states.grad is not None
    assert (states.grad == weights[lie.places]).all()


def test_what_inference_asked_first_serves_training_too():
    layout.cache_clear()
    with torch.inference_mode():
        layout(LENGTHS, sum(LENGTHS) + 4, HEADS, CPU)
    lie = layout(LENGTHS, sum(LENGTHS) + 4, HEADS, CPU)
    assert layout.cache_info().hits == 1
    states = torch.randn((sum(LENGTHS) + 4) * HEADS, 3, requires_grad=True)
    Moved.apply(states, lie.order, lie.places).sum().backward()
    assert states.grad is not None
