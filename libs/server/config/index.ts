export { ConfigError, readConfig, readGiven, type Config, type GivenConfig } from './config.js';
export { CONFIG, ConfigModule } from './config.module.js';
export type { IdentityMap } from './identity-map.js';
