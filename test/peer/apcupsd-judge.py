"""Prints what aioapcaccess, the library of Home Assistant's own integration, reads of an apcupsd, as JSON."""

import asyncio
import json
import sys

import aioapcaccess

print(json.dumps(dict(asyncio.run(aioapcaccess.request_status("127.0.0.1", int(sys.argv[1]))))))
