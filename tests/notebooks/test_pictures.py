"""Pictures are legible, say in words what they show, and come out the same from the same values."""

from __future__ import annotations

import re
import xml.etree.ElementTree as ET
from collections.abc import Iterator
from dataclasses import replace
from itertools import pairwise

import pytest

from conformance_tests.report.finding import STATUSES as VERDICTS
from lessons import pictures
from lessons.pairs import take_apart
from lessons.pictures import Member, Message, Picture
from lessons.pictures.cells import ROLES
from lessons.pictures.family import STATUSES
from lessons.pictures.palette import PALETTE, wash
from reference_auth.core import lifetimes, states, tokens
from reference_auth.core.config import Config, Secret
from reference_auth.core.states import Access, Refresh
from reference_auth.core.tokens import Claims

SVG = "{http://www.w3.org/2000/svg}"
START = 1_709_283_600
CONFIG = Config(secret=Secret("a secret for tests, of 32 bytes or so"), region="r", table="t")
CLAIMS = lifetimes.first_claims(23, False, START, CONFIG)


def generations(first: Claims, count: int) -> list[Claims]:
    """A session that is refreshed whenever its access token expires."""
    pairs = [first]
    for _ in range(count):
        pairs.append(lifetimes.next_claims(pairs[-1], pairs[-1].exp, CONFIG))
    return pairs


def samples() -> dict[str, Picture]:
    """Every kind of picture, from values that fill it."""
    saw = generations(CLAIMS, 4)
    family = [
        Member("A", "spent", note="the login"),
        Member("B", "spent", "A", note="09:14:00"),
        Member("C", "live", "B", note="09:28:00"),
        Member("X", "forged", "A"),
        Member("D", "revoked", "B"),
        Member("E", "burned", "D"),
    ]
    trace = [
        Message("09:14:00", "the tab", "the server", "refresh A"),
        Message("", "the server", "the table", "the row: there", "soft", both_ways=True),
        Message("09:14:00", "the server", "the table", "delete A, put B", "good"),
        Message("09:14:01", "the server", "the server", "burn", "over"),
    ]
    found = {f"CORE-{number:02}": status for number, status in enumerate(VERDICTS)}
    token = tokens.mint(CLAIMS, CONFIG.secret)
    return {
        "timeline": pictures.timeline(CLAIMS, START + 300),
        "timeline at the end": pictures.timeline(CLAIMS, START + 905),
        "timeline without now": pictures.timeline(CLAIMS),
        "timeline of a logout": pictures.timeline(CLAIMS, START + 300, ended="revoked"),
        "cells": pictures.cells(),
        "cells lit": pictures.cells([(Access.FORGED, refresh) for refresh in Refresh]),
        "cells wrong": pictures.cells(wrong=[(Access.LIVE, Refresh.ABSENT)]),
        "jwt": pictures.jwt(take_apart(token)),
        "sawtooth": pictures.sawtooth(saw, until=saw[-1].refresh_expiry, floor=900),
        "family": pictures.family(family),
        "sequence": pictures.sequence(["the tab", "the server", "the table"], trace),
        "verdicts": pictures.verdicts(list(found), {"sound": {"CORE-01": "pass"}, "new": found}),
    }


SAMPLES = samples()


def parsed(picture: Picture) -> ET.Element:
    return ET.fromstring(picture._repr_svg_())


def words_in(picture: Picture) -> list[str]:
    return [element.text or "" for element in parsed(picture).iter(f"{SVG}text")]


@pytest.mark.parametrize("name", SAMPLES)
def test_a_picture_tells_in_words_what_it_shows(name: str) -> None:
    """Title and description are in the SVG, and are what a console shows instead of it."""
    picture, root = SAMPLES[name], parsed(SAMPLES[name])
    title, desc = root.findtext(f"{SVG}title"), root.findtext(f"{SVG}desc")
    assert title
    assert desc
    assert repr(picture) == f"{title}: {desc}"
    assert root.get("role") == "img"


@pytest.mark.parametrize("name", SAMPLES)
def test_the_same_values_give_the_same_bytes(name: str) -> None:
    """A second drawing is equal, byte for byte, and a picture is small."""
    drawn = samples()[name]._repr_svg_()
    assert drawn == SAMPLES[name]._repr_svg_()
    assert len(drawn) < 10_000


