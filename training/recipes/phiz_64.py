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
    blended=0.5,
    images=300_000,
    learning_rate=(4e-4, 3e-5),
    beta2=(0.9, 0.99),
    penalty=(10.0, 4.0),
    penalty_interval=16,
    feature_weight=0.5,
    feature_px=96,
    augment=0.6,
    reconstruction=(4.0, 1.0),
    code_noise=0.5,
    latent_consistency=0.5,
    spread=0.1,
    ema_images=5_000,
)
