"""What several tests of fine-tuning share."""

from pathlib import Path

import yaml

from core.base.files import sha256
from tests.conftest import ENCODER

LORA = {"finetuning.method": "lora", "finetuning.lora": {"rank": 2, "alpha": 4}, "finetuning.learning_rate": 0.01}


def declare_weights() -> None:
    """Write the hash of the encoder's weights, which a test has changed, into params.yaml."""
    declared = yaml.safe_load(Path("params.yaml").read_text())
    declared["model"]["sha256"] = sha256(Path(ENCODER, "model.safetensors"))
    Path("params.yaml").write_text(yaml.safe_dump(declared))
