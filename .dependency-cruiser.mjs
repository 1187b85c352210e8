// The dependency rule: api, worker → server → domain; cli, web, witness → client → domain; every app may import domain;
// nothing imports an app; a lib folder is entered by its index.ts; no cycles; domain and client touch no Node built-in.
/** @type {import('dependency-cruiser').IConfiguration} */
export default {
  forbidden: [
    { name: 'no-cycles', severity: 'error', from: {}, to: { circular: true } },
    {
      name: 'nothing-imports-an-app',
      severity: 'error',
      from: { path: '^(libs|test/support|scripts)/' },
      to: { path: '^apps/' },
    },
    {
      name: 'apps-do-not-import-each-other',
      severity: 'error',
      from: { path: '^apps/([^/]+)/' },
      to: { path: '^apps/([^/]+)/', pathNot: '^apps/$1/' },
    },
    {
      name: 'domain-imports-domain-alone',
      severity: 'error',
      from: { path: '^libs/domain/', pathNot: '\\.test\\.ts$' },
      to: { path: '^(libs/(client|server)|apps|test|scripts)/' },
    },
    {
      name: 'domain-and-client-are-pure',
      severity: 'error',
      from: { path: '^libs/(domain|client)/', pathNot: '\\.test\\.ts$' },
      to: { dependencyTypes: ['core'] },
    },
    {
      name: 'client-imports-domain-alone',
      severity: 'error',
      from: { path: '^libs/client/', pathNot: '\\.test\\.ts$' },
      to: { path: '^(libs/server|apps|test|scripts)/' },
    },
    {
      name: 'server-imports-domain-alone',
      severity: 'error',
      from: { path: '^libs/server/', pathNot: '\\.test\\.ts$' },
      to: { path: '^(libs/client|apps|test|scripts)/' },
    },
    {
      name: 'client-side-apps-avoid-server',
      severity: 'error',
      from: { path: '^apps/(cli|web|witness)/', pathNot: '\\.test\\.ts$' },
      to: { path: '^libs/server/' },
    },
    {
      name: 'server-side-apps-avoid-client',
      severity: 'error',
      from: { path: '^apps/(api|worker)/', pathNot: '\\.test\\.ts$' },
      to: { path: '^libs/client/' },
    },
    {
      name: 'a-lib-is-entered-by-its-index',
      severity: 'error',
      from: { path: '^(apps|libs|test|scripts)/([^/]+)/([^/]+)/' },
      to: { path: '^libs/([^/]+)/([^/]+)/', pathNot: ['^libs/$2/$3/', '^libs/[^/]+/[^/]+/index\\.ts$'] },
    },
    {
      name: 'no-dev-dependency-in-the-product',
      severity: 'error',
      from: { path: '^(apps|libs)/', pathNot: '\\.test\\.ts$' },
      to: { dependencyTypes: ['npm-dev'], dependencyTypesNot: ['type-only'] },
    },
    { name: 'nothing-unresolvable', severity: 'error', from: {}, to: { couldNotResolve: true } },
  ],
  options: {
    doNotFollow: { path: 'node_modules' },
    // Built or not: bin/amana.mjs names dist/amana.mjs by a relative path.
    exclude: { path: '^(\\.\\./)*dist/' },
    tsPreCompilationDeps: true,
    tsConfig: { fileName: 'tsconfig.json' },
    enhancedResolveOptions: {
      conditionNames: ['amana-source', 'import', 'node', 'default', 'types'],
      exportsFields: ['exports'],
      extensions: ['.ts', '.mjs', '.js', '.json'],
    },
  },
};
