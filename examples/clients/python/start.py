"""A session from its login to its end against `reference-auth serve`."""

import os
import tempfile
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import httpx
from client import create_client
from gql import gql
from session import Session, SessionOver

URL = os.environ.get("GRAPHQL_URL", "http://127.0.0.1:8000/graphql")
ME = gql("query Me { me { email } }")


def set_clock(now: float | None) -> None:
    httpx.post(httpx.URL(URL).join("/clock"), json={"now": now}).raise_for_status()


def run(session: Session) -> None:
    session.log_in("alice@example.com", "alice-demo-password")
    with create_client(session) as client, ThreadPoolExecutor(5) as pool:
        print("logged in as", client.execute(ME)["me"]["email"])

        set_clock(time.time() + 850)
        before = session.headers()
        answers = list(pool.map(client.execute, [ME] * 5))
        refreshed = session.headers() != before
        print(f"850 seconds later: {len(answers)} answers, new tokens: {refreshed}")

        session.log_out()
        try:
            client.execute(ME)
        except SessionOver:
            print("logged out")


with tempfile.TemporaryDirectory() as folder:
    try:
        run(Session(URL, Path(folder) / "session.json"))
    finally:
        set_clock(None)