@pytest.mark.parametrize("name", SAMPLES)
def test_words_stay_on_the_paper(name: str) -> None:
    """No line of words runs over an edge, by a generous guess at its width."""
    picture = SAMPLES[name]
    for element in parsed(picture).iter(f"{SVG}text"):
        left, right = extent(element)
        assert left >= 4, element.text
        assert right <= picture.width - 4, element.text
        assert 12 <= float(element.get("y", "")) <= picture.height - 4, element.text


def extent(element: ET.Element) -> tuple[float, float]:
    """Where a line of words begins and ends."""
    size = float(element.get("font-size", "13"))
    wide = 0.62 if "mono" in element.get("font-family", "") or element.get("font-weight") else 0.56
    width, x = len(element.text or "") * size * wide, float(element.get("x", ""))
    begin = {"start": x, "middle": x - width / 2, "end": x - width}
    left = begin[element.get("text-anchor", "start")]
    return left, left + width


@pytest.mark.parametrize("name", SAMPLES)
def test_every_colour_has_a_dark_twin(name: str) -> None:
    """Each role in a picture has its dark value in the style, and a light one at the shape."""
    svg = SAMPLES[name]._repr_svg_()
    for role in set(re.findall(r'class="ra-([\w-]+)"', svg)):
        assert f".ra-{role}{{fill:{PALETTE[role].dark}}}" in svg
        assert f'class="ra-{role}" fill="{PALETTE[role].light}"' in svg
    for role in set(re.findall(r'data-ra="([\w-]+)"', svg)):
        assert f'[data-ra="{role}"]{{stroke:{PALETTE[role].dark}}}' in svg


def pairings() -> Iterator[tuple[str, str]]:
    """Which words stand on which ground."""
    for role in PALETTE:
        if role.endswith("-wash"):
            yield role.removesuffix("-wash"), role
            yield "ink", role
        elif role not in {"paper", "rule"}:
            yield role, "paper"


@pytest.mark.parametrize("words, ground", sorted(pairings()))
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_words_stand_out_from_their_ground(words: str, ground: str, scheme: str) -> None:
    """The contrast is 4.5 to 1 at least, as WCAG asks for text."""
    assert contrast(getattr(PALETTE[words], scheme), getattr(PALETTE[ground], scheme)) >= 4.5


def test_the_contrast_is_measured_rightly() -> None:
    """Black on white is 21 to 1, and a colour on itself 1 to 1."""
    assert contrast("#000000", "#ffffff") == pytest.approx(21)
    assert contrast("#57606a", "#57606a") == 1


def contrast(one: str, other: str) -> float:
    lighter, darker = sorted(map(luminance, (one, other)), reverse=True)
    return (lighter + 0.05) / (darker + 0.05)


def luminance(colour: str) -> float:
    channels = [int(colour[at : at + 2], 16) / 255 for at in (1, 3, 5)]
    linear = [c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in channels]
    return sum(weight * c for weight, c in zip((0.2126, 0.7152, 0.0722), linear, strict=True))


def boxes(picture: Picture) -> list[ET.Element]:
    """The rectangles of a picture, without its background."""
    return list(parsed(picture).iter(f"{SVG}rect"))[1:]


def filled(picture: Picture) -> list[float]:
    """The widths of the filled rectangles."""
    return [float(box.get("width", "")) for box in boxes(picture) if box.get("fill") != "none"]


def test_a_timeline_is_drawn_to_scale() -> None:
    """The bars are as long as their lifetimes."""
    for claims in (CLAIMS, replace(CLAIMS, exp=START + 100, refresh_expiry=START + 400)):
        widths = filled(pictures.timeline(claims))
        lifetimes = [claims.exp - START, claims.refresh_expiry - START]
        assert widths[0] / widths[1] == pytest.approx(lifetimes[0] / lifetimes[1], abs=0.01)


@pytest.mark.parametrize(
    "seconds, over",
    [(839, []), (840, ["access"]), (900, ["access"]), (901, ["access", "refresh"])],
)
def test_a_timeline_ends_each_bar_at_its_own_second(seconds: int, over: list[str]) -> None:
    """The access token is over at exp, the refresh token only after refresh_expiry."""
    picture = pictures.timeline(CLAIMS, START + seconds)
    words = repr(picture)
    ends = {"access": "840 s, expired", "refresh": "900 s, expired"}
    assert [name for name, end in ends.items() if f"{name} token: {end}" in words] == over
    assert len(filled(picture)) == 2 - len(over)


def test_only_what_is_left_is_filled() -> None:
    """After half of its lifetime, half of a bar is filled."""
    whole = filled(pictures.timeline(CLAIMS, START))
    half = filled(pictures.timeline(CLAIMS, START + 420))
    assert half[0] == pytest.approx(whole[0] / 2, abs=0.1)


