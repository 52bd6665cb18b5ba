"""The registry that pages and the command line share.

A data set of images or windows is one `register(UseCase(...))`: how it is read, its classes and
protocols, networks and recipes, what its detectors are called, and which views its page has.
"""

from __future__ import annotations

from wganad_core.use_cases.case import (
    SCORED_CASES,
    USE_CASES,
    BoardWords,
    PaperBoxes,
    Phrases,
    ScoredCase,
    Shape,
    UseCase,
    register,
)
from wganad_core.use_cases.har import HAR
from wganad_core.use_cases.mixture import (
    METHOD_NAMES,
    MIXTURE,
    PAPER,
    RECIPES,
    SHARP,
    SLOW_CRITIC,
    STORIES,
    Story,
    command_line,
    lane_title,
    option,
    race_from_text,
    race_to_text,
    recipe_of,
)
from wganad_core.use_cases.mnist import MNIST

__all__ = [
    "HAR",
    "METHOD_NAMES",
    "MIXTURE",
    "MNIST",
    "PAPER",
    "RECIPES",
    "SCORED_CASES",
    "SHARP",
    "SLOW_CRITIC",
    "STORIES",
    "USE_CASES",
    "BoardWords",
    "PaperBoxes",
    "Phrases",
    "ScoredCase",
    "Shape",
    "Story",
    "UseCase",
    "command_line",
    "lane_title",
    "option",
    "race_from_text",
    "race_to_text",
    "recipe_of",
    "register",
]

for case in (MNIST, HAR, MIXTURE):
    register(case)
