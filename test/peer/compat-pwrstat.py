"""Runs the forerunner out of its own folder (the first argument): `pwrstat` is the one in PATH, and there is no daemon to start."""
import logging
import subprocess
import sys

real = subprocess.Popen


def popen(command, *args, **named):
    """The daemon's place is fixed in the forerunner; nothing is there."""
    return real(["true"] if command[0] == "/usr/sbin/pwrstatd" else command, *args, **named)


subprocess.Popen = popen
sys.path.insert(0, sys.argv[1])
import pwrstat_api  # noqa: E402

pwrstat_api.Popen = popen
logging.basicConfig(level=logging.DEBUG)
pwrstat_api.PwrstatApi()
