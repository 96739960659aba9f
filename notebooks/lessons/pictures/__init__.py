"""The pictures of the lessons: SVG drawn from the values that the code itself uses."""

from lessons.pictures.cells import cells
from lessons.pictures.family import Member, family
from lessons.pictures.jwt import jwt
from lessons.pictures.lanes import Step, lanes
from lessons.pictures.sawtooth import sawtooth
from lessons.pictures.svg import Picture
from lessons.pictures.timeline import timeline
from lessons.pictures.verdicts import verdicts

__all__ = [
    "Member",
    "Picture",
    "Step",
    "cells",
    "family",
    "jwt",
    "lanes",
    "sawtooth",
    "timeline",
    "verdicts",
]
