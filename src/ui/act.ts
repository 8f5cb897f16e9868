import { devicePattern } from "#domain/device.ts";
import { isFault } from "#domain/fault.ts";
import type { Caller, PageSource } from "#publish/rest/page-source.ts";
import { entryIn, pickedIn, questionIn, typedIn, type Form } from "./form.ts";
import type { Notice } from "./page.ts";
import type { Result } from "./setup-section.ts";
import type { PageText } from "./text.ts";

/** What an action has to go on. */
export interface Asked {
  readonly text: PageText;
  readonly source: PageSource;
  readonly form: Form;
  readonly caller: Caller | undefined;
}

/** What it came to: a notice when something is wrong, else what it was done to, in a word that stands in an address. */
export type Done = Notice | { readonly what: string };

const wrong = (sentence: string, problems?: readonly string[]): Notice => ({ sentence, wrong: true, ...(problems && { problems }) });

/** What somebody else refused is for the person to read; all else is an error of ours. */
const orWrong = async (work: () => Promise<Done>): Promise<Done> => {
  try {
    return await work();
  } catch (error) {
    if (isFault(error)) return wrong(error.message);
    throw error;
  }
};

export const identify = async ({ text, source, form }: Asked): Promise<Result> => {
  const typed = typedIn(form);
  const question = questionIn(form);
  if ("wrongLine" in question) return { typed, wrong: text.setup.optionWrong({ line: question.wrongLine }) };
  if (question.host === "") return { typed, wrong: text.setup.hostMissing };
  return { typed, found: (await source.identify?.(question)) ?? [] };
};

export const add = async ({ text, source, form }: Asked): Promise<Done> => {
  const entry = entryIn(form);
  const id = form["id"] ?? "";
  if (!entry) return wrong(text.failed.entry);
  if (!devicePattern.test(id)) return wrong(text.setup.idHint);
  const added = await source.addDevice?.(id, entry);
  return added?.ok === false ? wrong(added.detail, added.problems) : { what: id };
};

export const acceptLabel = ({ source, form, caller }: Asked): Promise<Done> =>
  orWrong(async () => {
    const { device = "", part = "", label = "" } = form;
    await source.acceptLabel(device, part, label, caller);
    return { what: `${device}/${part}` };
  });

export const reload = async ({ text, source }: Asked): Promise<Done> => {
  const result = await source.reload?.();
  return result?.accepted === false ? wrong(text.failed.reload, result.problems) : { what: "" };
};

export const setLevel = async ({ text, source, form }: Asked): Promise<Done> =>
  source.setLogLevel?.(form["level"] ?? "") === false ? wrong(text.failed.level) : { what: "" };

const agree = ({ text, form }: Asked, act: ((agreed: readonly string[]) => Promise<number>) | undefined): Promise<Done> =>
  orWrong(async () => {
    const agreed = pickedIn(form);
    return agreed.length === 0 ? wrong(text.failed.nothing) : { what: String((await act?.(agreed)) ?? 0) };
  });

export const addEnergy = (asked: Asked): Promise<Done> => agree(asked, asked.source.addEnergy);
export const removeOrphans = (asked: Asked): Promise<Done> => agree(asked, asked.source.removeOrphans);
