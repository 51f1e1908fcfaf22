import type { X509Certificate } from 'node:crypto';
import type { Duplex } from 'node:stream';
import { TLSSocket } from 'node:tls';

/** A client certificate whose key the peer has proved to hold. */
export interface PeerCertificate {
  commonName: string;
  /** SHA-256 of the certificate as DER: its fingerprint. */
  sha256: Buffer;
  /** Epoch milliseconds. */
  validFrom: number;
  validTo: number;
}

/** The parts of a certificate that count here, or undefined when its subject has not exactly one common name. */
export function partsOf(certificate: X509Certificate): PeerCertificate | undefined {
  const names = certificate.subject?.split('\n').filter((line) => line.startsWith('CN=')) ?? [];
  const [name] = names;
  if (name === undefined || names.length !== 1) return undefined;
  return {
    commonName: name.slice('CN='.length),
    sha256: Buffer.from(certificate.fingerprint256.replaceAll(':', ''), 'hex'),
    validFrom: Date.parse(certificate.validFrom),
    validTo: Date.parse(certificate.validTo),
  };
}

/** The client certificate of a connection; undefined without TLS or without one. */
export function certificateOf(socket: Duplex): PeerCertificate | undefined {
  const certificate = socket instanceof TLSSocket ? socket.getPeerX509Certificate() : undefined;
  return certificate && partsOf(certificate);
}
