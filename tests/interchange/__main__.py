"""Write the vectors for other languages anew: `python -m tests.interchange`."""

from __future__ import annotations

from tests.interchange.vectors import FILE, text

if __name__ == "__main__":
    FILE.write_text(text(), encoding="utf-8")
