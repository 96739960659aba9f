"""What is live, beside the target: a target in this process is used through these objects.

A `Target` is a plain value that names addresses. Where the embedded reference runs in this very
process, its objects are handed over ready-made, and no connection is opened to its addresses.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    import httpx

    from conformance_tests.deployment.faults.proxy import FaultProxy


@dataclass(frozen=True, slots=True)
class Wiring:
    """Each is None where the target's address is to be used.

    transport: the way to the deployment.
    table_client: a client of the table, safe to call from several threads.
    fault_proxy: the proxy that stands before the table already.
    """

    transport: httpx.BaseTransport | None = None
    table_client: Any = None
    fault_proxy: FaultProxy | None = None


#: Of a target of which nothing is live: its addresses are used.
NO_WIRING: Final = Wiring()
