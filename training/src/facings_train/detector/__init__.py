"""Trains the facing detector: one class, anchor-free, dense 3x3 convolutions."""
