// Makes the page live. Without it everything works, only not by itself.

/** Milliseconds between looks; more where a look is dear, so that a large rack is not kept busy by who watches it. */
const pace = 3000;
const share = 30;
const home = new URL("./?live", document.baseURI);

const open = (root) => new Set([...root.querySelectorAll("details[data-keep][open]")].map((one) => one.dataset.keep));

/** Puts the new state where the old one was. What is the same is not touched; what is open stays open, and the focus stays where it is. */
const replace = (old, fresh) => {
  const kept = open(old);
  for (const one of fresh.querySelectorAll("details[data-keep]")) one.open = kept.has(one.dataset.keep);
  if (old.outerHTML === fresh.outerHTML) return;
  const focused = old.contains(document.activeElement) ? document.activeElement : undefined;
  const place = focused && [...old.querySelectorAll("a, button, summary, [tabindex]")].indexOf(focused);
  const scrolled = [...old.querySelectorAll(".scroll")].map((one) => one.scrollLeft);
  old.replaceWith(fresh);
  for (const [at, one] of [...fresh.querySelectorAll(".scroll")].entries()) one.scrollLeft = scrolled[at] ?? 0;
  if (focused === undefined) return;
  const same = focused.id === "" ? [...fresh.querySelectorAll("a, button, summary, [tabindex]")][place] : document.getElementById(focused.id);
  same?.focus({ preventScroll: true });
};

const refresh = async () => {
  const answer = await fetch(home, { headers: { accept: "text/html" } });
  if (!answer.ok) return;
  const page = new DOMParser().parseFromString(await answer.text(), "text/html");
  for (const fresh of page.querySelectorAll("[data-live]")) {
    const old = document.getElementById(fresh.id);
    if (old) replace(old, document.adoptNode(fresh));
  }
};

const live = async () => {
  for (let took = 0; ;) {
    await new Promise((done) => setTimeout(done, Math.max(pace, took * share)));
    const begun = performance.now();
    // Nobody looks, or the program is just starting again: the next time, then.
    if (!document.hidden) await refresh().catch(() => undefined);
    took = performance.now() - begun;
  }
};

/** Home Assistant's colours, by our own names; the parent is of the same origin when it shows us. */
const borrowed = {
  "--primary-background-color": "--ground",
  "--card-background-color": "--card",
  "--primary-text-color": "--ink",
  "--secondary-text-color": "--quiet",
  "--divider-color": "--line",
  "--primary-color": "--accent",
  "--text-primary-color": "--on-accent",
};

const isDark = (color) => {
  const probe = document.createElement("canvas").getContext("2d");
  if (!probe) return false;
  probe.fillStyle = color;
  probe.fillRect(0, 0, 1, 1);
  const [red, green, blue] = probe.getImageData(0, 0, 1, 1).data;
  return 0.2126 * red + 0.7152 * green + 0.0722 * blue < 128;
};

const borrowTheme = () => {
  let theme;
  try {
    theme = window.parent === window ? undefined : window.parent.getComputedStyle(window.parent.document.documentElement);
  } catch {
    return; // another origin: our own colours are good enough
  }
  const ground = theme?.getPropertyValue("--primary-background-color").trim();
  if (!ground) return;
  const root = document.documentElement;
  root.dataset.scheme = isDark(ground) ? "dark" : "light";
  for (const [theirs, ours] of Object.entries(borrowed)) {
    const color = theme.getPropertyValue(theirs).trim();
    if (color !== "") root.style.setProperty(ours, color);
  }
};

/**
 * Home Assistant shows us below /app/<slug>, and what follows in that address it tells only whoever asks (its frontend, panels/app): …/device/web is
 * a link to a device.
 */
const followLinks = () => {
  if (window.parent === window) return;
  addEventListener("message", ({ source, data }) => {
    if (source !== window.parent || data?.type !== "home-assistant/properties") return;
    const [, device] = /^\/device\/([a-z0-9_-]+)\/?$/.exec(data.route?.path ?? "") ?? [];
    const hash = device && `#device-${device}`;
    if (hash && location.hash !== hash) location.replace(hash);
  });
  window.parent.postMessage({ type: "home-assistant/subscribe-properties" }, location.origin);
};

const copy = async (button) => {
  const text = document.getElementById(button.dataset.copy)?.textContent ?? "";
  await navigator.clipboard.writeText(text);
  button.textContent = button.dataset.copied;
};

for (const button of document.querySelectorAll("[data-copy]")) {
  // The clipboard exists only on trustworthy addresses; elsewhere the lines are selected by hand.
  button.hidden = navigator.clipboard === undefined;
  button.addEventListener("click", () => void copy(button));
}

for (const form of document.querySelectorAll("form[data-busy]")) form.addEventListener("submit", () => form.setAttribute("aria-busy", "true"));
addEventListener("pageshow", () => {
  for (const form of document.querySelectorAll("form[aria-busy]")) form.removeAttribute("aria-busy");
});

borrowTheme();
followLinks();
document.querySelector("[autofocus]")?.scrollIntoView({ block: "nearest" });
void live();
