"""Trains the product embedder: EfficientNet-Lite0 to 256-d unit vectors, by metric learning."""
