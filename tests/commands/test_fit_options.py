"""What is said of numbers that are none."""

from __future__ import annotations

import argparse
import functools

import pytest

from wganad_core.commands.console import natural
from wganad_core.commands.fit_options import _number_or_none


def test_numbers_are_asked_for_in_words() -> None:
    parser = argparse.ArgumentParser(exit_on_error=False)
    parser.add_argument("--n-latent", type=functools.partial(_number_or_none, int))
    parser.add_argument("--seed", type=natural)
    assert parser.parse_args(["--n-latent", "none", "--seed", "0"]).seed == 0
    with pytest.raises(argparse.ArgumentError, match="must be a whole number or none; found abc"):
        parser.parse_args(["--n-latent", "abc"])
    with pytest.raises(argparse.ArgumentError, match="at least 0; found -1"):
        parser.parse_args(["--seed=-1"])
