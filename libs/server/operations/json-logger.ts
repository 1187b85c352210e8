import { Injectable, type LoggerService } from '@nestjs/common';
import { type Logger, pino } from 'pino';

/** What a log line never tells, wherever it stands. */
const REDACTED = [
  'authorization',
  'dpop',
  'cookie',
  '*.authorization',
  '*.dpop',
  '*.cookie',
  '*.password',
  '*.passphrase',
];

/** Nest's log as JSON lines on standard output. Lines carry ids and counts, never names, tokens or keys. */
@Injectable()
export class JsonLogger implements LoggerService {
  private readonly pino: Logger = pino({ level: process.env.NODE_ENV === 'test' ? 'error' : 'info', redact: REDACTED });

  log(message: unknown, ...rest: unknown[]): void {
    this.pino.info(contextOf(rest), textOf(message));
  }

  warn(message: unknown, ...rest: unknown[]): void {
    this.pino.warn(contextOf(rest), textOf(message));
  }

  error(message: unknown, ...rest: unknown[]): void {
    this.pino.error(contextOf(rest), textOf(message));
  }

  fatal(message: unknown, ...rest: unknown[]): void {
    this.pino.fatal(contextOf(rest), textOf(message));
  }
}

/** Nest hands the context over as the last argument, a stack before it. */
function contextOf(rest: readonly unknown[]): { context?: string; stack?: string } {
  const texts = rest.filter((part): part is string => typeof part === 'string');
  const [context, stack] = texts.reverse();
  return { ...(context !== undefined && { context }), ...(stack !== undefined && { stack }) };
}

function textOf(message: unknown): string {
  if (message instanceof Error) return message.message;
  return typeof message === 'string' ? message : JSON.stringify(message);
}
