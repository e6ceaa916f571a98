"""What training and serving must do alike, in numpy and OpenCV alone: the face cut and the colour conversion.

Both import it; it imports neither.
"""
