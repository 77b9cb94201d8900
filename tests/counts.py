"""What `validation` and `tokenization` would have counted of a few rows."""

from collections.abc import Mapping, Sequence

from core.data.tokenization_counts import Fragmentation, Overlap, TokenizationCounts, TokenizedSplit, WordCounts
from core.data.validation_counts import QuarantinedCounts, RawFile, SplitCounts, ValidationCounts

WORDS = WordCounts(words=9, different_words=7, pieces_per_word=1.3, broken=0.2, broken_different=0.25, unknown=0.0)


def validated(
    usable: Mapping[str, int],
    labels: Sequence[str] = ("routine", "urgent"),
    quarantined: Mapping[str, int] | None = None,
    description: str | None = None,
) -> ValidationCounts:
    """Return the counts of splits with so many usable rows, and of rows quarantined by reason, two of a text."""
    return ValidationCounts(
        description=description,
        files=[
            RawFile(
                file="all.csv",
                read_as="UTF-8, comma-separated",
                sha256="0" * 64,
                rows=sum(usable.values()) + sum((quarantined or {}).values()),
            )
        ],
        split_here=True,
        moved=0,
        labels=list(labels),
        rows={
            split: SplitCounts(
                read=rows, set_aside=0, usable=rows, classes=dict.fromkeys(labels, rows // max(len(labels), 1))
            )
            for split, rows in usable.items()
        },
        rare=[],
        set_aside=[
            QuarantinedCounts(reason=reason, rows=rows, texts=(rows + 1) // 2)
            for reason, rows in (quarantined or {}).items()
        ],
        expectations=[],
    )


def tokenized(
    rows: Mapping[str, int], max_length: int = 128, truncated: int = 0, windows: int = 0
) -> TokenizationCounts:
    """Return the counts of splits with so many rows, some of each truncated, or read in so many windows."""
    return TokenizationCounts(
        max_length=max_length,
        long="chunks" if windows else "truncate",
        texts=1,
        splits={
            split: TokenizedSplit(
                rows=count,
                synthetic=0,
                truncated=truncated,
                windows=windows or count,
                mean_tokens=30.0,
                longest=max_length,
            )
            for split, count in rows.items()
        },
        held_out_copies=0,
        fragmentation=Fragmentation(domain=WORDS, general=WORDS, overlap=Overlap(different_words=0.5, words=0.8)),
        model={"model.safetensors": "0" * 64},
    )
