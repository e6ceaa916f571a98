"""What trained networks are worth on people that they never saw, each figure beside its floor or its baseline."""
