"""The invented park, any size from one seed, and what five real zones have published about themselves."""

from ecopark.examples.five_zones import PublishedFigure, five_zones, published
from ecopark.examples.invented_park import InventedPark, invented_park

__all__ = ["InventedPark", "PublishedFigure", "five_zones", "invented_park", "published"]
