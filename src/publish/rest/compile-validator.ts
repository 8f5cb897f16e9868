import { validatorCompiler } from "@fastify/type-provider-zod";

type Validate = ReturnType<typeof validatorCompiler>;

/** More than the parts of a full rack and their commands; then it begins anew. */
const mostKnown = 2000;
const longestKey = 200;

const isPlain = (value: unknown): value is Readonly<Record<string, string>> =>
  typeof value === "object" && value !== null && Object.values(value).every((one) => typeof one === "string");

/** What was right once is right again: the same path or command is checked the first time only, as each check delays a command by some 20 µs. Remembered are short objects of texts. */
const remember = (check: Validate): Validate => {
  const known = new Map<string, Readonly<Record<string, string>>>();
  return (data: unknown) => {
    const key = JSON.stringify(data) as string | undefined;
    const found = key === undefined ? undefined : known.get(key);
    if (found) return { value: { ...found } };
    const checked = check(data);
    if (key !== undefined && key.length <= longestKey && typeof checked === "object" && "value" in checked && isPlain(checked.value)) {
      if (known.size >= mostKnown) known.clear();
      known.set(key, { ...checked.value });
    }
    return checked;
  };
};

/** Checks what comes with a request by the route's schema. Headers are not remembered: the key is one of them. */
export const compileValidator: typeof validatorCompiler = (route) => {
  const check = validatorCompiler(route);
  return route.httpPart === "headers" ? check : remember(check);
};
