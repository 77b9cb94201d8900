"""The techniques that are compared: each is a file that can be copied, and that `study.techniques` names."""
