"""Brings annotations of other forms into the COCO file that training and evaluation read.

Own parsers: docs/decisions/0009-own-annotation-readers.md says why.
"""
