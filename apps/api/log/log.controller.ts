import { Controller, Get, Req, Res } from '@nestjs/common';
import { ApiParam } from '@nestjs/swagger';
import type { Request, Response } from 'express';
import { Problem } from '#domain/contract';
import { parseTilePath, ProofError, type LogResource } from '#domain/merkle';
import { LogMonitor, LogReader } from '#server/custody';
import { Open } from '../shell/index.js';

/** A head is at most a second old; a cache may hold it for about as long. */
const CHECKPOINT_CACHE = 'public, max-age=1';
/** The bytes under a tile's path never change. */
const TILE_CACHE = 'public, max-age=31536000, immutable';

/** The public log, for anyone and any cache: C2SP tlog-tiles v0.1.0 and tlog-checkpoint v1.0.0. */
@Controller('log')
@Open()
export class LogController {
  constructor(
    private readonly log: LogReader,
    private readonly monitor: LogMonitor,
  ) {}

  @Get('checkpoint')
  async checkpoint(@Res() response: Response): Promise<void> {
    const head = await this.log.latest();
    if (!head) throw new Problem('not-found', 'no checkpoint is published yet');
    send(response, 'text/plain; charset=utf-8', CHECKPOINT_CACHE, head.note);
  }

  /** The last head that the platform's own quorum of witnesses cosigned; a reader goes by a policy of their own. */
  @Get('checkpoint/witnessed')
  async witnessed(@Res() response: Response): Promise<void> {
    const head = await this.log.witnessed();
    if (!head) throw new Problem('not-found', 'no checkpoint is cosigned by a quorum yet');
    send(response, 'text/plain; charset=utf-8', CHECKPOINT_CACHE, head.note);
  }

  /** What the log that this one followed said at its end, signed by its own key: for who pinned that one. */
  @Get('succession')
  async succession(@Res() response: Response): Promise<void> {
    const note = await this.log.succession();
    if (note === null) throw new Problem('not-found', 'this log followed no other');
    send(response, 'text/plain; charset=utf-8', 'public, max-age=60', Buffer.from(note, 'utf8'));
  }

  /** Keys that promises of inclusion are signed with: signed notes of the log, each certifying one. */
  @Get('promise-keys')
  async promiseKeys(@Res() response: Response): Promise<void> {
    const certificates = await this.log.promiseKeys();
    send(response, 'application/json', 'public, max-age=60', Buffer.from(JSON.stringify({ certificates })));
  }

  /** How the record stands, for anyone: nothing of any case. */
  @Get('monitor')
  async standing(@Res() response: Response): Promise<void> {
    const standing = await this.monitor.standing();
    send(response, 'application/json', CHECKPOINT_CACHE, Buffer.from(JSON.stringify(standing)));
  }

  @Get('tile/*path')
  @ApiParam({
    name: 'path',
    description:
      '`<L>/<N>[.p/<W>]` for hashes, `entries/<N>[.p/<W>]` for entries; N in groups of three digits, `x001/234`',
    schema: { type: 'string', pattern: '^(\\d{1,2}|entries)/(x\\d{3}/)*\\d{3}(\\.p/\\d{1,3})?$' },
  })
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
