"""Which learning rates are usual, and the next lower one to try."""

USUAL = (1e-5, 1e-4)  # Devlin et al., BERT (2019), A.3: 2e-5 to 5e-5; small encoders take more
FEW = 10  # times that where the encoder itself is frozen: Schulman, LoRA Without Regret (2025)


def usual(method: str) -> tuple[float, float]:
    """Return the lowest and the highest usual learning rate of a method of fine-tuning."""
    times = 1 if method == "full" else FEW
    return USUAL[0] * times, USUAL[1] * times


def lower(rate: float, method: str) -> float:
    """Return a tenth of a rate that is too high, as far as that is usual, and half of it at most."""
    lowest, highest = usual(method)
    return min(rate / 2, max(rate / 10, lowest), highest / 2)
