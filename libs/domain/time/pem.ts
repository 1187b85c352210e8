import { parseCertificate } from './certificate.js';
import { malformed } from './timestamp-error.js';

const BLOCK = /-----BEGIN CERTIFICATE-----\r?\n([A-Za-z0-9+/=\r\n]+)-----END CERTIFICATE-----/g;

/**
 * The certificates of a PEM file, DER, in order; words between them are left alone (RFC 7468 §5.2). Each is one that is read here.
 * @throws TimestampError 'malformed' for no certificate, or a block that is none; 'too-large'
 */
export function readPemCertificates(text: string): Uint8Array<ArrayBuffer>[] {
  const blocks = [...text.matchAll(BLOCK)].map(([, body = '']) => parseCertificate(decode(body)).der);
  if (blocks.length === 0 || blocks.length !== text.split('-----BEGIN').length - 1) {
    throw malformed('a file of certificates in PEM');
  }
  return blocks;
}

/** PEM of certificates in DER, in order. */
export function formatPemCertificates(certificates: readonly Uint8Array[]): string {
  return certificates.map(formatOne).join('');
}

function formatOne(der: Uint8Array): string {
  const lines = btoa(String.fromCharCode(...der)).match(/.{1,64}/g) ?? [];
  return `-----BEGIN CERTIFICATE-----\n${lines.join('\n')}\n-----END CERTIFICATE-----\n`;
}

function decode(body: string): Uint8Array {
  try {
    return Uint8Array.from(atob(body.replace(/[\r\n]/g, '')), (character) => character.charCodeAt(0));
  } catch {
    throw malformed('a certificate in PEM');
  }
}
