export { ErasureModule } from './erasure.module.js';
export { Erasures } from './erasures.js';
