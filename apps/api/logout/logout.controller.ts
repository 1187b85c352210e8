import { Controller, Header, HttpCode, Post, Req } from '@nestjs/common';
import { ApiBody, ApiConsumes } from '@nestjs/swagger';
import type { Request } from 'express';
import { Problem } from '#domain/contract';
import { Logouts, TokenError } from '#server/identity';
import { Open } from '../shell/index.js';

const MOST_FORM_BYTES = 16 * 1024;

/** Where the issuer says that a session has ended. OpenID Connect Back-Channel Logout 1.0 §2.5. */
@Controller('v1/backchannel-logout')
@Open()
export class LogoutController {
  constructor(private readonly logouts: Logouts) {}

  @Post()
  @HttpCode(200)
  @Header('Cache-Control', 'no-store')
  @ApiConsumes('application/x-www-form-urlencoded')
  @ApiBody({ schema: { type: 'object', required: ['logout_token'], properties: { logout_token: { type: 'string' } } } })
  async end(@Req() request: Request): Promise<void> {
    const [token, ...others] = (await formOf(request)).getAll('logout_token');
    if (token === undefined || others.length > 0) throw new Problem('malformed-request', 'one logout_token is needed');
    try {
      await this.logouts.end(token);
    } catch (error) {
      throw error instanceof TokenError ? new Problem('malformed-request', error.message) : error;
    }
  }
}

/** @throws Problem 'media-type', 'too-large' */
async function formOf(request: Request): Promise<URLSearchParams> {
  const type = request.headers['content-type']?.split(';')[0]?.trim().toLowerCase();
  if (type !== 'application/x-www-form-urlencoded')
    throw new Problem('media-type', 'the body must be application/x-www-form-urlencoded');
  const pieces: Buffer[] = [];
  let sizeBytes = 0;
  for await (const piece of request as AsyncIterable<Buffer>) {
    sizeBytes += piece.length;
    if (sizeBytes > MOST_FORM_BYTES) throw new Problem('too-large', `the body may have ${MOST_FORM_BYTES} bytes`);
    pieces.push(piece);
  }
  return new URLSearchParams(Buffer.concat(pieces).toString('utf8'));
}
