"""phiz-64: a style-modulated generator at 64 px, trained as a GAN that is also an autoencoder."""

from training.recipes.generator import GeneratorRecipe

RECIPE = GeneratorRecipe(
    name="phiz-64",
    layout="face_64",
    latent_dim=64,
    w_dim=256,
    mapping_depth=3,
    generator_widths=(256, 192, 128, 64, 32),
    discriminator_widths=(48, 96, 192, 256),
    encoder_widths=(32, 64, 128, 256),
    batch=32,
    rebuilt=12,
    images=110_000,
    learning_rate=(5e-4, 1e-4),
    beta2=(0.9, 0.99),
    penalty=(15.0, 10.0),
    penalty_interval=16,
    augment=0.6,
    reconstruction=(4.0, 3.0),
    latent_consistency=0.5,
    spread=0.05,
    ema_images=4_000,
)
