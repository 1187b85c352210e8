import 'reflect-metadata';
import { readConfig } from '#server/config';
import { createApi } from './api.js';

const config = readConfig(process.env);
const app = await createApi();
await app.listen(config.port, config.host);
