import { Controller, Get, Res } from '@nestjs/common';
import { ApiExcludeController } from '@nestjs/swagger';
import type { Response } from 'express';
import { LogMonitor } from '#server/custody';
import { Open } from '../shell/index.js';
import { HOME_POLICY } from './home-page.js';
import { monitorPage } from './monitor-page.js';

/** What anyone may see of the record without seeing a case: size, root, witnesses and how far behind each is, the last scrub. */
@Controller()
@Open()
@ApiExcludeController()
export class MonitorController {
  constructor(private readonly monitor: LogMonitor) {}

  @Get('monitor')
  async page(@Res() response: Response): Promise<void> {
    const page = monitorPage(await this.monitor.standing());
    response.set({ 'Content-Security-Policy': HOME_POLICY, 'Cache-Control': 'no-cache' });
    response.type('text/html').send(page);
  }
}
