"""The user's own pictures for a translator: found, matched, checked, and packed as a prepared data set is."""
