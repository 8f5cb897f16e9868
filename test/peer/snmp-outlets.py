# Net-SNMP's pass_persist protocol (snmpd.conf(5)): a switched PDU with the rPDU2 tables of PowerNet-MIB.
# argv[1] is a folder: writes.log gets a line per write, answer (when it is there) says what a write is answered with instead of done.
import os
import sys

FOLDER = sys.argv[1]
ROOT = (1, 3, 6, 1, 4, 1, 318, 1, 1, 26)
OUTLETS = range(1, 9)
on = {n: True for n in OUTLETS}

objects = {
    (2, 1, 6, 1): ("string", lambda n: "6.7.2"),
    (2, 1, 8, 1): ("string", lambda n: "AP8641"),
    (2, 1, 9, 1): ("string", lambda n: "5A1234E00001"),
}
for number in OUTLETS:
    objects[(9, 2, 3, 1, 1, number)] = ("integer", lambda n: n)
    objects[(9, 2, 3, 1, 3, number)] = ("string", lambda n: "Outlet %d" % n)
    objects[(9, 2, 3, 1, 5, number)] = ("integer", lambda n: 2 if on[n] else 1)
    objects[(9, 2, 3, 1, 6, number)] = ("integer", lambda n: 2)
    objects[(9, 2, 4, 1, 5, number)] = ("integer", lambda n: 1 if on[n] else 2)
    objects[(9, 4, 3, 1, 7, number)] = ("integer", lambda n: 10 * n if on[n] else 0)
ORDER = sorted(objects)


def say(*lines):
    sys.stdout.write("\n".join(lines) + "\n")
    sys.stdout.flush()


def tail(line):
    whole = tuple(int(x) for x in line.strip().strip(".").split("."))
    return whole[len(ROOT):] if whole[: len(ROOT)] == ROOT else ()


def tell(oid):
    kind, value = objects[oid]
    say("." + ".".join(map(str, ROOT + oid)), kind, str(value(oid[-1])))


def write(oid, text):
    kind, value = text.split(None, 1)
    with open(os.path.join(FOLDER, "writes.log"), "a") as log:
        log.write("%s %s\n" % (".".join(map(str, oid)), value))
    path = os.path.join(FOLDER, "answer")
    if os.path.exists(path):
        with open(path) as file:
            return file.read().strip()
    if oid[:5] != (9, 2, 4, 1, 5):
        return "not-writable"
    if value not in ("1", "2", "3"):
        return "wrong-value"
    on[oid[-1]] = value != "2"
    return "DONE"


while True:
    line = sys.stdin.readline()
    if not line:
        break
    command = line.strip()
    if command == "PING":
        say("PONG")
    elif command == "get":
        oid = tail(sys.stdin.readline())
        tell(oid) if oid in objects else say("NONE")
    elif command == "getnext":
        oid = tail(sys.stdin.readline())
        later = [one for one in ORDER if one > oid]
        tell(later[0]) if later else say("NONE")
    elif command == "set":
        oid = tail(sys.stdin.readline())
        say(write(oid, sys.stdin.readline().strip()))
    # Net-SNMP 5.9.3 sends an empty line after the value of a set: an answer to it would put the two out of step.
