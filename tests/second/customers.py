"""The platform behind the flow: three fixed customers, whose passwords are kept hashed.

The hashing is cheap for its kind, because the suite logs in often.
"""

from __future__ import annotations

import hashlib
import hmac

from tests.second.errors import LoginRefused

CUSTOMERS: dict[str, tuple[int | str, str]] = {
    "alice@example.com": (23, "f916e2fd4c92773653886ee6d4eb99a82427eef4336901832f2a3393699659e2"),
    "bob@example.com": ("b-7", "7a819841be954ac07c5a48b532571198b548703bf2ae806ea6485ccee5b2b29b"),
    "carol@example.com": (4711, "af92b5ca9fe5eb6132149556632c94945587d9a057bec8ac9af016e68f4dae06"),
}


def customer_id(email: str, password: str) -> int | str:
    """The id of whoever has this e-mail and password; the work is the same for an unknown one."""
    id_, digest = CUSTOMERS.get(email, (0, ""))
    if not hmac.compare_digest(_hashed(password, email), digest):
        raise LoginRefused("Wrong e-mail or password")
    return id_


def _hashed(password: str, email: str) -> str:
    data, salt = (text.encode(errors="surrogatepass") for text in (password, email))
    return hashlib.scrypt(data, salt=salt, n=2**10, r=8, p=1, dklen=32).hex()
