"""Torch to ONNX, checked and published."""
