"""The address that servers of this machine listen at: for its own users alone."""

import socket

from sparkify_assets.errors import SparkifyError

HOST = "127.0.0.1"


def check_free(port: int, remedy: str = "choose another one with --port") -> None:
    """Refuse a port that cannot be listened at."""
    with socket.socket() as tried:
        tried.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            tried.bind((HOST, port))
        except OSError as error:
            raise SparkifyError(f"port {port} of {HOST} cannot be used: {error.strerror}; {remedy}") from error
