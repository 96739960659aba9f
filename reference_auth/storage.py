"""One shared boto3 client, called off the event loop."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Protocol

from reference_auth.config import Config

CONNECTIONS = 32


class Client(Protocol):
    """The few operations of a boto3 DynamoDB client that the reference uses."""

    def get_item(self, **parameters: Any) -> Mapping[str, Any]: ...
    def update_item(self, **parameters: Any) -> Mapping[str, Any]: ...
    def delete_item(self, **parameters: Any) -> Mapping[str, Any]: ...
    def put_item(self, **parameters: Any) -> Mapping[str, Any]: ...
    def query(self, **parameters: Any) -> Mapping[str, Any]: ...
    def scan(self, **parameters: Any) -> Mapping[str, Any]: ...
    def batch_write_item(self, **parameters: Any) -> Mapping[str, Any]: ...
    def transact_write_items(self, **parameters: Any) -> Mapping[str, Any]: ...


def make_client(config: Config, environ: Mapping[str, str]) -> Client:
    """One client for the whole server, with bounded waits and a pool of 32 connections."""
    raise NotImplementedError
