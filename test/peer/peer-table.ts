/** One program nobody here wrote, as the Debian packages that carry it. */
export interface DebianPeer {
  readonly packages: readonly string[];
  /** Programs that must be there afterwards; the first proves the unpacking by its mere presence. */
  readonly programs: readonly string[];
  /** Release to take them from; the machine's own without it. */
  readonly suite?: string;
  /** Scripts whose first line names the machine's Python: they get a wrapper that runs them with the unpacked one. */
  readonly pythonScripts?: readonly string[];
  /** A shared object that is compiled when the machine has gcc: a file in this folder → its name at the peer's root. */
  readonly plugin?: { readonly source: string; readonly target: string };
  readonly env?: Readonly<Record<string, string>>;
}

/** No MIB texts are wanted, and net-snmp makes no folder of its own in /var/lib. A test that needs one sets SNMP_PERSISTENT_DIR itself. */
const quietSnmp = { MIBS: "", SNMP_PERSISTENT_DIR: "/dev/null" } as const;

/** Every peer that the tests know by name. A new one is a line here. */
export const debianPeers = {
  "nut-server": {
    packages: ["nut-server", "nut-client", "libnss3-tools", "openssl"],
    programs: ["upsd", "dummy-ups", "upsc", "upsrw", "upscmd", "certutil", "pk12util", "openssl"],
  },
  // NUT's driver for SNMP, which prints what it reads. It loads no MIB text.
  "nut-snmp": { packages: ["nut-snmp"], programs: ["snmp-ups"], env: quietSnmp },
  snmpd: { packages: ["snmpd"], programs: ["snmpd"], env: quietSnmp },
  snmp: { packages: ["snmp"], programs: ["snmpget", "snmpset", "snmpbulkget", "snmpwalk"], env: quietSnmp },
  snmpsim: { packages: ["snmpsim"], programs: ["snmpsimd", "snmprec"], pythonScripts: ["snmpsimd", "snmprec"] },
  openipmi: {
    packages: ["openipmi", "libopenipmi-dev"],
    programs: ["ipmi_sim", "sdrcomp", "rmcp_ping"],
    plugin: { source: "dcmi.c", target: "dcmi.so" },
  },
  ipmitool: { packages: ["ipmitool"], programs: ["ipmitool"] },
  "freeipmi-tools": { packages: ["freeipmi-tools"], programs: ["ipmipower", "ipmi-sensors", "ipmi-dcmi", "ipmi-fru", "ipmi-chassis"] },
  mosquitto: {
    packages: ["mosquitto", "mosquitto-clients", "openssl"],
    programs: ["mosquitto", "mosquitto_passwd", "mosquitto_pub", "mosquitto_sub", "openssl"],
  },
  chromium: { packages: ["chromium", "chromium-sandbox", "fonts-dejavu-core", "fontconfig-config"], programs: ["chromium"] },
  apparmor: { packages: ["apparmor"], programs: ["apparmor_parser"] },
  strace: { packages: ["strace"], programs: ["strace"] },
  apcupsd: { packages: ["apcupsd"], programs: ["apcupsd", "apcaccess"] },
  patchelf: { packages: ["patchelf"], programs: ["patchelf"] },
  python3: { packages: ["python3", "python3-venv", "python3-pip-whl"], programs: ["python3"] },
} as const satisfies Record<string, DebianPeer>;

export type PeerName = keyof typeof debianPeers;

export interface PythonPeer {
  readonly requirements: readonly string[];
  /** Interpreter to build on; the machine's `python3` without it. */
  readonly python?: "3.14";
}

/** Environments by PyPI that tests know by name. */
export const pythonPeers: Readonly<Record<string, PythonPeer>> = {
  aioapcaccess: { requirements: ["aioapcaccess==1.0.0"] },
  pyghmi: { requirements: ["pyghmi==1.6.19"] },
  // What Home Assistant's own `nut` integration speaks with.
  aionut: { requirements: ["aionut==4.3.4"] },
  schemathesis: { requirements: ["schemathesis==4.32.5"] },
  // The same Core as below, with its test tools; the frontend only for what imports it.
  integration: {
    python: "3.14",
    requirements: ["pytest-homeassistant-custom-component==0.13.357", "home-assistant-frontend==20260729.7", "mypy==2.4.1", "ruff==0.17.5"],
  },
  homeassistant: {
    python: "3.14",
    // What follows the first three is what a nearly empty configuration would otherwise install at its first start.
    requirements: [
      "homeassistant==2026.8.3",
      "home-assistant-frontend==20260729.7",
      "paho-mqtt==2.1.0",
      "aiohasupervisor==0.6.0",
      "aionut==4.3.4",
      "aioapcaccess==1.0.0",
      "ha-ffmpeg==3.2.2",
      "hassil==3.11.0",
      "home-assistant-intents==2026.7.30",
      "infrared-protocols==8.2.1",
      "rf-protocols==4.3.0",
      "mutagen==1.48.1",
      "PyTurboJPEG==1.8.3",
      "zlib-ng",
      "isal",
    ],
  },
};

/**
 * Parts of a Debian system that every machine has, or that only serve an installation. They are left out: the C library must be the
 * machine's own, because the dynamic loader is.
 */
export const unneeded =
  /^(libc6|libc-bin|libc-dev-bin|libc6-dev|linux-libc-dev|libcrypt-dev|libnsl-dev|libtirpc-dev|rpcsvc-proto|libgcc-s1|gcc-.*|base-.*|tar|dpkg|perl|perl-base|perl-modules-.*|lib(number|text|file)-.*-perl|usrmerge|init-system-helpers|sysvinit-utils|debconf|libpam.*|libsemanage.*|libsepol.*|passwd|adduser|lsb-base|udev|systemd.*|dbus.*|libselinux1|libaudit.*|mawk|coreutils|bash|dash|debianutils|findutils|sed|grep|hostname|login|mount|util-linux.*)$/;
