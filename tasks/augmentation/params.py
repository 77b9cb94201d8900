"""What the section `augmentation` of params.yaml may say."""

from core.base.params import Probability, Section, Seed


class Augmentation(Section):
    seed: Seed
    abbreviation: Probability
    dropout: Probability
    swap: Probability
    typo: Probability
