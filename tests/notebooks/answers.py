"""Answers to the exercises: a right one for each, and usual wrong ones with the hint they get."""

from __future__ import annotations

from base64 import urlsafe_b64decode
from collections.abc import Callable
from hashlib import pbkdf2_hmac, sha512
from json import loads
from typing import Any

import jwt

from lessons import checks
from lessons.checks.lesson_07 import MONTH
from lessons.reading import claims_of
from reference_auth.errors import WrongCredentials
from reference_auth.flow import Flow
from reference_auth.login import LoginRefused
from reference_auth.rows import Presented
from reference_auth.tokens import TokenPair

Check = Callable[[Any], Any]

# 01


def derives(customer_id: int | str, exp: int, secret: str) -> str:
    return pbkdf2_hmac("sha512", f"{customer_id}{exp}".encode(), secret.encode(), 10_000).hex()


def derived_otherwise(
    text: str = "{id}{exp}", salt: str = "{secret}", name: str = "sha512", **changes: Any
) -> Any:
    """The derivation with one thing changed."""

    def answer(customer_id: int | str, exp: int, secret: str) -> str:
        words = {"id": customer_id, "exp": exp, "secret": secret}
        given = {"iterations": 10_000, "dklen": 64, **changes}
        password, salted = text.format(**words).encode(), salt.format(**words).encode()
        return pbkdf2_hmac(name, password, salted, **given).hex()

    return answer


# 02


def payload(token: str, padding: str = "===") -> Any:
    return loads(urlsafe_b64decode(token.split(".")[1] + padding))


# 03


def rotates(table: dict[str, Any], old: str, new: str, row: Any) -> bool:
    if old not in table or new in table:
        return False
    del table[old]
    table[new] = row
    return True


def rotates_unasked(table: dict[str, Any], old: str, new: str, row: Any) -> bool:
    table.pop(old, None)
    table[new] = row
    return True


def rotates_half(table: dict[str, Any], old: str, new: str, row: Any) -> bool:
    if table.pop(old, None) is None or new in table:
        return False
    table[new] = row
    return True


def rotates_over(table: dict[str, Any], old: str, new: str, row: Any) -> bool:
    if table.pop(old, None) is None:
        return False
    table[new] = row
    return True


def rotates_beside(table: dict[str, Any], old: str, new: str, row: Any) -> bool:
    table[new] = row
    return True


# 04


def names(access: str, refresh: str) -> str:
    words = {True: "VALID", False: "INVALID"}
    refresh_valid = access != "forged" and refresh == "matches"
    return f"ACCESS_{words[access == 'live']}_REFRESH_{words[refresh_valid]}"


def names_each_for_itself(access: str, refresh: str) -> str:
    words = {True: "VALID", False: "INVALID"}
    return f"ACCESS_{words[access == 'live']}_REFRESH_{words[refresh == 'matches']}"


# 05

UNTIMED: Any = {"verify_exp": False, "verify_iat": False, "verify_nbf": False}


def judges(token: str, now: int, secret: str) -> str:
    try:
        claims = jwt.decode(token, secret, algorithms=["HS256"], options=UNTIMED)
    except jwt.PyJWTError:
        return "forged"
    times = [claims.get("exp"), claims.get("refresh_expiry")]
    if not all(type(time) is int and time > 0 for time in times):
        return "forged"
    if "customer_id" not in claims or claims.get("nbf", now) > now:
        return "forged"
    return "live" if now < claims["exp"] else "expired"


def judges_without_looking(token: str, now: int, secret: str) -> str:
    return "live" if now < claims_of(token).exp else "expired"


def judges_by_the_library(token: str, now: int, secret: str) -> str:
    try:
        claims = jwt.decode(token, secret, algorithms=["HS256", "HS384", "HS512"], options=UNTIMED)
    except jwt.PyJWTError:
        return "forged"
    return "live" if now < claims["exp"] else "expired"


def judges_the_signature_alone(token: str, now: int, secret: str) -> str:
    try:
        claims = jwt.decode(token, secret, algorithms=["HS256"], options=UNTIMED)
    except jwt.PyJWTError:
        return "forged"
    return "live" if now < int(claims.get("exp") or 2**40) else "expired"


# 06


