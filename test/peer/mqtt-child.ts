import { openDatabase } from "#platform/database.ts";
import { bmc, pdu, storeOf, ups } from "#test/publish/mqtt-device.ts";
import { startPublisher } from "#test/publish/mqtt-rig.ts";

/** A program of its own, to be killed: three devices, broker and database by argument. */
const [url = "", file = ""] = process.argv.slice(2);
startPublisher(
  storeOf(ups, pdu, bmc),
  { url },
  openDatabase(file, () => undefined),
);
