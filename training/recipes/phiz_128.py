"""phiz-128: one more stage on top of a trained phiz-64 (progressive growing, Karras et al. 2018), at 128 px.

A pixel of the doubled picture moves the discriminator a quarter as much, over four times as many of them: the penalty
is four times that of phiz-64 to weigh the same. Rebuilding weighs less, for a code does not say where each hair is.
"""

from dataclasses import replace

from training.recipes import phiz_64

RECIPE = replace(
    phiz_64.RECIPE,
    name="phiz-128",
    layout="face_128",
    generator_widths=(*phiz_64.RECIPE.generator_widths, 32),
    discriminator_widths=(24, *phiz_64.RECIPE.discriminator_widths),
    rebuilt=8,
    images=50_000,
    learning_rate=(5e-4, 5e-5),
    penalty=(40.0, 16.0),
    feature_px=128,
    reconstruction=(0.5, 0.25),
    grown=True,
)
