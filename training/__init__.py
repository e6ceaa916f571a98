"""Offline training: prepare -> train -> evaluate -> export -> publish."""
