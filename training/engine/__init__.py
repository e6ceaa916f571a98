"""Runs a recipe: loop, checkpoints, reports."""
