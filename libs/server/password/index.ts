export { hashPassword, isPasswordHash, printedPasswordCost, verifyPassword, type ScryptCost } from './password.js';
