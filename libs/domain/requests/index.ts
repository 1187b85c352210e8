export { binds, type Instrument, INSTRUMENT_FACTS, INSTRUMENTS, URGENCIES, type Urgency } from './instruments.js';
export { RequestForm } from './form.js';
export { line, words } from './form-parts.js';
export { exampleForm } from './example-forms.js';
export { type Ground, GROUND_NAMES, groundOf, groundsOf, type GroundUse } from './grounds.js';
export { type Deadline, type Deadlines, deadlinesOf, type Milestone, MILESTONES, type Reckoning } from './deadlines.js';
export { type CalendarEntry, calendarOf } from './calendar.js';
