// Part of the image's build: runs the demonstration once, as the user that it will run as, and keeps what V8 made of the code. This halves
// the time of each start. Node takes such a cache only for the same user, path and version of Node (its folder is named after them).
import { spawn } from "node:child_process";
import { chmodSync, chownSync, mkdirSync, mkdtempSync, readdirSync, statSync, symlinkSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

const user = 1000;
const [app] = process.argv.slice(2);
const cache = join(app, "cache");
const devices = 5;

mkdirSync(cache);
const cwd = mkdtempSync(join(tmpdir(), "warm-"));
for (const folder of [cache, cwd]) chownSync(folder, user, user);
const env = { ...process.env, NODE_COMPILE_CACHE: cache };
const child = spawn(process.execPath, [join(app, "start.mjs"), "run"], { cwd, env, uid: user, gid: user, stdio: ["pipe", "pipe", "inherit"] });
let said = "";
child.stdout.setEncoding("utf8").on("data", (text) => {
  said += text;
  if ((said.match(/: connected: /g) ?? []).length === devices) child.kill("SIGTERM");
});
const code = await new Promise((done) => child.once("close", done));
const [made] = readdirSync(cache);
if (code !== 0 || made === undefined) throw new Error(`the demonstration ended with ${code}:\n${said}`);

// From here on nobody writes it.
for (const name of ["", ...readdirSync(cache, { recursive: true })]) {
  const path = join(cache, name);
  chownSync(path, 0, 0);
  chmodSync(path, statSync(path).isDirectory() ? 0o755 : 0o644);
}
// Node may read it for root too: that is who starts, before the rights are given up.
symlinkSync(made, join(cache, made.replace(/\d+$/, "0")));
