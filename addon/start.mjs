#!/usr/bin/env node
// The image's `rack-power`. The Supervisor starts it as root, and what it mounts belongs to root: then the folders are made ours, and the
// program goes on as a user without any right. Whoever starts the image as another user has arranged for that user to read and write them.
import { lchownSync, lstatSync, readdirSync, statSync } from "node:fs";
import { join } from "node:path";

/** `node` in the base image: user and group. */
const user = 1000;
/** Of the database. */
const data = "/data";

/** Links are not followed: what they lead to is not ours. */
const own = (path) => {
  const entry = lstatSync(path);
  if (entry.uid !== user) lchownSync(path, user, user);
  if (entry.isDirectory()) for (const name of readdirSync(path)) own(join(path, name));
};

const take = (folder) => {
  try {
    own(folder);
  } catch (error) {
    // A mount that cannot be changed (EROFS), or root without the right to (EPERM): reading may do, and whether the data can be written is looked at next.
    if (!["EROFS", "EPERM", "EACCES", "ENOENT"].includes(error.code)) throw error;
  }
};

const drop = () => {
  process.setgroups([]);
  process.setgid(user);
  process.setuid(user);
};

if (process.getuid() === 0) {
  // Only before the program runs: nobody can then put a link in the way.
  if (process.argv[2] === "run") for (const folder of [data, "/config"]) take(folder);
  try {
    if (statSync(data).uid === user) drop();
    else process.stderr.write(`${data} does not belong to user ${user} and cannot be given to it: going on as root\n`);
  } catch (error) {
    if (error.code !== "EPERM") throw error;
    process.stderr.write("the container does not let root become another user: going on as root\n");
  }
}

await import("./rack-power.mjs");
