// The steps of `npm run check`, the long ones first so that two at a time end soonest.
export const lint = { name: 'lint', command: 'eslint', args: ['.', '--max-warnings', '0'] };

export const checks = [
  lint,
  { name: 'types', command: 'tsc', args: ['-p', 'tsconfig.json'] },
  { name: 'types of domain and client, without Node', command: 'tsc', args: ['-p', 'tsconfig.pure.json'] },
  { name: 'format', command: 'prettier', args: ['--check', '.', '--log-level', 'warn'] },
  {
    name: 'layers',
    command: 'depcruise',
    args: ['--config', '.dependency-cruiser.mjs', 'apps', 'libs', 'scripts', 'test'],
  },
  { name: 'dead code', command: 'knip', args: ['--no-progress', '--no-config-hints'] },
];
