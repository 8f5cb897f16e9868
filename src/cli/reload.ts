import { findAccess, type AccessOptions } from "./access.ts";
import { exitCodes, Stop, type ExitCode } from "./exit-code.ts";
import type { CliNeeds } from "./need.ts";
import { ask, problemCode, problemText } from "./rest-client.ts";

/** Tells the running program to read its configuration again, and what is wrong in it. */
export const reload = async (options: AccessOptions, needs: CliNeeds): Promise<ExitCode> => {
  const reply = await ask(await findAccess(options, "admin", needs), "/api/v1/reload", { method: "POST" });
  if (!reply.ok)
    throw new Stop(reply.problem.type.endsWith(":configuration") ? exitCodes.configuration : problemCode(reply.status), problemText(reply.problem));
  const { problems } = reply.body as { readonly problems: readonly string[] };
  needs.print(["the configuration was read again", ...problems, ""].join("\n"));
  return problems.length === 0 ? exitCodes.ok : exitCodes.configuration;
};
