"""The same fine-tuning, with the augmented copies of the rows drawn."""

from core.base import params
from core.decision.scoring import Table
from core.encoders.params import Model
from study.techniques.finetuning import finetuned, recipe
from study.techniques.technique import Material, Technique


def predict(material: Material) -> Table:
    """Return the probabilities of a model that is fine-tuned on the draw and its augmented copies."""
    return finetuned(material, material.copies)


TECHNIQUE = Technique(
    title="fine-tuning, augmented",
    description="the same, with the augmented copies of the rows drawn",
    parameters=lambda: (params.load(Model), recipe()),
    predict=predict,
    seeded=True,
    augmented=True,
)
