"""The frozen encoder's regression on rows that are chosen by uncertainty, not drawn."""

from core.base import params
from core.decision.scoring import Table
from core.encoders.params import Model
from study.techniques import choosing
from study.techniques.technique import Material, Technique
from tasks.baseline.params import Baseline


def predict(material: Material) -> Table:
    """Return the probabilities of the scored rows."""
    return choosing.predict_after(material, choosing.by_uncertainty)


TECHNIQUE = Technique(
    title="frozen encoder, rows chosen by uncertainty",
    description="the frozen encoder's regression on rows whose two most probable classes are closest",
    parameters=lambda: (params.load(Model), params.load(Baseline)),
    predict=predict,
    seeded=True,
    reads_pool=True,
)
