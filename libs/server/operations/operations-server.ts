import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { Inject, Injectable, type OnApplicationBootstrap, type OnApplicationShutdown } from '@nestjs/common';
import { type Registry } from 'prom-client';
import { CONFIG, type Config } from '#server/config';
import { METRICS } from './metrics.js';
import { Readiness } from './readiness.js';

const READY_WITHIN_MS = 2000;

/**
 * For who runs the platform, on a port of its own: `/health/live` (the process answers), `/health/ready` (it can do its work),
 * `/metrics` (Prometheus). Ids and counts only; still not for the public.
 */
@Injectable()
export class OperationsServer implements OnApplicationBootstrap, OnApplicationShutdown {
  private readonly server: Server;

  constructor(
    @Inject(CONFIG) private readonly config: Config,
    @Inject(METRICS) private readonly metrics: Registry,
    private readonly readiness: Readiness,
  ) {
    this.server = createServer((request, response) => void this.answer(request, response));
  }

  async onApplicationBootstrap(): Promise<void> {
    await new Promise<void>((resolve, reject) => {
      this.server.once('error', reject);
      this.server.listen(this.config.operationsPort, this.config.operationsHost, resolve);
    });
  }

  async onApplicationShutdown(): Promise<void> {
    this.server.closeAllConnections();
    await new Promise((resolve) => this.server.close(resolve));
  }

  /** The port it listens on; one of the system's choice where none is configured. */
  get port(): number {
    return (this.server.address() as AddressInfo).port;
  }

  private async answer({ method, url }: IncomingMessage, response: ServerResponse): Promise<void> {
    if (method !== 'GET' && method !== 'HEAD') {
      response.writeHead(405, { Allow: 'GET, HEAD' }).end();
    } else if (url === '/health/live') {
      json(response, 200, { status: 'live' });
    } else if (url === '/health/ready') {
      const { ready, checks } = await this.readiness.report(READY_WITHIN_MS);
      json(response, ready ? 200 : 503, { status: ready ? 'ready' : 'not ready', checks });
    } else if (url === '/metrics') {
      const text = await this.metrics.metrics();
      response.writeHead(200, { 'Content-Type': this.metrics.contentType }).end(text);
    } else {
      response.writeHead(404).end();
    }
  }
}

function json(response: ServerResponse, status: number, body: object): void {
  response
    .writeHead(status, { 'Content-Type': 'application/json', 'Cache-Control': 'no-store' })
    .end(JSON.stringify(body));
}
