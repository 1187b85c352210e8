import type { Server } from 'node:http';
import { NestFactory } from '@nestjs/core';
import type { NestExpressApplication } from '@nestjs/platform-express';
import type { NextFunction, Request, Response } from 'express';
import { rateLimit } from 'express-rate-limit';
import helmet from 'helmet';
import { Problem } from '#domain/contract';
import { CONFIG, type Config } from '#server/config';
import { PromiseSigner } from '#server/custody';
import { HttpMetrics, JsonLogger } from '#server/operations';
import { ApiModule } from './api.module.js';
import { OpenApiDocument } from './openapi/index.js';
import { answerBrokenRequests, jsonBodyReader, measured, promised, SignedIn } from './shell/index.js';

const HEADERS_TIMEOUT_MS = 20_000;
/** Part uploads and downloads may be slow; a request that stalls is ended by its stream, not by this. */
const REQUEST_TIMEOUT_MS = 0;

/** The API, ready to listen. */
export async function createApi(): Promise<NestExpressApplication> {
  const app = await NestFactory.create<NestExpressApplication>(ApiModule, { bodyParser: false, bufferLogs: true });
  app.useLogger(app.get(JsonLogger));
  app.disable('x-powered-by');
  app.set('etag', false);
  app.set('query parser', 'simple');
  app.use(measured(app.get(HttpMetrics)));
  app.use(helmet({ crossOriginEmbedderPolicy: true }));
  app.use(limitRate(app.get<Config>(CONFIG)));
  app.use(refuseUnacceptable);
  const signedIn = app.get(SignedIn);
  app.use(jsonBodyReader((request) => signedIn.of(request)));
  app.use(promised(app.get(PromiseSigner)));
  app.enableShutdownHooks();
  app.get(OpenApiDocument).describe(app);
  await app.init();
  const server: Server = app.getHttpServer();
  answerBrokenRequests(server);
  server.headersTimeout = HEADERS_TIMEOUT_MS;
  server.requestTimeout = REQUEST_TIMEOUT_MS;
  return app;
}

/** Before anything is verified: a flood must not buy signature checks. */
function limitRate({ requestsPerMinute }: Config) {
  return rateLimit({
    windowMs: 60_000,
    limit: requestsPerMinute,
    standardHeaders: 'draft-8',
    legacyHeaders: false,
    handler: (_request, _response, next) => {
      next(new Problem('too-many-requests'));
    },
  });
}

/** A client that takes neither JSON nor what a route streams gets 406 before anything is done. */
function refuseUnacceptable(request: Request, _response: Response, next: NextFunction): void {
  const served = [
    'application/json',
    'application/problem+json',
    'application/octet-stream',
    'text/plain',
    'text/html',
    'text/csv',
  ];
  next(request.accepts(served) === false ? new Problem('not-acceptable') : undefined);
}
