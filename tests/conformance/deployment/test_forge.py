"""The forge mints what the documented module minted, and bad tokens that are bad in one way."""

from __future__ import annotations

import base64

import jwt
import pytest

from conformance_tests.actors.session import claims_of, header_of
from conformance_tests.deployment import forge as forge_module
from conformance_tests.deployment.forge import Forge
from tests.conformance.fakes import SECRET

CLAIMS = {"customer_id": 23, "exp": 1710905708, "refresh_expiry": 1710905768, "iat": 1710904868}
#: What the specification prints for customer 23 at 1710905708 under the secret `token_secret`.
REFRESH_TOKEN = (
    "a2aa1675985a46ab0bcca5672d312153252b886b377f89d3038b02b6e4daa574"
    "633e1bfd89a13880b53dbb69c72eca48a4e6b69f2bf883190511360b6c0b60a1"
)
HASH = (
    "88f1cd629b8fe63ca3a0e848b7379b1148832d3d710b85cd7a94128939b3c927"
    "de4dc1b4184b382accfd3472729e18ab6efa0748797b762e9a0185580a39cbd4"
)


@pytest.fixture
def forge() -> Forge:
    return Forge(SECRET)


def test_the_published_vector_comes_out() -> None:
    """The specification's refresh token and hash."""
    forge = Forge("token_secret")
    assert forge.refresh_token(23, 1710905708) == REFRESH_TOKEN
    assert forge.hash_of(REFRESH_TOKEN) == HASH


@pytest.mark.parametrize("text", ["", "23" + "1710905708", "x" * 300, "Zoë\u0301 \ud800"])
def test_either_library_derives_alike(text: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Who has not installed the quicker one judges by the same derivation."""
    raw, salt = text.encode("utf-8", "surrogatepass"), SECRET.encode()
    assert vars(forge_module)["quicker"] is not None
    quick = forge_module.derived(raw, salt)
    monkeypatch.setattr("conformance_tests.deployment.forge.quicker", None)
    assert forge_module.derived(raw, salt) == quick


def test_every_recorded_pair_is_minted_alike() -> None:
    """Token, refresh token and hash are the module's, byte for byte."""
    assert len(list(forge_module.pairs())) == 6
    assert forge_module.minted_otherwise() == []


def test_a_forge_that_mints_otherwise_is_noticed(monkeypatch: pytest.MonkeyPatch) -> None:
    """The comparison with the recorded pairs can fail."""
    monkeypatch.setattr(Forge, "hash_of", lambda self, token: token)
    assert len(forge_module.minted_otherwise()) == 6


def test_a_genuine_token_verifies(forge: Forge) -> None:
    """Another library takes the token for genuine, and so does the forge itself."""
    token = forge.mint(CLAIMS)
    assert forge.verifies(token)
    options: jwt.types.Options = {"verify_exp": False, "verify_iat": False}
    assert jwt.decode(token, SECRET, algorithms=["HS256"], options=options) == CLAIMS
    assert header_of(token) == {"alg": "HS256", "typ": "JWT"}


@pytest.mark.parametrize("algorithm", ["HS384", "HS512", "none"])
def test_another_algorithm_does_not_verify(forge: Forge, algorithm: str) -> None:
    """Its header says so, its claims are the same, and it does not verify."""
    token = forge.mint(CLAIMS, algorithm=algorithm)
    assert header_of(token)["alg"] == algorithm
    assert claims_of(token) == CLAIMS
    assert not forge.verifies(token)
    assert token.endswith(".") is (algorithm == "none")


def test_another_secret_does_not_verify(forge: Forge) -> None:
    """A token signed by somebody else is a forgery."""
    assert not forge.verifies(forge.mint(CLAIMS, secret="somebody-else's-secret-0123456789"))


def test_odd_claims_are_minted_as_they_are(forge: Forge) -> None:
    """Bytes become the payload untouched, so that no JSON writer mends them."""
    token = forge.mint(b'{"exp": NaN}', headers={"kid": "7"})
    assert forge.verifies(token)
    assert header_of(token)["kid"] == "7"
    assert base64.urlsafe_b64decode(token.split(".")[1] + "==") == b'{"exp": NaN}'


def test_a_short_secret_is_the_target_s_own_affair() -> None:
    """A legacy secret under 32 bytes mints and verifies without a warning."""
    forge = Forge("short")
    assert forge.verifies(forge.mint(CLAIMS))


def test_non_ascii_ids_are_derived_as_utf_8(forge: Forge) -> None:
    """Two ids that only a wrong encoding takes for one have two refresh tokens."""
    assert forge.refresh_token("Zoë", 1) != forge.refresh_token("Zo?", 1)
    assert forge.refresh_token("7", 1) == forge.refresh_token(7, 1)
