export { RequestReadings } from './request-readings.js';
export { RequestTimes } from './request-times.js';
export { RequestTimesModule } from './request-times.module.js';
export { Requests } from './requests.js';
export { RequestsModule } from './requests.module.js';
