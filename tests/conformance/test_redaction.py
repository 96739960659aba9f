"""A secret is taken out of a text in whatever form it stands there, and in one walk."""

from __future__ import annotations

import base64
import hashlib
import html
import json
import shlex
import textwrap
import time
from collections.abc import Callable
from urllib.parse import quote, quote_plus
from xml.sax.saxutils import escape, quoteattr

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from conformance_tests.redaction import SHORTEST, Redactor, Skeleton
from tests.chaos.sizes import size

#: What stands around a secret; no generated secret holds any of it.
BEFORE, AFTER = "⟦", "⟧"
ALPHABET = st.one_of(
    st.sampled_from("\"'\\ \n\t+/=%&<>`$;:{}[]#|\x00"),
    st.sampled_from("abcXYZ0189"),
    st.characters(exclude_categories=["Cs"], exclude_characters=BEFORE + AFTER),
)
SECRETS = st.text(ALPHABET, min_size=SHORTEST, max_size=300).filter(lambda text: text.strip())


def as_json(text: str) -> str:
    return json.dumps(text)[1:-1]


def in_json_in_json(text: str) -> str:
    return json.dumps({"said": json.dumps({"password": text}, ensure_ascii=False)})


def as_go(text: str) -> str:
    escaped = json.dumps(text, ensure_ascii=False)
    return escaped.translate({ord(each): f"\\u{ord(each):04x}" for each in "<>&"})


def as_php(text: str) -> str:
    return as_json(text).replace("/", "\\/")


def in_base64(text: str) -> str:
    return base64.b64encode(f"alice:{text}".encode()).decode()


def in_base64url(text: str) -> str:
    return base64.urlsafe_b64encode(f"al:{text}".encode()).decode().rstrip("=")


def over_lines(text: str) -> str:
    return "\n".join(text[place : place + 20] for place in range(0, len(text), 20))


def in_xml(text: str) -> str:
    return f"<a b={quoteattr(text)}>{escape(text)}</a>"


FORMS: dict[str, Callable[[str], str]] = {
    "as it is": str,
    "for a shell": shlex.quote,
    "in a shell's JSON": lambda text: shlex.quote(json.dumps({"password": text})),
    "in a shell's JSON, in JSON": lambda text: as_json(shlex.quote(json.dumps({"password": text}))),
    "in JSON": as_json,
    "in JSON with its letters": lambda text: json.dumps(text, ensure_ascii=False),
    "in JSON as PHP writes it": as_php,
    "in JSON in JSON": in_json_in_json,
    "in JSON as Go writes it": as_go,
    "as Python shows it": repr,
    "as Python shows it in ASCII": ascii,
    "in XML": in_xml,
    "in HTML": html.escape,
    "in HTML's JSON": lambda text: html.escape(json.dumps(text)),
    "in percents": lambda text: quote(text, safe=""),
    "in a form's percents": quote_plus,
    "in JSON's percents": lambda text: quote(json.dumps({"p": text})),
    "in upper case": str.upper,
    "in lower case": str.lower,
    "in upper case, in JSON": lambda text: as_json(text.upper()),
    "in base64": in_base64,
    "in base64 for an address": in_base64url,
}


#: The forms that a text in another of them can have.
NESTING = FORMS.keys() - {"in base64", "in base64 for an address", "in upper case, in JSON"}


def hidden(secret: str, written: str, kind: str = "password") -> bool:
    """Whether nothing of a written secret is left but its name and what a form puts around it."""
    redactor = Redactor()
    redactor.add(kind, secret)
    told = redactor.redact(f"{BEFORE}{written}{AFTER}")
    rest, letters = told.replace(f"<{kind}#1>", BEFORE), Skeleton(secret).text
    gone = len(letters) < 8 or letters not in Skeleton(rest).text
    return f"<{kind}#1>" in told and gone and secret not in rest and written not in rest


@pytest.mark.parametrize("form", FORMS)
def test_a_secret_is_known_in_every_form(form: str) -> None:
    """Whatever it is made of, and however long it is."""

    @settings(max_examples=size(100, 2000), deadline=None, database=None)
    @given(secret=SECRETS)
    @example(secret="it's-a-secret-99")
    @example(secret="<be&fa>-secret-99")
    @example(secret="🔑be-secret-99")
    @example(secret='two"quotes\\and-99')
    @example(secret="pässwörd-Zürich-99 ✓")
    @example(secret="'\"\\")
    @example(secret="a+/=")
    @example(secret="C:\\new\\table\\x41")
    @example(secret="100%abcdef-&amp;-%41")
    @example(secret="İstanbul-ı-ſ-ß-1234")
    def known(secret: str) -> None:
        assert hidden(secret, FORMS[form](secret))

    known()


@settings(max_examples=size(200, 5000), deadline=None, database=None)
@given(
    secret=st.text(st.sampled_from("\"'\\ \n/+=%&<>$;:{}#@!pZ9ü€🔑"), min_size=3, max_size=9),
    nested=st.lists(st.sampled_from(sorted(NESTING)), min_size=1, max_size=3),
)
@example(secret="p@'$\"!", nested=["in JSON", "for a shell", "in JSON", "in HTML", "in JSON"])
@example(secret="'\"\\", nested=["in a shell's JSON", "in a shell's JSON"])
def test_few_signs_are_known_in_forms_within_each_other(secret: str, nested: list[str]) -> None:
    """A JSON log of a shell command with JSON in an HTML page, and the like."""
    written = secret
    for form in nested:
        written = FORMS[form](written)
    if secret.strip():
        assert hidden(secret, written)


