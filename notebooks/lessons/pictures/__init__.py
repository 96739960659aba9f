"""The pictures of the lessons, drawn as SVG from the values that the code itself uses."""

from lessons.pictures.cells import cells
from lessons.pictures.family import Member, family
from lessons.pictures.jwt import jwt
from lessons.pictures.sawtooth import sawtooth
from lessons.pictures.sequence import Message, sequence
from lessons.pictures.svg import Picture
from lessons.pictures.timeline import timeline
from lessons.pictures.verdicts import verdicts

__all__ = [
    "Member",
    "Message",
    "Picture",
    "cells",
    "family",
    "jwt",
    "sawtooth",
    "sequence",
    "timeline",
    "verdicts",
]
