"""phiz-128: phiz-64 with one more stage on top (progressive growing, Karras et al. 2018), at 128 px.

A pixel of the doubled picture moves the discriminator a quarter as much, over four times as many of them: the penalty
is four times that of phiz-64 to weigh the same.
"""

from dataclasses import replace

from training.recipes import phiz_64

_WIDTHS = phiz_64.RECIPE.generator_widths

RECIPE = replace(
    phiz_64.RECIPE,
    name="phiz-128",
    layout="face_128",
    generator_widths=(*_WIDTHS, 16),
    discriminator_widths=(24, *phiz_64.RECIPE.discriminator_widths),
    encoder_widths=(16, *phiz_64.RECIPE.encoder_widths),
    images=60_000,
    learning_rate=(3e-4, 5e-5),
    penalty=(40.0, 16.0),
    feature_px=128,
    start="phiz-64",
    grown=True,
)
