"""How well faces are found and how precisely their eyes are placed, by Phiz and by others."""
