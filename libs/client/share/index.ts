export { ShareError, rewrapFileKeys } from './rewrap.js';
