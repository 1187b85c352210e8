import { Controller, Get, Header, Inject, Param } from '@nestjs/common';
import { PROBLEMS, Problem, type ProblemCode } from '#domain/contract';
import { CONFIG, type Config } from '#server/config';
import { SOFTWARE } from '#server/custody';
import { Open } from './officer.guard.js';

/** What anyone may ask: where to sign in, which log this is, what a problem means. */
@Controller()
@Open()
export class ShellController {
  constructor(@Inject(CONFIG) private readonly config: Config) {}

  @Get('v1')
  about() {
    const { issuer, publicUrl, logOrigin, logVerifierKey, logMlDsaVerifierKey, sealVerifierKey } = this.config;
    return {
      ...{ software: SOFTWARE, publicUrl, issuer, clientIdCli: 'amana-cli' },
      ...{ logOrigin, logVerifierKey, logMlDsaVerifierKey, sealKey: sealVerifierKey },
    };
  }

  @Get('problems/:code')
  @Header('Content-Type', 'text/html; charset=utf-8')
  explain(@Param('code') code: string): string {
    if (!Object.hasOwn(PROBLEMS, code)) throw new Problem('not-found');
    const [status, title] = PROBLEMS[code as ProblemCode];
    return `<!doctype html><html lang="en"><title>${title}</title><h1>${title}</h1><p>Code <code>${code}</code>, HTTP status ${status}.</p></html>\n`;
  }
}
