"""The frozen encoder's regression on rows drawn whatever their class: what choosing is compared with.

Other draws are stratified. Who draws from unlabelled rows cannot be so: nobody knows their classes.
"""

from core.base import params
from core.decision.scoring import Table
from core.encoders.params import Model
from study.techniques import choosing
from study.techniques.technique import Material, Technique
from tasks.baseline.params import Baseline


def predict(material: Material) -> Table:
    """Return the probabilities of the scored rows."""
    return choosing.predict_after(material, choosing.at_random)


TECHNIQUE = Technique(
    title="frozen encoder, rows chosen at random",
    description="the frozen encoder's regression on rows drawn whatever their class",
    parameters=lambda: (params.load(Model), params.load(Baseline)),
    predict=predict,
    seeded=True,
    reads_pool=True,
)
