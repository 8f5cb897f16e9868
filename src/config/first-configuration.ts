import { writeNewText } from "#platform/file.ts";
import { besideFile } from "#platform/path.ts";

/** Comments that teach: each example is good as it stands once its # are taken away. */
export const firstConfiguration = `# Rack Power: the devices of your rack.
#
# The page "Rack Power" in the sidebar finds out what a device is and writes its entry here, if you like that better.
# After a change by hand: the button "Read the configuration again" on that page, or restart the add-on. A mistake costs only the device it is in, and the
# page and the log tell line and column. There is nothing to set here for MQTT: Home Assistant's broker is found by itself.
#
# Passwords do not belong here. Write them into secrets.yaml beside this file, one line each, such as
#   office_ups_password: correct horse battery staple
# and here only their names:  password: !secret office_ups_password
#
# Every device has an id of your own (small letters, digits, - and _). It is for ever: its entities are named after it. All take these keys:
#   name: Office UPS           what people call it
#   area: Cellar               area in Home Assistant
#   interval: 10s              time between polls
#   onBatteryAfter: 5s         of a UPS: time on battery that is no more than a flicker
#   fedBy: rack-pdu/outlet/5   outlets that carry it
#   parts:                     settings of single parts, such as a lock
#     outlet/3: { name: Router, lock: confirm }

devices:

# A UPS behind a NUT server: Network UPS Tools on a NAS, a router, or the add-on of that name. Without username and password it is only read.
#  office-ups:
#    driver: nut
#    host: 192.168.1.10
#    ups: ups
#    username: admin
#    password: !secret office_ups_password

# A UPS behind an apcupsd. In its apcupsd.conf, NETSERVER has to be on and NISIP 0.0.0.0.
#  apc-ups:
#    driver: apcupsd
#    host: 192.168.1.14

# A UPS of CyberPower's behind its own daemon, pwrstatd, by the daemon's socket. The add-on sees only what is below /config; NUT is the better way there.
#  cyberpower:
#    driver: pwrstat
#    socket: /var/pwrstatd.ipc

# A rack PDU or a UPS with a network card, by SNMP. What it is, is found by itself. The community for reading is often public; switching needs the
# community for writing.
#  rack-pdu:
#    driver: snmp
#    host: 192.168.1.11
#    community: !secret rack_pdu_community

# The same by SNMP version 3, encrypted.
#  other-pdu:
#    driver: snmp
#    host: 192.168.1.12
#    version: 3
#    user: rack
#    authentication: { protocol: SHA-256, key: !secret other_pdu_authentication }
#    privacy: { protocol: AES, key: !secret other_pdu_privacy }

# A server with a BMC (iDRAC, iLO, IPMI): power, temperatures, fans; on, off and restart. IPMI over LAN has to be enabled in the BMC.
#  server:
#    driver: ipmi
#    host: 192.168.1.13
#    username: admin
#    password: !secret server_password

# What Home Assistant has already, as a device of the rack: any switch, with the sensors of its plug found by themselves.
#  lamp-plug:
#    driver: home-assistant
#    switch: switch.lamp_plug
`;

const firstSecrets = `# Passwords and communities of rack-power.yaml, one line each:
#   office_ups_password: correct horse battery staple
# There:  password: !secret office_ups_password
`;

/**
 * Writes the file for the first start, and secrets.yaml beside it, whichever is not there. True when it wrote the configuration. Everybody on the
 * machine may read the one, only we the other.
 */
export const createFirstConfiguration = async (file: string): Promise<boolean> => {
  await writeNewText(besideFile(file, "secrets.yaml"), firstSecrets, 0o600);
  return writeNewText(file, firstConfiguration, 0o644);
};
