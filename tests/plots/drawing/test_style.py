from itertools import combinations

import numpy as np
import pytest

from patternlab.delivery.attempts import OUTCOMES
from patternlab.plots.drawing import style

THEMES = pytest.mark.parametrize("theme", style.THEMES.values(), ids=style.THEMES)

# What people with two kinds of cones see of linear RGB (Machado, Oliveira and Fernandes 2009,
# severity 1.0).
DEUTERANOPIA = [
    [0.367322, 0.860646, -0.227968],
    [0.280085, 0.672501, 0.047413],
    [-0.011820, 0.042940, 0.968881],
]
PROTANOPIA = [
    [0.152286, 1.052583, -0.204868],
    [0.114503, 0.786281, 0.099216],
    [-0.003882, -0.048116, 1.051998],
]
NORMAL = np.eye(3)


def linear(colour):
    levels = np.array([int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5)])
    return np.where(levels <= 0.04045, levels / 12.92, ((levels + 0.055) / 1.055) ** 2.4)


def luminance(colour):
    return float(linear(colour) @ [0.2126, 0.7152, 0.0722])


def contrast(one, other):
    low, high = sorted([luminance(one), luminance(other)])
    return (high + 0.05) / (low + 0.05)


def lab(rgb):
    xyz = np.array(
        [[0.4124, 0.3576, 0.1805], [0.2126, 0.7152, 0.0722], [0.0193, 0.1192, 0.9505]]
    ) @ np.clip(rgb, 0, 1)
    x, y, z = (
        value ** (1 / 3) if value > 0.008856 else 7.787 * value + 16 / 116
        for value in xyz / [0.9505, 1.0, 1.089]
    )
    return np.array([116 * y - 16, 500 * (x - y), 200 * (y - z)])


def colours_of_marks(theme):
    return {kind: theme.outcome(kind) for kind in style.MARKERS}


@THEMES
def test_marks_stay_apart_in_grey(theme):
    lightness = {kind: lab(linear(c))[0] for kind, c in colours_of_marks(theme).items()}
    for one, other in combinations(lightness, 2):
        assert abs(lightness[one] - lightness[other]) >= 12, (one, other)


@THEMES
@pytest.mark.parametrize("sight", [NORMAL, DEUTERANOPIA, PROTANOPIA])
def test_marks_stay_apart_for_colour_blind_readers(theme, sight):
    seen = {kind: lab(np.array(sight) @ linear(c)) for kind, c in colours_of_marks(theme).items()}
    for one, other in combinations(seen, 2):
        assert np.linalg.norm(seen[one] - seen[other]) >= 20, (one, other)


def test_every_outcome_has_a_mark_with_a_shape_of_its_own():
    assert set(OUTCOMES) < set(style.MARKERS)
    assert len({str(marker) for marker in style.MARKERS.values()}) == len(style.MARKERS)


@THEMES
def test_letters_are_readable_on_the_background(theme):
    assert contrast(theme.text, theme.background) >= 7
    assert contrast(theme.muted, theme.background) >= 4.5


@THEMES
def test_marks_stand_out_from_the_background_by_fill_or_edge(theme):
    for kind, colour in colours_of_marks(theme).items():
        best = max(contrast(colour, theme.background), contrast(theme.edge, theme.background))
        assert best >= 3, kind


def test_an_unknown_theme_is_refused_with_the_known_ones():
    with pytest.raises(ValueError, match="'blue'.*'light' or 'dark'"):
        style.theme_named("blue")