def test_a_revoked_session_has_no_filled_refresh_bar() -> None:
    """The refresh token is over although its time is not; the access token still works."""
    picture = pictures.timeline(CLAIMS, START + 300, ended="revoked")
    assert len(filled(picture)) == 1
    assert "access token: 840 s, 540 s left; refresh token: 900 s, revoked" in repr(picture)


def test_the_grid_is_the_table_of_the_flow() -> None:
    """Twelve cells, each with the name of its state; a role for every state."""
    words = words_in(pictures.cells())
    for state in states.State:
        access, refresh = state.name.split("_REFRESH_")
        shown = list(pairwise(words)).count((access, f"REFRESH_{refresh}"))
        assert shown == list(states.CELLS.values()).count(state)
    assert set(ROLES) == set(states.State)


def test_the_lit_cell_stands_out() -> None:
    """A lit cell has a thick border and a dot, and no other has."""
    svg = pictures.cells([(Access.EXPIRED, Refresh.MATCHES)])._repr_svg_()
    assert svg.count('stroke-width="3"') == 1
    assert svg.count("<circle") == 1
    assert "expired × matches is ACCESS_INVALID_REFRESH_VALID" in svg


def test_a_sawtooth_rises_at_each_rotation() -> None:
    """One dot for each pair after the first, at the height of its refresh lifetime."""
    pairs = generations(CLAIMS, 3)
    svg = pictures.sawtooth(pairs, until=pairs[-1].refresh_expiry, floor=900)._repr_svg_()
    assert svg.count("<circle") == 3
    assert "60 s before its end to 900 s" in svg


def test_a_tree_joins_each_pair_to_its_parent() -> None:
    """One arrow for each member that has a parent."""
    assert SAMPLES["family"]._repr_svg_().count("<polygon") == 5


def test_only_live_pairs_are_filled() -> None:
    """A pair that is over is an empty box."""
    empty = PALETTE["paper"].light
    assert [box.get("fill") == empty for box in boxes(SAMPLES["family"])] == [
        status != "live" for status in ("spent", "spent", "live", "forged", "revoked", "burned")
    ]


def test_a_read_points_both_ways() -> None:
    """A write has one arrow head, and a read has two: its words are what came back."""
    heads = {
        both_ways: pictures.sequence(
            ["server", "table"], [Message("", "server", "table", "the row", both_ways=both_ways)]
        )
        ._repr_svg_()
        .count("<polygon")
        for both_ways in (False, True)
    }
    assert heads == {False: 1, True: 2}


def test_the_words_of_a_long_arrow_are_beside_its_sender() -> None:
    """They are not on the line of a party that the arrow only crosses."""
    parties = ["phone", "laptop", "server"]
    picture = pictures.sequence(parties, [Message("", "phone", "server", "login")])
    at = {
        element.text: float(element.get("x", "")) for element in parsed(picture).iter(f"{SVG}text")
    }
    assert at["phone"] < at["login"] < at["laptop"]


def test_a_sawtooth_says_when() -> None:
    """The axis has a time for begin, visits and end, where there is room for it."""
    visits = [START + 300, START + 860, START + 870]
    picture = pictures.sawtooth([CLAIMS], until=START + 900, floor=900, visits=visits)
    assert [w for w in words_in(picture) if re.fullmatch(r"\d\d:\d\d", w)] == [
        "09:00",
        "09:05",
        "09:15",
    ]
    assert "visits at 09:05:00, 09:14:20, 09:14:30" in repr(picture)


def test_colour_is_never_alone() -> None:
    """Every status is written out, and every verdict of the suite has a sign and a word."""
    assert all(any(status in words for words in words_in(SAMPLES["family"])) for status in STATUSES)
    shown = [words.partition(" ") for words in words_in(SAMPLES["verdicts"])]
    assert {status.replace("-", " ") for status in VERDICTS} <= {word for _, _, word in shown}


def test_words_from_outside_are_escaped() -> None:
    """What a value says cannot become markup."""
    picture = pictures.family([Member("<A>", "live", note="a & b")], title="<script>")
    assert "<A>: live" in words_in(picture)
    assert "<script>" not in picture._repr_svg_()


def test_every_wash_has_its_role() -> None:
    """The ground of a role is found by its name."""
    assert {wash(role) for role in STATUSES.values() if role != "soft"} <= set(PALETTE)
