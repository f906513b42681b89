"""Real pictures: our own boxes on them, and how they are drawn, checked and exported.

Needs numpy, OpenCV and the runtime only, never torch.
"""
