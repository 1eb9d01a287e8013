"""Real weights and activations: the ceiling, the teacher and the yardstick of the others."""
from .method import Method


class FloatTwin(Method):
    pass
