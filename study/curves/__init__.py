"""What the cells of a study say: curves with intervals, comparisons, gates and predictions."""
