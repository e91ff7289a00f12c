"""The stand-in model."""

from standins.model.app import StandInModel

__all__ = ["StandInModel"]
