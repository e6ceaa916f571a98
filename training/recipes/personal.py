"""personal: phiz-64 taught a few hundred photographs of one person.

Begins with the phiz-64 in training/weights, discriminator and all, at a lower rate; the fewer the photographs, the
more the discriminator has to be kept from learning them by heart: more augmentation, a stronger penalty (after Karras
et al. 2020, training with limited data).
"""

from dataclasses import replace

from training.recipes import phiz_64

RECIPE = replace(
    phiz_64.RECIPE,
    name="personal",
    images=48_000,
    learning_rate=(2e-4, 5e-5),
    beta2=(0.99, 0.99),
    penalty=(20.0, 10.0),
    augment=0.8,
    start="phiz-64",
)
