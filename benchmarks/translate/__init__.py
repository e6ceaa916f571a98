"""Translators beside what needs no model, and beside pix2pix."""
