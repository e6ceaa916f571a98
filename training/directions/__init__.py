"""Directions of a generator's latent that change one thing about a face each, found without labels.

Several thousand faces are made and measured: where the nose lies between the eyes, how wide the mouth is, how bright
the skin. A direction is the least change of a latent that changes one measure and leaves the others as they are.
"""