def when_absent(
    exp: int, refresh_expiry: int, now: int, tombstone: str | None, fence: int | None
) -> str:
    is_fenced = fence is not None and exp <= fence
    if now > refresh_expiry or tombstone == "revoked" or is_fenced:
        return "over"
    if tombstone == "rotated":
        return "successor"
    if exp - now > 10 or refresh_expiry - now <= 10:
        return "over"
    return "again" if exp > now else "burn"


def burns_at_once(*given: Any) -> str:
    return "burn"


def when_absent_by(
    *, skew: int = 10, reach: int = 0, grace_first: bool = False, asks: bool = True
) -> Any:
    """The judge with one thing otherwise."""

    def answer(
        exp: int, refresh_expiry: int, now: int, tombstone: str | None, fence: int | None
    ) -> str:
        if now > refresh_expiry or (tombstone == "revoked" and asks):
            return "over"
        if grace_first and tombstone == "rotated":
            return "successor"
        if fence is not None and exp <= fence + reach:
            return "over"
        if tombstone == "rotated":
            return "successor"
        if exp - now > skew or refresh_expiry - now <= skew:
            return "over"
        return "again" if exp > now else "burn"

    return answer


# 07


def ends(login: int, remember_me: bool, visits: list[int]) -> int:
    exp, end = login + 840, login + (MONTH if remember_me else 900)
    for now in visits:
        if exp <= now <= end:
            exp, end = now + 840, end if end - now >= 900 else now + 900
    return end


def ends_at_the_login(login: int, remember_me: bool, visits: list[int]) -> int:
    return login + (MONTH if remember_me else 900)


def ends_after_every_visit(login: int, remember_me: bool, visits: list[int]) -> int:
    return max([ends_at_the_login(login, remember_me, visits), *(now + 900 for now in visits)])


def ends_a_month_later(login: int, remember_me: bool, visits: list[int]) -> int:
    exp, lifetime = login + 840, MONTH if remember_me else 900
    end = login + lifetime
    for now in visits:
        if exp <= now <= end:
            exp, end = now + 840, end if end - now >= 900 else now + lifetime
    return end


# 08


class Lying(Flow):
    async def revoke(self, access_token: str, refresh_token: str, now: int) -> bool:
        await self.present(access_token, refresh_token, now)
        return True


class Honest(Flow):
    async def revoke(self, access_token: str, refresh_token: str, now: int) -> bool:
        return not await super().revoke(access_token, refresh_token, now)


class Closed(Lying):
    async def log_in(self, *given: Any, **more: Any) -> Any:
        raise WrongCredentials


class Stuck(Lying):
    async def rotate(self, old: Presented, now: int) -> TokenPair:
        return TokenPair("", "")


# 09


def customer_in(body: Any) -> Any:
    if body.get("errors") or not (body.get("data") or {}).get("login"):
        raise LoginRefused
    return body["data"]["login"]["id"]


RIGHT: dict[str, tuple[Check, Any]] = {
    "01": (checks.derives, derives),
    "02": (checks.handed_back_for, lambda token, now: max(0, payload(token)["exp"] - now)),
    "03": (checks.rotates, rotates),
    "04": (checks.names, names),
    "05": (checks.judges, judges),
    "06": (checks.when_absent, when_absent),
    "07": (checks.ends, ends),
    "08": (checks.is_caught, Lying),
    "09": (checks.customer_in, customer_in),
}

