"""The three splits of the rows: training reads the first, choices rest on the second, scores on the third."""

SPLITS = ("train", "validation", "test")
HELD_OUT = ("validation", "test")  # what models predict
