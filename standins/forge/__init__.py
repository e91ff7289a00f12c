"""A GitHub to rehearse with: real repositories, pages, and GitHub's own dialect."""

from standins.forge.forge import StandInForge

__all__ = ["StandInForge"]
