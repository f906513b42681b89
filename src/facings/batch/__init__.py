"""Millions of pictures: one result for the bytes of each, on this machine or on a Ray cluster."""
