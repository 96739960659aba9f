"""Walks: long histories of sessions, drawn from a seed, each step compared with the model."""
