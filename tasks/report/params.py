"""What the section `report` of params.yaml may say."""

from core.base.params import Section


class Report(Section):
    show_texts: bool
