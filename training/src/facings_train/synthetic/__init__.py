"""A procedural grocery store: invented products, their packs, and shelves with exact truth.

Needs numpy, OpenCV and Pillow only, never torch.
"""
