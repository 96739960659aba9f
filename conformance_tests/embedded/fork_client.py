"""Asks a fork server for a process, and stands for it: same output, same exit code, same end.

A script that imports next to nothing: `python -I -S fork_client.py SOCKET WORD…`.
"""

import json
import os
import socket
import sys
import time

PATIENCE_SECONDS = 10.0


def main(path: str, *words: str) -> int:
    """The exit code of the process; it ends when this one does."""
    with connected(path) as server:
        asked = json.dumps({"words": words, "environ": dict(os.environ)}).encode()
        socket.send_fds(server, [len(asked).to_bytes(4, "big")], [0, 1, 2])
        server.sendall(asked)
        return int(server.recv(16) or 1)


def connected(path: str) -> socket.socket:
    """The server may still be on its way."""
    end = time.monotonic() + PATIENCE_SECONDS
    while True:
        server = socket.socket(socket.AF_UNIX)
        try:
            server.connect(path)
            return server
        except OSError:
            server.close()
            if time.monotonic() > end:
                raise
            time.sleep(0.02)


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
