export { OpenApiDocument } from './document.js';
export { OpenApiModule } from './openapi.module.js';
