const devices = "/api/v1/devices/";
const parts = "/parts/";
/** What may follow a part in a path. A part whose id ends so is still reached with its slashes as %2F. */
const tails = ["/commands", "/label"] as const;

/**
 * A part's id contains slashes (`outlet/3`). OpenAPI 3.1 has no path parameter with a slash (4.8.9.1 of the specification), so the
 * described path takes it as `outlet%2F3`; this makes of a plain `…/parts/outlet/3/commands` the same.
 */
export const foldPart = (url: string): string => {
  if (!url.startsWith(devices)) return url;
  const query = url.indexOf("?");
  const end = query < 0 ? url.length : query;
  const device = url.indexOf("/", devices.length);
  const from = device + parts.length;
  if (device <= devices.length || from >= end || !url.startsWith(parts, device)) return url;
  const last = end - 1 > from && url.endsWith("/", end) ? end - 1 : end;
  const tail = tails.find((one) => url.endsWith(one, last) && last - one.length > from) ?? "";
  const to = last - tail.length;
  return `${url.slice(0, from)}${url.slice(from, to).replaceAll("/", "%2F")}${tail}${url.slice(end)}`;
};
