export { COMPETENCE_NAMES, COMPETENCES, type Competence } from './competence.js';
export { ContactPoint, LanguageTag } from './contact-point.js';
export { isOpenAt, OpeningHours } from './opening-hours.js';
