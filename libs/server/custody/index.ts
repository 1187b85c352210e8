export { Custody, type Appended, type Entry } from './custody.js';
export { CustodyModule } from './custody.module.js';
export { LogError, type LogErrorCode } from './log-error.js';
export { LogOffice, type LogObserver, type LogOfficeParts } from './log-office.js';
export { connectLogSession, type LogSession } from './log-session.js';
export { CustodyRecorder } from './recorder.js';
export { SOFTWARE } from './software.js';
