"""Judges whether a deployment of the token flow keeps its requirements, whatever it is built in."""

__version__ = "0.1.0"
