"""Collect: what people bring home from a shop, bound to products and made into data."""