def test_a_long_secret_is_known_though_it_is_split() -> None:
    """Over lines, in a table's cells, or in colours."""

    @settings(max_examples=size(100, 2000), deadline=None, database=None)
    @given(secret=st.text("abcDEF123-_.ü", min_size=30, max_size=300))
    def known(secret: str) -> None:
        letters = sum(map(str.isalnum, secret))
        if letters >= 8:
            assert hidden(secret, over_lines(secret))
            assert hidden(secret, "\n".join(f"│ {part} │" for part in textwrap.wrap(secret, 12)))
            assert hidden(secret, "\x1b[1m".join(over_lines(secret).split("\n")), kind="access")

    known()


@settings(max_examples=size(200, 2000), deadline=None, database=None)
@given(words=st.lists(st.text("etaoin shrdlu", min_size=1, max_size=12), max_size=20))
def test_a_text_without_a_secret_stays_as_it_is(words: list[str]) -> None:
    """Ordinary words are no secret's."""
    redactor = Redactor()
    redactor.add("password", "Correct-Horse-'99'-Battery")
    assert redactor.redact(" ".join(words)) == " ".join(words)


@pytest.mark.parametrize("write", [base64.b64encode, base64.urlsafe_b64encode])
def test_the_bytes_that_a_token_stands_for_are_known(write: Callable[[bytes], bytes]) -> None:
    """A refresh token is 64 bytes in hexadecimal digits; a log may show the bytes in base64."""
    token = hashlib.sha512(b"a token").hexdigest()
    assert hidden(token, write(b"of" + bytes.fromhex(token)).decode(), kind="refresh")


def test_equal_secrets_have_one_name() -> None:
    """A token that comes again has its name, in another form too; a longer one has its own."""
    redactor = Redactor()
    for token in ("Q1w2e3r4t5y6", "Q1w2e3r4t5y6-7"):
        redactor.add("access", token)
    told = redactor.redact("Q1w2e3r4t5y6 Q1w2e3r4t5y6-7 q1w2e3r4t5y6")
    assert told == "<access#1> <access#2> <access#1>"


def test_a_word_is_no_secret_in_the_suites_own_sentences() -> None:
    """A password that is a plain word is hidden in what a deployment said, and not told by holes
    in what the suite says.
    """
    redactor = Redactor()
    redactor.add("password", "run")
    redactor.add("password", "p@ss-12345")
    assert redactor.redact("you sent run") == "you sent <password#1>"
    assert redactor.redact_printed("A run can begin.") == "A run can begin."
    assert redactor.redact_printed("sent p@ss-12345") == "sent <password#2>"


def test_a_text_is_read_once() -> None:
    """Six thousand tokens, known or not, take a second at most; so does what only looks odd."""
    tokens = [hashlib.sha512(str(number).encode()).hexdigest() for number in range(6000)]
    odd = [
        "\\" * 500_000,
        "%25" * 150_000,
        "&amp;" * 100_000,
        "eyJ" * 150_000,
        "\x1b[1;" * 100_000,
        "%5C" * 300_000,
    ]
    redactor = Redactor()
    redactor.add("password", "\\'p@")
    for text in (" ".join(tokens), *odd):
        assert _seconds(redactor, text) < 8
    for token in tokens:
        redactor.add("refresh", token)
    assert _seconds(redactor, " ".join(tokens)) < 8
    assert _seconds(redactor, "a short text " * 50) < 0.1


def _seconds(redactor: Redactor, text: str) -> float:
    began = time.process_time()
    redactor.redact(text)
    return time.process_time() - began


def test_the_time_grows_with_the_text_and_not_with_its_square() -> None:
    """Eight times the text would take 64 times as long; what a busy machine adds is far from it."""
    tokens = [hashlib.sha512(str(number).encode()).hexdigest() for number in range(7200)]
    redactor = Redactor()
    part, whole = (
        min(_seconds(redactor, " ".join(tokens[:count])) for _ in range(3)) for count in (900, 7200)
    )
    assert whole < 24 * part


def test_a_long_text_is_cut_and_no_secret_with_it() -> None:
    """What is left out is counted; a secret on the edge is hidden as a whole."""
    redactor = Redactor()
    redactor.add("password", "Correct-Horse-Battery")
    told = redactor.redact("x" * 90 + "Correct-Horse-Battery" + "y" * 900, most=100)
    assert told == "x" * 90 + "<password#1>… (900 characters more)"


def test_a_secret_that_answers_make_up_is_bounded() -> None:
    """An answer cannot make the suite look for so many words that nothing is left of its own."""
    redactor = Redactor()
    for number in range(5000):
        redactor.add("access", f"w{number:04}")
    assert "w4999" in redactor.redact("w4999")
    assert "w12" not in redactor.redact("w0012")
