import { basename } from "node:path";

import { parseSync, Visitor, type ESTree } from "rolldown/utils";

import { lineAt, type Finding, type Sources } from "./source.ts";

const most = 40;
const forbidden = /^(utils?|helpers?|common|misc|managers?|services?|base|handlers?|index|types?|constants?|shared|lib)(\.[a-z.]+)?$/;
const inName = /(^|-)(utils?|helpers?|manager|service|handler)(-|$)/;

type Span = readonly [first: number, last: number];

/** Lines of each function without the lines of the functions in it: a factory is judged by what it does itself. */
const longFunctions = (file: string, text: string): readonly Finding[] => {
  const { program } = parseSync(file, text);
  const open: { readonly span: Span; inner: number }[] = [];
  const findings: Finding[] = [];
  const enter = (node: ESTree.Node): void => void open.push({ span: [lineAt(text, node.start), lineAt(text, node.end)], inner: 0 });
  const leave = (): void => {
    const { span, inner } = open.pop() ?? { span: [0, 0], inner: 0 };
    const lines = span[1] - span[0] + 1;
    const parent = open.at(-1);
    if (parent !== undefined) parent.inner += Math.max(0, lines - 1);
    if (lines - inner > most) findings.push({ file, line: span[0], what: `a function of ${lines - inner} lines of its own; at most ${most}` });
  };
  new Visitor({
    ArrowFunctionExpression: enter,
    "ArrowFunctionExpression:exit": leave,
    FunctionDeclaration: enter,
    "FunctionDeclaration:exit": leave,
    FunctionExpression: enter,
    "FunctionExpression:exit": leave,
  }).visit(program);
  return findings;
};

const badName = (file: string): readonly Finding[] => {
  const parts = file.split("/").slice(1);
  const bad = parts.find((part) => forbidden.test(part) || inName.test(basename(part, ".ts")));
  return bad === undefined ? [] : [{ file, line: 1, what: `${bad} says nothing of what is in it` }];
};

/** What the linter has no rule for: names that say nothing, and functions that do too much. */
export const checkShape = (sources: Sources): { readonly files: number; readonly findings: readonly Finding[] } => ({
  files: sources.size,
  findings: [...sources].flatMap(([file, text]) => [...badName(file), ...longFunctions(file, text)]),
});
