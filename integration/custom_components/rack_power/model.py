"""What the program says over its REST API, as far as the integration looks at it.

The whole is in `/api/v1/openapi.json`. Keys that may be absent are optional here.
"""

from typing import Any, Literal, NotRequired, TypedDict

type ConnectionState = Literal["connecting", "online", "offline", "quarantined"]
type OutcomeState = Literal["confirmed", "unconfirmed", "refused", "failed"]

OUTCOME_STATES: tuple[OutcomeState, ...] = (
    "confirmed",
    "unconfirmed",
    "refused",
    "failed",
)


class Broker(TypedDict):
    """How the program stands with its broker."""

    state: Literal["connected", "connecting", "refused"]
    protocol: NotRequired[int]
    detail: NotRequired[str]


class Health(TypedDict):
    """How the program is; without a key only `state` is told."""

    state: Literal["ready", "degraded"]
    version: NotRequired[str]
    instance: NotRequired[str]
    problems: NotRequired[list[str]]
    broker: NotRequired[Broker]
    devices: NotRequired[dict[str, int]]


class Repair(TypedDict):
    """What is wrong and a person can put right."""

    id: str
    kind: str
    detail: str
    device: NotRequired[str]
    part: NotRequired[str]
    label: NotRequired[str]
    accepted: NotRequired[str]
    file: NotRequired[str]
    line: NotRequired[int]
    column: NotRequired[int]
    option: NotRequired[str]


class Entities(TypedDict):
    """What is published by MQTT discovery now."""

    deviceIdentifiers: list[str]
    uniqueIds: list[str]


class Origin(TypedDict):
    """Through which door a command came."""

    via: Literal["mqtt", "rest", "page", "nut", "engine"]
    key: NotRequired[str]
    person: NotRequired[str]
    user: NotRequired[str]
    why: NotRequired[str]


class Outcome(TypedDict):
    """The end of a command."""

    id: str
    device: str
    part: str
    command: str
    by: Origin
    state: str
    detail: str
    askedAt: str
    value: NotRequired[float | str]
    reason: NotRequired[str]
    refusal: NotRequired[str]
    fault: NotRequired[str]
    writes: NotRequired[int]
    endedAt: NotRequired[str]


class Part(TypedDict):
    """A part of a device."""

    id: str
    name: str
    readings: dict[str, Any]
    commands: list[str]


class Device(TypedDict):
    """A device with its parts and readings."""

    id: str
    name: str
    driver: str
    connection: dict[str, Any]
    parts: list[Part]


class Reload(TypedDict):
    """What came of reading the configuration again."""

    accepted: bool
    problems: list[str]
