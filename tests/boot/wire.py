# SPDX-License-Identifier: Apache-2.0
"""The Ethernet wire of a guest: QEMU connects to a socket of ours, and frames go both ways."""

from __future__ import annotations

import select
import shutil
import socket
import struct
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

LENGTH = struct.Struct(">I")  # in front of each frame on QEMU's stream socket


class Wire:
    """Listens; the guest's QEMU connects with the `net` that this names. Use it with `with`.

    QEMU connects while the guest boots, and what the guest sends before is lost.
    """

    def __init__(self) -> None:
        # Not pytest's tmp_path: the path of a unix socket has 107 bytes at most.
        self._folder = Path(tempfile.mkdtemp(prefix="osier-"))
        path = self._folder / "wire"
        self.net = f"stream,server=off,addr.type=unix,addr.path={path}"
        self._listener = socket.socket(socket.AF_UNIX)
        self._listener.bind(str(path))
        self._listener.listen(1)
        self._socket: socket.socket | None = None
        self._received = bytearray()

    def __enter__(self) -> Wire:
        return self

    def __exit__(self, *_: object) -> None:
        self._listener.close()
        if self._socket is not None:
            self._socket.close()
        shutil.rmtree(self._folder, ignore_errors=True)

    def connected(self, timeout: float = 20.0) -> socket.socket:
        """The connection; waits for QEMU at the first call."""
        if self._socket is None:
            self._listener.settimeout(timeout)
            self._socket, _ = self._listener.accept()
            self._socket.setblocking(False)
        return self._socket

    def send(self, *frames: bytes) -> None:
        """Puts frames on the wire; reads meanwhile, so that neither side can block the other."""
        stream = self.connected()
        pending = memoryview(b"".join(LENGTH.pack(len(frame)) + frame for frame in frames))
        until = time.monotonic() + 60
        while pending:
            readable, writable, _ = select.select([stream], [stream], [], 1)
            if readable:
                self._read()
            if writable:
                pending = pending[stream.send(pending[:1 << 16]):]
            assert time.monotonic() < until, "QEMU has stopped taking frames"

    def _read(self) -> None:
        chunk = self.connected().recv(1 << 18)
        if not chunk:
            raise ConnectionError("QEMU has closed the wire")
        self._received += chunk

    def _next(self) -> bytes | None:
        if len(self._received) < LENGTH.size:
            return None
        end = LENGTH.size + LENGTH.unpack_from(self._received)[0]
        if len(self._received) < end:
            return None
        frame = bytes(self._received[LENGTH.size:end])
        del self._received[:end]
        return frame

    def receive(self, timeout: float = 5.0) -> bytes | None:
        """The next frame of the guest; None where none comes in time."""
        until = time.monotonic() + timeout
        while (frame := self._next()) is None:
            left = until - time.monotonic()
            if left <= 0 or not select.select([self.connected()], [], [], left)[0]:
                return None
            self._read()
        return frame

    def expect(self, wanted: Callable[[bytes], bool], timeout: float = 10.0) -> bytes:
        """The next frame that is wanted; others are passed over."""
        until = time.monotonic() + timeout
        passed = 0
        while (frame := self.receive(max(0.0, until - time.monotonic()))) is not None:
            if wanted(frame):
                return frame
            passed += 1
        raise AssertionError(f"the guest did not send what was waited for in {timeout} s, "
                             f"but {passed} other frames")

    def silence(self, duration: float = 0.3) -> list[bytes]:
        """What the guest sends in a while: nothing, a test hopes."""
        until = time.monotonic() + duration
        heard = []
        while (frame := self.receive(max(0.0, until - time.monotonic()))) is not None:
            heard.append(frame)
        return heard


class DirectWire(Wire):
    """A wire that is there before the guest is, so that not even the first frame is lost.

    QEMU inherits one end of it, through `run`: have the guest keep `theirs` open.
    """

    def __init__(self) -> None:
        super().__init__()
        self._socket, self._theirs = socket.socketpair()
        self._socket.setblocking(False)
        self.theirs = self._theirs.fileno()
        self.net = f"socket,fd={self.theirs}"

    def __exit__(self, *problem: object) -> None:
        self._theirs.close()
        super().__exit__(*problem)
