"""A program on loopback that answers as it is told, and remembers what was asked."""

import asyncio
from collections.abc import Callable
from contextlib import suppress
import json
import time
from typing import Any

from aiohttp import web
from aiohttp.test_utils import TestServer

from homeassistant.core import HomeAssistant

KEY = "canary-key-0123456789"
READER = "canary-reader-9876543210"
INSTANCE = "0d5a7c0e-7a51-4a9d-9a0b-0c6f6f0f6c11"
OTHER_INSTANCE = "5bd1f4a2-8f8b-4a10-8c8e-2a8b1d7d9f22"

PROBLEM = "urn:rack-power:problem:"


def part(part: str, *commands: str, **readings: Any) -> dict[str, Any]:
    """Write a part as the API does."""
    return {
        "id": part,
        "name": part.title(),
        "capabilities": ["outlet"],
        "readings": {
            name.replace("_", "."): {
                "value": value,
                "at": "2026-08-20T10:00:00Z",
                "quality": "good",
            }
            for name, value in readings.items()
        },
        "commands": list(commands),
    }


def outcome(state: str = "confirmed", **more: Any) -> dict[str, Any]:
    """Write an outcome as the API does."""
    return {
        "id": "o-1",
        "device": "rack-pdu",
        "part": "outlet/3",
        "command": "outlet.on",
        "by": {"via": "rest", "key": "home-assistant", "person": "Ada"},
        "state": state,
        "detail": "the device says on",
        "writes": 1,
        "askedAt": "2026-08-20T10:00:00Z",
        "endedAt": "2026-08-20T10:00:01Z",
        **more,
    }


def problem(status: int, kind: str | None, **more: Any) -> web.Response:
    """Write an error as the API does."""
    body = {
        "type": "about:blank" if kind is None else PROBLEM + kind,
        "title": "Something",
        "status": status,
        "detail": f"because of {kind}",
        **more,
    }
    return web.json_response(
        body, status=status, content_type="application/problem+json"
    )


