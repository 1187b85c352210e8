import { Module } from '@nestjs/common';
import { HomeController } from './home.controller.js';
import { MonitorController } from './monitor.controller.js';

@Module({ controllers: [HomeController, MonitorController] })
export class HomeModule {}
