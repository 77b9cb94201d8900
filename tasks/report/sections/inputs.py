"""The report's sections on what went in: data, augmented copies, tokens, model and parameters, as markdown."""

from collections.abc import Mapping, Sequence

import pandas as pd
import yaml

from core.base import paths
from core.base.files import require, sha256
from core.data.splits import SPLITS
from core.data.texts import head
from core.data.tokenization_counts import TokenizationCounts, TokenizedSplit
from core.data.validation_counts import Expectation, QuarantinedCounts, SplitCounts, ValidationCounts
from core.reporting.markdown import code, percent, plain, table
from tasks import recipe
from tasks.params import Params

CLASSES_SHOWN = 20
SOURCES = {
    paths.validated("validation"): "labels that rung, seed and epoch are chosen by",
    paths.validated("test"): "labels that every score is measured on",
    paths.BASELINE_PREDICTIONS: "what the ladder predicts",
    paths.FINETUNED_PREDICTIONS: "what the fine-tuned models predict",
    paths.PROBE_PREDICTIONS: "what linear probes predict of everyday sentences",
}


def data(validation: ValidationCounts) -> str:
    """Return the files read, the rows of each split and class, what was quarantined, and what was expected."""
    files = [[code(file.file), str(file.rows), code(file.sha256)] for file in validation.files]
    origin = "One file was given and is split here: by class, groups kept together." if validation.split_here else ""
    parts = [
        "## Data",
        origin,
        table(["file", "rows", "SHA-256"], files),
        _rows(validation.rows, validation.labels),
        _quarantined(validation.set_aside),
        _expectations(validation.expectations),
    ]
    return "\n\n".join(part for part in parts if part)


def _rows(counts: Mapping[str, SplitCounts], labels: Sequence[str]) -> str:
    splits = [counts[split] for split in SPLITS]
    rows = [
        ["rows read", *(str(split.read) for split in splits)],
        ["rows quarantined", *(str(split.set_aside) for split in splits)],
        ["rows usable", *(str(split.usable) for split in splits)],
        *([code(label), *(str(split.classes.get(label, 0)) for split in splits)] for label in labels[:CLASSES_SHOWN]),
    ]
    hidden = len(labels) - CLASSES_SHOWN
    more = f"\n\nThe other {hidden} classes stand in `{paths.VALIDATION_COUNTS}`." if hidden > 0 else ""
    return table(["", *SPLITS], rows) + more


def _quarantined(reasons: Sequence[QuarantinedCounts]) -> str:
    rows = [[reason.reason, str(reason.rows), str(reason.texts)] for reason in reasons if reason.rows]
    if not rows:
        return "Every row read could be used."
    listed = table(["quarantined", "rows", "distinct texts"], rows)
    return f"Rows that could not be used are in `{paths.QUARANTINE}`, each with its reason:\n\n{listed}"


def _expectations(expectations: Sequence[Expectation]) -> str:
    rows = [
        [plain(asked.expectation), asked.severity, "holds" if asked.passed else f"**{asked.failing} fail**"]
        for asked in expectations
    ]
    return f"### Expectations\n\n{table(['expectation', 'severity', ''], rows)}"


def augmentation(rows: pd.DataFrame, training_rows: int) -> str:
    """Return the augmented copies of training rows by operator."""
    if rows.empty:
        return "## Augmentation\n\nThere are no augmented copies."
    counts = [
        [code(str(operator)), str(count)] for operator, count in rows["operator"].value_counts(sort=False).items()
    ]
    return (
        f"## Augmentation\n\n{len(rows)} augmented copies join the {training_rows} original rows in fine-tuning; the "
        f"baselines learn from the original ones.\n\n{table(['operator', 'rows'], sorted(counts))}"
    )


def tokenization(counts: TokenizationCounts) -> str:
    """Return each split's rows, lengths, and how many rows were cut or windows read."""
    windows, most = counts.long == "chunks", counts.max_length
    rows = [
        [split, str(of_split.rows), str(of_split.mean_tokens), str(of_split.longest), _cut(of_split, windows)]
        for split, of_split in counts.splits.items()
    ]
    way = {
        "truncate": f"Texts are cut to {most} tokens.",
        "head_tail": f"Of a text of more than {most} tokens the first {head(most)} and the last {most - head(most)} "
        "are read.",
        "chunks": f"A text is read in windows of at most {most} tokens each; its logits are the mean of theirs.",
    }[counts.long]
    if counts.texts == 2:
        way = f"The two texts of a row are read together, cut to {most} tokens, the longer one first."
    header = ["split", "rows", "mean tokens", "longest", "windows" if windows else "truncated"]
    return f"## Tokenization\n\n{way}\n\n{table(header, rows)}"


def _cut(split: TokenizedSplit, windows: bool) -> str:
    return str(split.windows) if windows else f"{split.truncated} ({percent(split.truncated / split.rows)})"


def sources() -> str:
    """Return the files that the scores follow from, with their hashes."""
    rows = [[code(str(path)), what, code(sha256(require(path)))] for path, what in SOURCES.items()]
    return (
        "## Sources\n\nEvery score of the ladder, of the fine-tuned models and of the probe follows from these files: "
        "`python -m tasks.report --verify` recomputes them all and names what does not follow. What stages "
        "counted while they ran, on data, tokens and training, is held to their files in `reports/`.\n\n"
        f"{table(['file', 'holds', 'SHA-256'], rows)}"
    )


def model(used: Params, read: dict[str, str]) -> str:
    """Return the model's name, revision and hash, the files read with theirs, and whether it is the original recipe."""
    declared = {"name": used.model.name, "revision": used.model.revision, "weights": used.model.sha256}
    file = code(paths.ORIGINAL_RECIPE.as_posix())
    original = (
        f"\n\n**This is the original recipe**: every value of {file} was used as it stands there."
        if recipe.is_followed(used, paths.ORIGINAL_RECIPE)
        else ""
    )
    rows = [[name, code(value or "-")] for name, value in declared.items()]
    files = [[code(name), code(sha256)] for name, sha256 in read.items()]
    return (
        f"## Model\n\n{table(['model', ''], rows)}\n\n*Weights* is the SHA-256 that `params.yaml` declares. These "
        f"files decide what the model does:\n\n{table(['file', 'SHA-256'], files)}{original}"
    )


def parameters(used: Params) -> str:
    """Return every parameter as YAML."""
    text = yaml.safe_dump(used.model_dump(mode="json"), sort_keys=False, allow_unicode=True, default_flow_style=None)
    listed = f"<details><summary>params.yaml as it was used</summary>\n\n```yaml\n{text}```\n\n</details>"
    return f"## Parameters\n\n{_repeated(used)}\n\n{listed}"


def _repeated(used: Params) -> str:
    if used.finetuning.deterministic:
        return "The same parameters and data give the same models again (`finetuning.deterministic`), on one machine."
    return (
        "The same parameters and data give the same models again on one machine's CPU; on a GPU the last digits may "
        "differ, as `finetuning.deterministic` is false."
    )
