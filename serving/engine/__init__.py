"""Running the models of a model repository."""
