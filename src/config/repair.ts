import { repair, type Repair } from "#domain/repair.ts";
import { isQuarantined, type Configuration } from "./configuration.ts";
import { problemSentence, type Problem } from "./problem.ts";

/** Devices whose entry is wrong, each at the place of the first mistake. */
export const quarantineRepairs = ({ devices }: Configuration): readonly Repair[] =>
  devices.filter(isQuarantined).flatMap(({ settings, problems }) => {
    const [first] = problems;
    if (!first) return [];
    const { file, line, column } = first;
    return [repair({ kind: "quarantined", device: settings.id, file, line, column }, problems.map(problemSentence).join("; "))];
  });

/** A file that as a whole is not usable, at the place of the first mistake. */
export const configurationRepairs = (problems: readonly Problem[]): readonly Repair[] => {
  const [first] = problems;
  if (!first) return [];
  const { file, line, column } = first;
  return [repair({ kind: "configuration", file, line, column }, problems.map(problemSentence).join("; "))];
};
