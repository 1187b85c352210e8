export { faultPoint, type FaultStep } from './fault-point.js';
