"""Which unlabelled rows to label next: `python -m study.next --rows 50 unlabelled.csv`."""
