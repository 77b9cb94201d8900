"""Where the project's files stand, seen from its folder: each is named here and, for DVC, in dvc.yaml."""

from pathlib import Path

PARAMS = Path("params.yaml")
PACKAGES = Path("packages.yaml")
ORIGINAL_RECIPE = Path("params/distilbert.yaml")
LOCK = Path("dvc.lock")

RAW = Path("data/raw")
RAW_VERSION = Path("data/raw.dvc")
LEXICON = Path("data/lexicon.csv")
PROBE_SENTENCES = Path("data/probe/probe.csv")
VALIDATED = Path("data/validated")
EXTERNAL = Path("data/external")  # predictions of others
QUARANTINE = Path("data/quarantine.parquet")
AUGMENTED = Path("data/augmented/train.parquet")
TOKENIZED = Path("data/tokenized")
VOCABULARY = Path("data/vocabulary.parquet")
STATES = Path("data/states")
SUSPECTS = Path("data/suspects.parquet")
BASELINE_PREDICTIONS = Path("data/predictions/baseline.parquet")
FINETUNED_PREDICTIONS = Path("data/predictions/finetuned.parquet")
PROBE_PREDICTIONS = Path("data/predictions/probe.parquet")

PRETRAINED_MODELS = Path("models/pretrained")
SEED_MODELS = Path("models/seeds")
PUBLISHED_MODEL = Path("models/finetuned")
EXPORTED_MODEL = Path("models/exported")  # by `make export`; no stage reads it
EVALUATED = PUBLISHED_MODEL / "evaluated.json"  # how it was evaluated, and so reads new texts

VALIDATION_COUNTS = Path("reports/validation.json")
TOKENIZATION_COUNTS = Path("reports/tokenization.json")
TRAINING = Path("reports/training")
LADDER = Path("reports/ladder.json")
LEAKAGE_COUNTS = Path("reports/leakage.json")
METRICS = Path("reports/metrics.json")
CHOICE = Path("reports/choice.json")
READINGS = Path("reports/readings.jsonl")
COMPARISONS = Path("reports/comparisons/readings.jsonl")  # those by `python -m tasks.compare`; no stage writes them
PRIVACY = Path("reports/privacy.json")  # of `make privacy`; no stage reads it
ENVIRONMENT = Path("reports/environment.json")
FORGETTING = Path("reports/forgetting.json")
REPORT = Path("reports/report.md")
FIGURES = Path("reports/figures")
METRICS_DOCUMENT = Path("docs/metrics.md")
STAGE_TIMES = Path("reports/runtime.json")  # git ignores it, and no stage reads it


def validated(split: str) -> Path:
    """Return the Parquet file of a split's usable rows."""
    return VALIDATED / f"{split}.parquet"


def tokenized(split: str) -> Path:
    """Return the folder of a split's tokenized rows."""
    return TOKENIZED / split


def seed_model(seed: int | str) -> Path:
    """Return the folder of the model that was fine-tuned with a seed."""
    return SEED_MODELS / str(seed)


def epochs(seed: int | str) -> Path:
    """Return the file with what each epoch of a seed's training scored."""
    return TRAINING / f"{seed}.json"
