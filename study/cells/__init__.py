"""The cells of the study: a technique, a size, a draw. Each is a file, named by the hash of all that it depends on."""
