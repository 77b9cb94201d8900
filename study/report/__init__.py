"""The study for whoever reads it: a table of its cells, a report with figures, and its answer for the root's report."""
