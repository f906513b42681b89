"""Renders the demo store, and trains the models that Facings publishes."""
