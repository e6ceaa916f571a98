"""Photographs to a packed, aligned data set."""