class Program:
    """The scripted program."""

    def __init__(self) -> None:
        """Be well, with one device."""
        self.url = ""
        self.server: TestServer | None = None
        self.health: dict[str, Any] = {
            "state": "ready",
            "version": "0.1.0",
            "instance": INSTANCE,
            "problems": [],
            "broker": {"state": "connected", "protocol": 5},
            "devices": {"connecting": 0, "online": 1, "offline": 0, "quarantined": 0},
        }
        self.repairs: list[dict[str, Any]] = []
        self.entities: dict[str, Any] | None = {
            "deviceIdentifiers": ["rack-power", "rack-power_rack-pdu"],
            "uniqueIds": [
                "rack-power_connection",
                "rack-power_rack-pdu_outlet-3_outlet-on",
            ],
        }
        self.devices: list[dict[str, Any]] = [
            {
                "id": "rack-pdu",
                "name": "Rack PDU",
                "driver": "snmp",
                "connection": {"state": "online", "since": "2026-08-20T09:00:00Z"},
                "serial": "canary-serial",
                "mac": ["00:c0:b7:00:00:01"],
                "fedBy": [],
                "parts": [
                    part("outlet/3", "outlet.on", "outlet.off", outlet_on=True),
                    part("outlet/4", "outlet.on", "outlet.cycle", outlet_on=False),
                    part("sensor/cpu-temp_1", sensor_temperature=41.5),
                ],
            }
        ]
        self.outcomes: list[dict[str, Any]] = [outcome()]
        self.reload: Callable[[], web.Response] = lambda: web.json_response(
            {"accepted": True, "problems": []}
        )
        self.command: Callable[[dict[str, Any]], web.Response] = lambda body: (
            web.json_response(outcome(command=body["command"]))
        )
        self.scopes = {KEY: "admin", READER: "read"}
        # Whoever asks for this path gets this answer.
        self.instead: dict[str, Callable[[], web.StreamResponse]] = {}
        self.asked: list[tuple[str, str, Any]] = []
        self.last_event_ids: list[str | None] = []
        self._streams: list[web.StreamResponse] = []
        self._ended = asyncio.Event()
        self.app = web.Application()
        self.app.router.add_route("*", "/{tail:.*}", self._answer)

    async def _answer(self, request: web.Request) -> web.StreamResponse:
        path = request.raw_path.split("?")[0].removeprefix("/api/v1/")
        text = await request.text()
        body = json.loads(text) if text else None
        self.asked.append((request.method, path, body or dict(request.query) or None))
        if (instead := self.instead.get(path)) is not None:
            return instead()
        scope = self.scopes.get(request.headers.get("X-API-Key", ""))
        if scope is None:
            return problem(401, "wrong-key")
        if scope != "admin" and request.method != "GET":
            return problem(403, "scope")
        if path == "health":
            return web.json_response(self.health)
        if path == "repairs":
            return web.json_response(self.repairs)
        if path == "entities":
            if self.entities is None:
                return problem(404, None)
            return web.json_response(self.entities)
        if path == "outcomes":
            return web.json_response(self.outcomes)
        if path == "reload":
            return self.reload()
        if path == "identify":
            if not body or "host" not in body:
                return problem(422, "invalid", errors=[{"detail": "host is missing"}])
            return web.json_response([{"driver": "snmp", "why": "no answer"}])
        if path == "events":
            return await self._stream(request)
        return self._device(path, body)

    def _device(self, path: str, body: Any) -> web.StreamResponse:
        _, *rest = path.split("/")
        if not rest:
            return web.json_response(self.devices)
        found = next((one for one in self.devices if one["id"] == rest[0]), None)
        if found is None:
            return problem(404, None)
        if path.endswith("/commands"):
            return self.command(body)
        if path.endswith("/label"):
            self.repairs = []
            return web.Response(status=204)
        return web.json_response(found)

    async def _stream(self, request: web.Request) -> web.StreamResponse:
        self.last_event_ids.append(request.headers.get("Last-Event-ID"))
        stream = web.StreamResponse(headers={"Content-Type": "text/event-stream"})
        await stream.prepare(request)
        await stream.write(b"retry: 3000\n\n")
        for device in self.devices:
            await self._write(stream, "device", device, "none.1")
        self._streams.append(stream)
        ended = self._ended
        await ended.wait()
        with suppress(ConnectionError):
            await stream.write_eof()
        return stream

    @staticmethod
    async def _write(stream: web.StreamResponse, name: str, data: Any, id: str) -> None:
        text = f"id: {id}\nevent: {name}\ndata: {json.dumps(data)}\n\n"
        with suppress(ConnectionError):
            await stream.write(text.encode())

    async def heard(self, hass: HomeAssistant) -> None:
        """Wait until somebody listens to the stream."""
        for _ in range(500):
            if self._streams:
                break
            await moment()
        assert self._streams, "nobody listens"
        await settle(hass)

    async def emit(
        self, hass: HomeAssistant, name: str, data: Any, id: str = "o-1.7"
    ) -> None:
        """Tell all who listen, and wait until they have heard it."""
        for stream in self._streams:
            await self._write(stream, name, data, id)
        await settle(hass)

    async def raw(self, hass: HomeAssistant, text: bytes) -> None:
        """Write anything into the stream."""
        for stream in self._streams:
            await stream.write(text)
        await settle(hass)

    async def cut(self) -> None:
        """End all streams; a reader may come back."""
        self._ended.set()
        self._ended = asyncio.Event()
        self._streams.clear()
        await asyncio.sleep(0)

    async def close(self) -> None:
        """End for good."""
        await self.cut()

    def paths(self, method: str) -> list[str]:
        """List what was asked by this method."""
        return [path for verb, path, _ in self.asked if verb == method]


async def moment() -> None:
    """Let real time pass, also while a test has stopped its clock."""
    await asyncio.get_running_loop().run_in_executor(None, time.sleep, 0.005)


async def settle(hass: HomeAssistant) -> None:
    """Give what crosses sockets the time to arrive."""
    for _ in range(8):
        await moment()
        await hass.async_block_till_done(wait_background_tasks=False)