WRONG: dict[str, tuple[Check, Any, str]] = {
    "01 bytes": (checks.derives, lambda *_: b"\0" * 64, ".hex()"),
    "01 SHA-256": (checks.derives, derived_otherwise(name="sha256"), "not SHA-256"),
    "01 swapped": (checks.derives, derived_otherwise("{secret}", "{id}{exp}"), "swapped"),
    "01 half as long": (checks.derives, derived_otherwise(dklen=32), "dklen=64"),
    "01 rounds": (checks.derives, derived_otherwise(iterations=100_000), "10 000 rounds"),
    "01 no exp": (checks.derives, derived_otherwise("{id}"), "exp is missing"),
    "01 no id": (checks.derives, derived_otherwise("{exp}"), "id is missing"),
    "01 a colon": (checks.derives, derived_otherwise("{id}:{exp}"), "you put ':' there"),
    "01 order": (checks.derives, derived_otherwise("{exp}{id}"), "The id comes first"),
    "01 upper case": (checks.derives, lambda *given: derives(*given).upper(), "Lower-case"),
    "01 the hash": (
        checks.derives,
        lambda id, exp, secret: derived_otherwise(derives(id, exp, secret))(id, exp, secret),
        "derive once only",
    ),
    "01 numbers only": (checks.derives, lambda id, e, s: derives(int(id), e, s), "ValueError"),
    "01 something": (
        checks.derives,
        lambda id, exp, secret: sha512(str(id).encode()).hexdigest(),
        "not the refresh token of customer 23",
    ),
    "02 padding": (
        checks.handed_back_for,
        lambda token, now: payload(token, padding="")["exp"],
        "leaves base64's padding out",
    ),
    "02 one second too many": (
        checks.handed_back_for,
        lambda token, now: max(0, claims_of(token).exp - now + 1),
        "lives for 840 s",
    ),
    "02 below nothing": (
        checks.handed_back_for,
        lambda token, now: claims_of(token).exp - now,
        "less than nothing",
    ),
    "02 at exp": (
        checks.handed_back_for,
        lambda token, now: max(0, claims_of(token).exp - now) or int(now == claims_of(token).exp),
        "At second exp",
    ),
    "03 no condition": (checks.rotates, rotates_unasked, "a spent pair has just bought"),
    "03 half": (checks.rotates, rotates_half, "check everything first"),
    "03 over another": (checks.rotates, rotates_over, "another session's row"),
    "03 both": (checks.rotates, rotates_beside, "two pairs are alive"),
    "03 nothing": (checks.rotates, lambda *_: False, "still there"),
    "04 forged": (checks.names, names_each_for_itself, "cannot vouch"),
    "04 a word": (checks.names, lambda access, refresh: "VALID", "none of the four states"),
    "04 one for all": (checks.names, lambda a, r: "ACCESS_VALID_REFRESH_VALID", "you said"),
    "05 unverified": (checks.judges, judges_without_looking, "no exception"),
    "05 all algorithms": (checks.judges, judges_by_the_library, "HARD-03"),
    "05 no exp": (checks.judges, judges_the_signature_alone, "HARD-04"),
    "05 old is forged": (
        checks.judges,
        lambda t, now, s: "live" if judges(t, now, s) == "live" else "forged",
        "At second exp",
    ),
    "06 burns at once": (checks.when_absent, burns_at_once, "missed the logout is no thief"),
    "06 a revoked pair burns": (
        checks.when_absent,
        when_absent_by(asks=False),
        "missed the logout is no thief",
    ),
    "06 fence at its edge": (checks.when_absent, when_absent_by(reach=-1), "equal to its before"),
    "06 any fence": (checks.when_absent, when_absent_by(reach=1), "younger than that burn"),
    "06 grace first": (checks.when_absent, when_absent_by(grace_first=True), "for the fence first"),
    "06 no skew": (checks.when_absent, when_absent_by(skew=0), "10 s before exp"),
    "06 too much skew": (checks.when_absent, when_absent_by(skew=11), "more than 10 s to exp"),
    "07 never": (checks.ends, ends_at_the_login, "starts 900 s anew"),
    "07 always": (checks.ends, ends_after_every_visit, "hands the same pair back"),
    "07 a month": (checks.ends, ends_a_month_later, "not another month"),
    "08 no class": (checks.is_caught, lambda: Lying, "inherits from Flow"),
    "08 the reference": (checks.is_caught, Flow, "tells the truth"),
    "08 false": (checks.is_caught, Honest, "does not say true"),
    "08 no login": (checks.is_caught, Closed, "Nobody can log in"),
    "08 two defects": (checks.is_caught, Stuck, "CORE-06 turned red too"),
    "09 the id alone": (
        checks.customer_in,
        lambda body: body["data"]["login"]["id"],
        "This is how a platform refuses",
    ),
    "09 as text": (checks.customer_in, lambda body: str(customer_in(body)), "value and type"),
    "09 errors only": (
        checks.customer_in,
        lambda body: body["data"]["login"]["id"] if not body.get("errors") else _refuse(),
        "that is nobody",
    ),
}


def _refuse() -> Any:
    raise LoginRefused
