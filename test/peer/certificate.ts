import { writeFileSync } from "node:fs";
import { join } from "node:path";

import type { Peer } from "./debian-peer.ts";
import { run } from "./run.ts";

/** Paths of PEM files. The server's is for 127.0.0.1 and localhost; `stranger` is a client certificate that another authority signed. */
export interface Certificates {
  readonly ca: string;
  readonly server: { readonly certificate: string; readonly key: string };
  readonly client: { readonly certificate: string; readonly key: string };
  readonly stranger: { readonly certificate: string; readonly key: string };
}

/** Makes an authority of its own with a server and a client in `folder`, by the peer's openssl. */
export const makeCertificates = async (peer: Peer, folder: string): Promise<Certificates> => {
  const openssl = (...args: readonly string[]): Promise<string> =>
    run(peer.bin("openssl"), args, { cwd: folder, env: { ...peer.env, OPENSSL_CONF: "/dev/null" } });
  const key = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes"];
  const authority = (name: string): Promise<string> => {
    writeFileSync(
      join(folder, `${name}.cnf`),
      `[req]\ndistinguished_name = d\nx509_extensions = e\n[d]\n[e]\nbasicConstraints = critical, CA:true\nkeyUsage = critical, keyCertSign, cRLSign\n`,
    );
    return openssl("req", "-x509", "-config", `${name}.cnf`, ...key, "-days", "3650", "-subj", `/CN=${name}`, "-keyout", `${name}.key`, "-out", `${name}.crt`);
  };
  const signed = async (name: string, by: string, extension: string): Promise<{ readonly certificate: string; readonly key: string }> => {
    writeFileSync(join(folder, `${name}.cnf`), `[req]\ndistinguished_name = d\n[d]\n`);
    writeFileSync(join(folder, `${name}.ext`), extension);
    await openssl("req", "-new", "-config", `${name}.cnf`, ...key, "-subj", `/CN=${name}`, "-keyout", `${name}.key`, "-out", `${name}.csr`);
    await openssl(
      "x509",
      "-req",
      "-in",
      `${name}.csr`,
      "-CA",
      `${by}.crt`,
      "-CAkey",
      `${by}.key`,
      "-CAcreateserial",
      "-days",
      "3650",
      "-extfile",
      `${name}.ext`,
      "-out",
      `${name}.crt`,
    );
    return { certificate: join(folder, `${name}.crt`), key: join(folder, `${name}.key`) };
  };
  await authority("ca");
  await authority("foreign");
  return {
    ca: join(folder, "ca.crt"),
    server: await signed("server", "ca", "subjectAltName = IP:127.0.0.1, DNS:localhost\nextendedKeyUsage = serverAuth\n"),
    client: await signed("client", "ca", "extendedKeyUsage = clientAuth\n"),
    stranger: await signed("stranger", "foreign", "extendedKeyUsage = clientAuth\n"),
  };
};
