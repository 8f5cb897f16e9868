import type { ErrorCode } from "yaml";

/** The parser's errors in words for whoever edits the file. The parser's own texts are not used: some quote the line, and a line may hold a password. */
export const sentences: Readonly<Record<ErrorCode, string>> = {
  ALIAS_PROPS: "an alias (*name) takes no tag or anchor",
  BAD_ALIAS: "this is no valid alias; a text that begins with * or & needs quotes",
  BAD_COLLECTION_TYPE: "this tag does not fit a list or map",
  BAD_DIRECTIVE: "this % line is no YAML directive",
  BAD_DQ_ESCAPE: "unknown escape in double quotes; write \\\\ for a backslash, or use single quotes",
  BAD_INDENT: "the indentation does not fit the lines above",
  BAD_PROP_ORDER: "anchor and tag stand in the wrong place",
  BAD_SCALAR_START: "a text cannot begin with this character unless it is quoted",
  BLOCK_AS_IMPLICIT_KEY: "there are two colons in one line; put the text after the first in quotes",
  BLOCK_IN_FLOW: "a list or map on lines of its own cannot stand inside { } or [ ]",
  DUPLICATE_KEY: "this key is here twice",
  IMPOSSIBLE: "this cannot be read",
  KEY_OVER_1024_CHARS: "this key is longer than 1024 characters; perhaps a quote is missing",
  MISSING_CHAR: "something is missing here: a quote, a comma, a colon or a closing bracket",
  MULTILINE_IMPLICIT_KEY: "a key must stand on one line; perhaps a colon is missing",
  MULTIPLE_ANCHORS: "one value has two anchors",
  MULTIPLE_DOCS: "the file holds more than one document (---)",
  MULTIPLE_TAGS: "one value has two tags",
  NON_STRING_KEY: "a key must be a text",
  RESOURCE_EXHAUSTION: "the file is nested too deeply",
  TAB_AS_INDENT: "a tab cannot indent; use spaces",
  TAG_RESOLVE_FAILED: "this tag does not fit its value",
  UNEXPECTED_TOKEN: "this does not belong here; perhaps a quote, comma or bracket before it is missing",
};
