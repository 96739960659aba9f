"""python drive.py CLIENTS FILE URL locked|unlocked: one tab that takes a command a line."""

from __future__ import annotations

import json
import sys
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import nullcontext
from pathlib import Path
from typing import Any

folder, file, url, lock = sys.argv[1:]
sys.path.insert(0, f"{folder}/python")

from client import create_client  # type: ignore[import-not-found]  # noqa: E402
from gql import gql  # type: ignore[import-not-found]  # noqa: E402
from session import Session, SessionOver  # type: ignore[import-not-found]  # noqa: E402

session = Session(url, Path(file), None if lock == "locked" else nullcontext())
writing = threading.Lock()


def run(client: Any, name: str, given: dict[str, Any]) -> Any:
    match name:
        case "log_in":
            return session.log_in(given["email"], given["password"])
        case "ask":
            return client.execute(gql(given["query"]))
        case "change":
            return client.execute(gql(given["mutation"]))
        case "log_out":
            return session.log_out()
        case "kept":
            return json.loads(Path(file).read_text()) if Path(file).exists() else None
        case _:
            return None  # `open`: nothing is kept in memory


def answer(client: Any, id: int, name: str, after: float = 0, tab: int = 0, **given: Any) -> None:
    time.sleep(after / 1000)
    try:
        reply = {"value": run(client, name, given)}
    except Exception as error:
        category = getattr(error, "category", None)
        over = isinstance(error, SessionOver)
        reply = {"error": {"over": over, "category": category, "message": str(error)}}
    with writing:
        print(json.dumps({"id": id, **reply}), flush=True)


with create_client(session) as client, ThreadPoolExecutor(8) as pool:
    for line in sys.stdin:
        pool.submit(answer, client, **json.loads(line))
