import { z } from "zod";
import { keyed, problems, type App, type RouteServices } from "./route.ts";

const schema = (operationId: string, summary: string, description: string) =>
  ({
    config: { access: "admin" },
    schema: {
      operationId,
      summary,
      description,
      tags: ["program"],
      security: keyed,
      querystring: z.strictObject({}),
      response: { 204: z.undefined().describe("Done"), ...problems(415) },
    },
  }) as const;

const postCopy = schema(
  "makeCopy",
  "Writes a copy of the database into the data folder",
  "For whoever backs up that folder while the program runs; the copy is used at a start that finds no database. The database's own files are left out.",
);
const deleteCopy = schema("dropCopy", "Removes the copy of the database", "After the backup.");

/** The copy that a backup takes. */
export const backupRoutes = (app: App, { copy }: RouteServices): void => {
  if (!copy) return;
  app.post("/api/v1/backup", postCopy, async (_, reply) => {
    await copy.make();
    return reply.code(204).send();
  });
  app.delete("/api/v1/backup", deleteCopy, async (_, reply) => {
    copy.drop();
    return reply.code(204).send();
  });
};
