"""The learning curve: how many labels do we need? `make study` runs it."""
