// A Nest application with one route that answers the JSON in the file named: what a page costs when nothing is asked of anyone.
import 'reflect-metadata';
import { readFileSync } from 'node:fs';
import { Controller, Get, Module } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import type { AddressInfo, Server } from 'node:net';

const page: unknown = JSON.parse(readFileSync(process.argv[2] ?? '', 'utf8'));

@Controller()
class PageController {
  @Get('v1/exhibits/:id')
  page(): unknown {
    return page;
  }
}

@Module({ controllers: [PageController] })
class BareModule {}

const app = await NestFactory.create(BareModule, { logger: ['error'] });
await app.listen(0, '127.0.0.1');
process.send?.(((app.getHttpServer() as Server).address() as AddressInfo).port);
