/** A secret as it is, and in the spellings in which it could leave by accident. */
export const spellings = (secret: string): readonly string[] => [
  secret,
  encodeURIComponent(secret),
  Buffer.from(secret).toString("base64").replace(/=+$/, ""),
  Buffer.from(secret).toString("hex"),
  JSON.stringify(secret).slice(1, -1),
];

/** Where which secret is found, as `name in place`; and how many searches that were. */
export const findSecrets = (
  places: Readonly<Record<string, string>>,
  secrets: Readonly<Record<string, string>>,
): { readonly found: readonly string[]; readonly searched: number } => {
  const found: string[] = [];
  let searched = 0;
  for (const [place, text] of Object.entries(places))
    for (const [name, secret] of Object.entries(secrets))
      for (const spelling of spellings(secret)) {
        searched++;
        if (text.includes(spelling)) found.push(`${name} in ${place}, as ${spelling}`);
      }
  return { found, searched };
};
