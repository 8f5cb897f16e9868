"""The program's REST API, as far as the integration needs it."""

import asyncio
from collections.abc import AsyncGenerator, Mapping
from dataclasses import dataclass
from http import HTTPStatus
import json
from typing import Any, cast
from urllib.parse import quote

from aiohttp import ClientError, ClientResponse, ClientSession, ClientTimeout

from .model import Device, Entities, Health, Outcome, Reload, Repair

PROBLEM = "urn:rack-power:problem:"

# Seconds. A command waits in its queue, is carried out, and is read back: a server
# takes five minutes for an orderly shutdown.
USUAL_TIME = 10.0
COMMAND_TIME = 600.0
IDENTIFY_TIME = 60.0
RELOAD_TIME = 60.0
# The program gives a sign of life every fifteen seconds.
SILENT_TIME = 45.0

# Bytes of one event; a device with all its parts is one.
LARGEST_EVENT = 8 * 1024 * 1024


class RackPowerError(Exception):
    """No answer that could be used."""


class CannotConnectError(RackPowerError):
    """Nobody answers, or not in time."""


class InvalidKeyError(RackPowerError):
    """The key is missing or not known."""


class KeyTooSmallError(RackPowerError):
    """The key is known, and may not do this."""


class NotRackPowerError(RackPowerError):
    """Somebody answers, and it is not Rack Power."""


class TooOldError(RackPowerError):
    """It is Rack Power, and older than this integration can use."""


class ProblemError(RackPowerError):
    """An answer that is an error, by RFC 9457."""

    def __init__(self, status: int, problem: Mapping[str, Any]) -> None:
        """Take apart what matters; every member but these may be anything."""
        detail = problem.get("detail")
        self.detail = detail if isinstance(detail, str) else f"HTTP status {status}"
        super().__init__(self.detail)
        self.status = status
        kind = problem.get("type")
        self.kind = (
            kind.removeprefix(PROBLEM)
            if isinstance(kind, str) and kind.startswith(PROBLEM)
            else None
        )
        confirm = problem.get("confirm")
        self.confirm = confirm if isinstance(confirm, str) else None
        seconds = problem.get("confirmSeconds")
        self.confirm_seconds = seconds if isinstance(seconds, (int, float)) else None
        errors = problem.get("errors")
        self.errors = [
            str(error["detail"])
            for error in (errors if isinstance(errors, list) else [])
            if isinstance(error, dict) and "detail" in error
        ]


@dataclass(frozen=True, slots=True)
class ServerEvent:
    """One event of the stream; `open` comes first and is ours."""

    name: str
    data: Any = None
    id: str | None = None


def _event(block: bytes) -> ServerEvent | None:
    """Read the lines of one event (WHATWG HTML, 9.2.6); comments have none."""
    fields: dict[str, str] = {}
    for line in block.decode(errors="replace").splitlines():
        name, _, value = line.partition(":")
        if name in ("event", "id"):
            fields[name] = value.removeprefix(" ")
        elif name == "data":
            before = f"{fields['data']}\n" if "data" in fields else ""
            fields["data"] = before + value.removeprefix(" ")
    if "data" not in fields:
        return None
    try:
        data = json.loads(fields["data"])
    except ValueError as error:
        raise NotRackPowerError("an event is not JSON") from error
    return ServerEvent(fields.get("event", "message"), data, fields.get("id"))


async def _problem(response: ClientResponse) -> RackPowerError:
    """Make the error out of an answer that is one."""
    body = await response.text(errors="replace")
    try:
        problem = json.loads(body)
    except ValueError:
        problem = None
    if not isinstance(problem, dict) or "detail" not in problem:
        # A proxy in front of it says so when nobody is behind it.
        if response.status in (
            HTTPStatus.BAD_GATEWAY,
            HTTPStatus.SERVICE_UNAVAILABLE,
            HTTPStatus.GATEWAY_TIMEOUT,
        ):
            return CannotConnectError(f"HTTP status {response.status}")
        return NotRackPowerError(f"HTTP status {response.status}, and no problem")
    error = ProblemError(response.status, problem)
    if response.status == HTTPStatus.UNAUTHORIZED:
        return InvalidKeyError(error.detail)
    if response.status == HTTPStatus.FORBIDDEN:
        return KeyTooSmallError(error.detail)
    return error


