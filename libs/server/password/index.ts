export {
  hashPassword,
  isPasswordHash,
  printedPasswordCost,
  strongCost,
  verifyPassword,
  type ScryptCost,
} from './password.js';
