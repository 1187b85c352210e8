import { Inject, Injectable } from '@nestjs/common';
import { formatPemCertificates, readPemCertificates, TimestampError } from '#domain/time';
import { CONFIG, type Config, ConfigError } from '#server/config';

/** Root certificates of the timestamp authorities that this platform keeps tokens of: handed out with the tokens. */
@Injectable()
export class TimestampRoots {
  /** PEM, in one spelling; null where no authority is set up. */
  readonly pem: string | null;

  /** @throws ConfigError for what is no PEM of certificates */
  constructor(@Inject(CONFIG) { tsaRoots }: Config) {
    try {
      this.pem = tsaRoots === null ? null : formatPemCertificates(readPemCertificates(tsaRoots));
    } catch (error) {
      if (!(error instanceof TimestampError)) throw error;
      throw new ConfigError([`AMANA_TSA_ROOTS: ${error.message}`]);
    }
  }
}