class RackPowerClient:
    """Asks one installation. Raises only `RackPowerError`."""

    def __init__(self, session: ClientSession, url: str, key: str) -> None:
        """Take Core's session; it is never closed here."""
        self._session = session
        self._url = url.rstrip("/")
        self._headers = {"X-API-Key": key}

    async def _ask(
        self,
        method: str,
        path: str,
        *,
        body: Mapping[str, Any] | None = None,
        params: Mapping[str, str | int] | None = None,
        seconds: float = USUAL_TIME,
    ) -> Any:
        try:
            async with (
                asyncio.timeout(seconds),
                self._session.request(
                    method,
                    f"{self._url}/api/v1/{path}",
                    headers=self._headers,
                    json=body,
                    params=params,
                    # The key goes nowhere but where the person said.
                    allow_redirects=False,
                    timeout=ClientTimeout(total=None),
                ) as response,
            ):
                if response.status >= HTTPStatus.MULTIPLE_CHOICES:
                    raise await _problem(response)
                if response.status == HTTPStatus.NO_CONTENT:
                    return None
                return json.loads(await response.text(errors="replace"))
        except (ClientError, OSError, TimeoutError) as error:
            # Its text may hold the address and no more: keys are headers.
            raise CannotConnectError(str(error) or type(error).__name__) from error
        except ValueError as error:
            raise NotRackPowerError("the answer is not JSON") from error

    async def health(self) -> Health:
        """Tell how the program is; with a key that may not read only `state`."""
        health = await self._ask("GET", "health")
        if not isinstance(health, dict) or health.get("state") not in (
            "ready",
            "degraded",
        ):
            raise NotRackPowerError("the answer is no health of Rack Power")
        return cast(Health, health)

    async def check_scope(self) -> None:
        """Raise when the key is not for administrators.

        The guard looks at the key before anything looks at the body, and nothing is
        done with an empty one.
        """
        try:
            await self._ask("POST", "identify", body={})
        except ProblemError as error:
            if error.status != HTTPStatus.UNPROCESSABLE_ENTITY:
                raise

    async def repairs(self) -> list[Repair]:
        """List what is wrong and a person can put right."""
        return cast(list[Repair], await self._ask("GET", "repairs"))

    async def entities(self) -> Entities | None:
        """List what is published by MQTT discovery; None when nothing can be."""
        try:
            return cast(Entities, await self._ask("GET", "entities"))
        except ProblemError as error:
            if error.status == HTTPStatus.NOT_FOUND:
                return None
            raise

    async def devices(self) -> list[Device]:
        """List all devices with parts and readings."""
        return cast(list[Device], await self._ask("GET", "devices"))

    async def device(self, device: str) -> Device:
        """Give one device with parts and readings."""
        return cast(Device, await self._ask("GET", f"devices/{quote(device, safe='')}"))

    async def outcomes(
        self,
        *,
        device: str | None = None,
        part: str | None = None,
        limit: int = 100,
    ) -> list[Outcome]:
        """List ended commands, newest first."""
        params: dict[str, str | int] = {"limit": limit}
        if device is not None:
            params["device"] = device
        if part is not None:
            params["part"] = part
        return cast(list[Outcome], await self._ask("GET", "outcomes", params=params))

    async def command(
        self,
        device: str,
        part: str,
        command: str,
        *,
        value: float | str | None = None,
        reason: str | None = None,
        confirm: str | None = None,
        person: str | None = None,
    ) -> Outcome:
        """Give a command and wait for its end."""
        words = {
            "value": value,
            "reason": reason,
            "confirm": confirm,
            "person": person,
        }
        return cast(
            Outcome,
            await self._ask(
                "POST",
                f"{self._part(device, part)}/commands",
                body={
                    "command": command,
                    **{key: word for key, word in words.items() if word is not None},
                },
                seconds=COMMAND_TIME,
            ),
        )

    async def accept_label(self, device: str, part: str, label: str) -> None:
        """Accept the name that the device gives to a part now."""
        await self._ask(
            "PUT", f"{self._part(device, part)}/label", body={"label": label}
        )

    async def identify(
        self, host: str, driver: str | None, options: Mapping[str, Any] | None
    ) -> list[dict[str, Any]]:
        """Ask a host what it is."""
        body: dict[str, Any] = {"host": host}
        if driver is not None:
            body["driver"] = driver
        if options is not None:
            body["options"] = dict(options)
        return cast(
            list[dict[str, Any]],
            await self._ask("POST", "identify", body=body, seconds=IDENTIFY_TIME),
        )

    async def reload(self) -> Reload:
        """Have the configuration read again."""
        return cast(
            Reload, await self._ask("POST", "reload", body={}, seconds=RELOAD_TIME)
        )

    async def events(self, after: str | None) -> AsyncGenerator[ServerEvent]:
        """Give what happens, until the connection ends.

        `after` is the id of the last event that came: the outcomes since are told.
        """
        headers = {**self._headers, "Accept": "text/event-stream"}
        if after is not None:
            headers["Last-Event-ID"] = after
        try:
            async with self._session.get(
                f"{self._url}/api/v1/events",
                headers=headers,
                allow_redirects=False,
                timeout=ClientTimeout(
                    total=None, sock_connect=USUAL_TIME, sock_read=SILENT_TIME
                ),
            ) as response:
                if response.status >= HTTPStatus.MULTIPLE_CHOICES:
                    raise await _problem(response)
                if response.content_type != "text/event-stream":
                    raise NotRackPowerError("the answer is no stream of events")
                yield ServerEvent("open")
                buffer = b""
                async for piece in response.content.iter_any():
                    *blocks, buffer = (buffer + piece).split(b"\n\n")
                    for block in blocks:
                        if (event := _event(block)) is not None:
                            yield event
                    if len(buffer) > LARGEST_EVENT:
                        raise NotRackPowerError("an event does not end")
        except (ClientError, OSError, TimeoutError) as error:
            raise CannotConnectError(str(error) or type(error).__name__) from error

    @staticmethod
    def _part(device: str, part: str) -> str:
        return f"devices/{quote(device, safe='')}/parts/{quote(part, safe='')}"
