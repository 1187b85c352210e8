import { Module } from '@nestjs/common';
import { LogoutController } from './logout.controller.js';

@Module({ controllers: [LogoutController] })
export class LogoutApiModule {}
