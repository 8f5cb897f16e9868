import { hash } from "node:crypto";

/** SHA-256 of the text's UTF-8 bytes, as 64 small hexadecimal digits. */
export const sha256 = (text: string): string => hash("sha256", text, "hex");
