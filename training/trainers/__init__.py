"""One file a kind of model: its networks and one step of their training."""
