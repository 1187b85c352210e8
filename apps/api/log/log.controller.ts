import { Controller, Get, Req, Res } from '@nestjs/common';
import { ApiExcludeController } from '@nestjs/swagger';
import type { Request, Response } from 'express';
import { Problem } from '#domain/contract';
import { parseTilePath, ProofError, type LogResource } from '#domain/merkle';
import { LogReader } from '#server/custody';
import { Open } from '../shell/index.js';

/** A head is at most a second old; a cache may hold it for about as long. */
const CHECKPOINT_CACHE = 'public, max-age=1';
/** The bytes under a tile's path never change. */
const TILE_CACHE = 'public, max-age=31536000, immutable';

/** The public log, for anyone and any cache: C2SP tlog-tiles v0.1.0 and tlog-checkpoint v1.0.0. */
@Controller('log')
@Open()
@ApiExcludeController()
export class LogController {
  constructor(private readonly log: LogReader) {}

  @Get('checkpoint')
  async checkpoint(@Res() response: Response): Promise<void> {
    const head = await this.log.latest();
    if (!head) throw new Problem('not-found', 'no checkpoint is published yet');
    send(response, 'text/plain; charset=utf-8', CHECKPOINT_CACHE, head.note);
  }

  @Get('tile/*path')
  async tile(@Req() request: Request, @Res() response: Response): Promise<void> {
    const bytes = await this.log.read(resourceOf(request.path));
    if (!bytes) throw new Problem('not-found');
    send(response, 'application/octet-stream', TILE_CACHE, bytes);
  }
}

/** From the path as it came, undecoded: there is one spelling of each. */
function resourceOf(path: string): LogResource {
  try {
    return parseTilePath(path.slice('/log/'.length));
  } catch (error) {
    if (error instanceof ProofError) throw new Problem('not-found');
    throw error;
  }
}

function send(response: Response, type: string, cache: string, bytes: Uint8Array): void {
  response.set({ 'Content-Type': type, 'Cache-Control': cache, 'Access-Control-Allow-Origin': '*' });
  response.send(Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength));
}
