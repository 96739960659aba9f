"""Several processes that answer on one port; they end together."""

from __future__ import annotations

import multiprocessing
import signal
import socket
from multiprocessing.connection import wait
from multiprocessing.process import BaseProcess

from reference_auth.serve.server import serve
from reference_auth.serve.settings import Settings


def run_workers(settings: Settings, listener: socket.socket, announcement: str) -> bool:
    """Serve with `settings.workers` processes; True if they ended because they were asked to."""
    context = multiprocessing.get_context("spawn")
    workers: list[BaseProcess] = [
        context.Process(target=serve, args=(settings, listener, "" if number else announcement))
        for number in range(settings.workers)
    ]
    asked: list[int] = []

    def end(number: int = 0, _: object = None) -> None:
        asked.append(number)
        _end_all(workers)

    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, end)
    for worker in workers:
        worker.start()
    wait([worker.sentinel for worker in workers])
    in_order = bool(asked)
    _end_all(workers)
    for worker in workers:
        worker.join()
    return in_order


def _end_all(workers: list[BaseProcess]) -> None:
    for worker in workers:
        if worker.is_alive():
            worker.terminate()
