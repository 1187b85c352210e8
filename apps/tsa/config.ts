import { z } from 'zod';

const Environment = z.object({
  AMANA_TSA_FOLDER: z.string().min(1),
  AMANA_TSA_HOST: z.string().min(1).max(255).default('127.0.0.1'),
  AMANA_TSA_PORT: z.coerce.number().int().min(0).max(65_535),
  AMANA_TSA_CERTIFICATE_DAYS: z.coerce.number().int().min(1).max(3650).default(1095),
});

export interface TsaConfig {
  /** Keys and certificates lie here. */
  readonly folder: string;
  readonly host: string;
  /** 0: any that is free. */
  readonly port: number;
  /** How long the signer's certificate is made to last. */
  readonly certificateDays: number;
}

/** Reads the environment. Empty variables count as absent. @throws Error with every fault at once */
export function readTsaConfig(environment: Readonly<Record<string, string | undefined>>): TsaConfig {
  const given = Object.fromEntries(Object.entries(environment).filter(([, value]) => value !== ''));
  const { data, error } = Environment.safeParse(given);
  if (error) {
    const faults = error.issues.map(({ path, message }) => {
      const name = String(path[0]);
      return `  ${name}: ${given[name] === undefined ? 'is missing' : message}`;
    });
    throw new Error(`configuration refused:\n${faults.join('\n')}`);
  }
  return {
    folder: data.AMANA_TSA_FOLDER,
    host: data.AMANA_TSA_HOST,
    port: data.AMANA_TSA_PORT,
    certificateDays: data.AMANA_TSA_CERTIFICATE_DAYS,
  };
}
