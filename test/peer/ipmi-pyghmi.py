"""A BMC by pyghmi: user ADMIN/ADMIN, cipher suite 3. Usage: ipmi-pyghmi.py <port> <journal>"""
import sys

from pyghmi.cmd.fakebmc import FakeBmc
from pyghmi.ipmi.bmc import Bmc

port, journal = int(sys.argv[1]), sys.argv[2]


class Machine(FakeBmc):
    def __init__(self):
        # Not FakeBmc's own, which listens on all addresses.
        Bmc.__init__(self, {"ADMIN": "ADMIN"}, port=port, address="127.0.0.1")
        self.powerstate = "off"
        self.bootdevice = "default"

    def _note(self, line):
        with open(journal, "a") as file:
            file.write(line + "\n")

    def power_off(self):
        super().power_off()
        self._note("off")

    def power_on(self):
        super().power_on()
        self._note("on")

    def power_reset(self):
        self._note("reset")

    def power_shutdown(self):
        super().power_shutdown()
        self._note("soft")


machine = Machine()
print("ready", flush=True)
machine.listen()
