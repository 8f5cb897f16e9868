"""Asks a NUT server what Home Assistant's integration asks, and prints what it got."""

import asyncio
import json
import sys

from aionut import AIONUTClient, NUTCommandError, NUTError, NUTLoginError


async def main(port: int, ups: str, user: str, password: str, commands: list[str]) -> None:
    client = AIONUTClient("127.0.0.1", port, user, password, timeout=10)
    told = {
        "upses": await client.list_ups(),
        "description": await client.description(ups),
        "variables": await client.list_vars(ups),
        "commands": sorted(await client.list_commands(ups)),
        "ran": {},
    }
    for command in commands:
        try:
            await client.run_command(ups, command)
            told["ran"][command] = "done"
        except (NUTLoginError, NUTCommandError, NUTError) as error:
            told["ran"][command] = f"{type(error).__name__}: {error}"
    client.shutdown()
    print(json.dumps(told))


asyncio.run(main(int(sys.argv[1]), sys.argv[2], sys.argv[3], sys.argv[4], sys.argv[5:]))
