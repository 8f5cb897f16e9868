import type { Command } from "#domain/command.ts";
import type { Clock } from "#platform/clock.ts";

/** Tokens that let a person say "yes, this outlet": each good once, for one command with one value on one part, for two minutes. */
export interface Confirmations {
  issue(command: Command): string;
  /** True when the command carries its token; the token is spent. */
  redeem(command: Command): boolean;
}

export const confirmationLife = 120_000;

export const createConfirmations = (clock: Clock): Confirmations => {
  const issued = new Map<string, { readonly target: string; readonly until: number }>();
  const targetOf = (command: Command): string => `${command.device} ${command.part} ${command.name} ${JSON.stringify(command.value) ?? ""}`;
  return {
    issue: (command) => {
      for (const [token, { until }] of issued) if (until < clock.monotonic()) issued.delete(token);
      const token = crypto.randomUUID();
      issued.set(token, { target: targetOf(command), until: clock.monotonic() + confirmationLife });
      return token;
    },
    redeem: (command) => {
      const found = command.confirm === undefined ? undefined : issued.get(command.confirm);
      if (!found || command.confirm === undefined || found.until < clock.monotonic() || found.target !== targetOf(command)) return false;
      issued.delete(command.confirm);
      return true;
    },
  };
};
