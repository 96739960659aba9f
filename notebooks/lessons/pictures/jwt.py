"""The three parts of an access token, as they travel and as they read."""

from __future__ import annotations

from lessons.pairs import Parts
from lessons.pictures.palette import wash
from lessons.pictures.svg import Canvas, Picture

WIDTH = 720
BOXES = (
    ("header", "care", 16, 152),
    ("payload", "access", 186, 330),
    ("signature", "good", 534, 170),
)


def jwt(parts: Parts, *, title: str = "An access token is three parts") -> Picture:
    """Header, payload and signature side by side: encoded above, decoded below."""
    texts = {
        "header": [f"{name}: {value}" for name, value in parts.header.items()],
        "payload": [f"{name}: {value!r}" for name, value in parts.payload.items()],
        "signature": ["HMAC-SHA256 of", "header.payload,", "under the secret"],
    }
    height = 118 + 18 * max(map(len, texts.values()))
    canvas = Canvas(WIDTH, height)
    canvas.text(16, 26, title, bold=True)
    for (name, role, x, width), encoded in zip(BOXES, parts.encoded, strict=True):
        canvas.box(x, 42, width, height - 58, fill=wash(role), stroke=role)
        canvas.text(x + 12, 62, f"{name}, {len(encoded)} letters", role, bold=True, size=12)
        canvas.text(x + 12, 82, _shortened(encoded, width), role, size=12, mono=True)
        canvas.lines(x + 12, 108, texts[name])
    for x in (BOXES[1][2], BOXES[2][2]):
        canvas.text(x - 9, 82, ".", bold=True)
    return canvas.picture(title, f"header {texts['header']}, payload {texts['payload']}, signature")


def _shortened(encoded: str, width: int) -> str:
    room = (width - 24) // 8
    return encoded if len(encoded) <= room else f"{encoded[: room - 1]}…"
