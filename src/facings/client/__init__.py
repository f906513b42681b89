"""A typed client of the service: `from facings.client import FacingsClient`."""

from facings.client.client import FacingsClient

__all__ = ["FacingsClient"]
