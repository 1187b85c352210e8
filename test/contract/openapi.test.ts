import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import type { NestExpressApplication } from '@nestjs/platform-express';
import { PROBLEMS } from '#domain/contract';
import { createApi } from '../../apps/api/api.js';
import { openWorld, startApi, type TestApi, type TestWorld } from '../support/api.js';

interface Parameter {
  readonly name: string;
  readonly in: string;
  readonly required?: boolean;
  readonly schema?: object;
}
interface Answer {
  readonly description: string;
  readonly headers?: Record<string, object>;
  readonly content?: Record<string, { readonly schema?: object }>;
}
interface Operation {
  readonly operationId: string;
  readonly summary: string;
  readonly parameters: readonly Parameter[];
  readonly requestBody?: { readonly content: Record<string, { readonly schema?: object }> };
  readonly responses: Record<string, Answer>;
  readonly security: readonly object[];
}
interface Described {
  readonly name: string;
  readonly path: string;
  readonly method: string;
  readonly operation: Operation;
}

let world: TestWorld;
let api: TestApi;
let app: NestExpressApplication;
// eslint-disable-next-line @typescript-eslint/no-explicit-any
let document: any;
let operations: readonly Described[];
beforeAll(async () => {
  world = await openWorld();
  api = await startApi(world, async () => (app = await createApi()));
  document = await (await fetch(`${api.baseUrl}/openapi.json`)).json();
  operations = Object.entries<Record<string, Operation>>(document.paths).flatMap(([path, methods]) =>
    Object.entries(methods).map(([method, operation]) => ({
      name: `${method.toUpperCase()} ${path}`,
      ...{ path, method, operation },
    })),
  );
});
afterAll(async () => {
  await api?.stop();
  await world?.end();
});

const named = (name: string): Operation => {
  const found = operations.find(({ operation }) => operation.operationId === name);
  if (!found) throw new Error(`no operation ${name}`);
  return found.operation;
};
const parametersOf = (name: string, place: string) =>
  named(name)
    .parameters.filter((parameter) => parameter.in === place)
    .map((parameter) => parameter.name);
const codesOf = (operation: Operation): string[] =>
  Object.values(operation.responses).flatMap(({ content }) => {
    const schema = content?.['application/problem+json']?.schema as
      { allOf?: [object, { properties: { code: { enum: string[] } } }] } | undefined;
    return schema?.allOf?.[1].properties.code.enum ?? [];
  });
/** Every object anywhere in the document that refers to another. */
function* references(value: unknown): Generator<string> {
  if (typeof value !== 'object' || value === null) return;
  for (const [name, member] of Object.entries(value)) {
    if (name === '$ref' && typeof member === 'string') yield member;
    else yield* references(member);
  }
}

describe('the document', () => {
  it('has all the routes that the router has, and no other', () => {
    const { router } = app.getHttpAdapter().getInstance() as unknown as {
      router: { stack: { route?: { path: string; methods: Record<string, boolean> } }[] };
    };
    const routes = router.stack.flatMap(({ route }) =>
      route ? Object.keys(route.methods).map((method) => `${method.toUpperCase()} ${route.path}`) : [],
    );
    // Two pages are for people.
    const forPrograms = routes.filter((route) => route !== 'GET /' && route !== 'GET /monitor');
    const written = forPrograms.map((route) => route.replace(/[:*](\w+)/g, '{$1}')).sort();
    expect(written.length).toBeGreaterThan(35);
    expect(operations.map(({ name }) => name).sort()).toEqual(written);
  });

  it('is OpenAPI 3.1 as far as its form goes', () => {
    expect(document.openapi).toBe('3.1.0');
    expect(document.info).toMatchObject({ title: 'Amana', version: '1', license: { name: 'Apache-2.0' } });
    expect(document.components.securitySchemes.dpop).toMatchObject({ type: 'http', scheme: 'dpop' });
    for (const reference of references(document)) {
      const target = reference
        .replace('#/', '')
        .split('/')
        .reduce((at, step) => at?.[step], document);
      expect([reference, typeof target]).toEqual([reference, 'object']);
    }
    for (const { name, path, operation } of operations) {
      const inPath = [...path.matchAll(/\{(\w+)\}/g)].map(([, parameter]) => parameter).sort();
      const described = operation.parameters.filter((parameter) => parameter.in === 'path');
      expect([name, described.map((parameter) => parameter.name).sort()]).toEqual([name, inPath]);
      for (const parameter of operation.parameters) {
        expect([name, parameter.name, typeof parameter.schema]).toEqual([name, parameter.name, 'object']);
        if (parameter.in === 'path') expect(parameter.required).toBe(true);
      }
      const keys = operation.parameters.map((parameter) => `${parameter.in} ${parameter.name}`);
      expect([name, new Set(keys).size]).toEqual([name, keys.length]);
      expect([name, Object.keys(operation.responses).some((status) => /^2\d\d$/.test(status))]).toEqual([name, true]);
      for (const [status, answer] of Object.entries(operation.responses)) {
        expect(status).toMatch(/^[245]\d\d$/);
        expect([name, status, answer.description.length > 0]).toEqual([name, status, true]);
      }
    }
  });

  it('names operations as a person would, each once', () => {
    const names = operations.map(({ operation }) => operation.operationId);
    expect(new Set(names).size).toBe(names.length);
    for (const name of names) expect(name).toMatch(/^[a-z][A-Za-z]+$/);
    expect(names).toEqual(expect.arrayContaining(['listAgencies', 'completeUpload', 'getCheckpoint', 'getTile']));
    // One without is a route that nobody described.
    expect(operations.filter(({ operation }) => operation.summary === '').map(({ name }) => name)).toEqual([]);
  });

  it('asks for a token and its proof everywhere but where the API does not', async () => {
    const open = operations.filter(({ operation }) => operation.security.length === 0).map(({ name }) => name);
    const ofLog = open.filter((name) => name.startsWith('GET /log/'));
    expect(ofLog).toEqual(expect.arrayContaining(['GET /log/checkpoint', 'GET /log/tile/{path}']));
    expect(open.filter((name) => !ofLog.includes(name)).sort()).toEqual([
      'GET /openapi.json',
      'GET /problems/{code}',
      'GET /v1',
      'POST /v1/backchannel-logout',
    ]);
    for (const { path, method, name, operation } of operations) {
      const concrete = path.replace('{path}', '0/000').replace(/\{\w+\}/g, '00000000-0000-4000-8000-000000000000');
      const { status } = await fetch(api.baseUrl + concrete, { method: method.toUpperCase() });
      expect([name, status === 401]).toEqual([name, operation.security.length > 0]);
    }
  });

  it('tells of every error an operation may answer with, as a problem', () => {
    for (const { name, operation } of operations) {
      const errors = Object.entries(operation.responses).filter(([status]) => !status.startsWith('2'));
      for (const [status, answer] of errors) {
        expect([name, status, Object.keys(answer.content ?? {})]).toEqual([name, status, ['application/problem+json']]);
        expect([name, status, answer.headers !== undefined && 'Retry-After' in answer.headers]).toEqual([
          name,
          status,
          status === '429' || status === '503',
        ]);
      }
      for (const code of codesOf(operation)) {
        const [status] = PROBLEMS[code as keyof typeof PROBLEMS];
        expect(Object.keys(operation.responses)).toContain(String(status));
      }
      const always = [
        '400',
        '406',
        '408',
        '429',
        '431',
        '500',
        '503',
        ...(operation.security.length > 0 ? ['401'] : []),
      ];
      expect(Object.keys(operation.responses)).toEqual(expect.arrayContaining(always));
    }
  });

  it('has no problem that no operation gives', () => {
    const given = new Set(operations.flatMap(({ operation }) => codesOf(operation)));
    expect(Object.keys(PROBLEMS).filter((code) => !given.has(code))).toEqual(['method-not-allowed']);
  });

  it('takes an Idempotency-Key on every POST but those of newcomers, whose token works once, and of an issuer', () => {
    const without = operations
      .filter(
        ({ method, operation }) =>
          method === 'post' && !parametersOf(operation.operationId, 'header').includes('Idempotency-Key'),
      )
      .map(({ operation }) => operation.operationId);
    expect(without.sort()).toEqual(['acceptInvitation', 'bindOfficer', 'endSession', 'inspectInvitation']);
  });

  it('describes the header fields of requests and answers', () => {
    expect(parametersOf('registerExhibit', 'header')).toEqual(['Idempotency-Key']);
    expect(parametersOf('completeUpload', 'header')).toEqual(['Idempotency-Key', 'If-Match']);
    expect(parametersOf('certifyOfficer', 'header')).toEqual(['Idempotency-Key', 'If-Match']);
    expect(parametersOf('publishAgencyKeys', 'header')).toEqual(['If-Match']);
    expect(parametersOf('downloadPayload', 'header')).toEqual(['Range', 'If-Range']);
    expect(parametersOf('putPart', 'header')).toEqual(['Content-Length', 'Content-Digest', 'Content-Range']);
    expect(named('completeUpload').responses).toMatchObject({ 412: {}, 428: {}, 422: {} });
    for (const name of ['getUpload', 'getAgency', 'getOfficer', 'getExhibit', 'getGrant', 'downloadAgeFile'])
      expect([name, Object.keys(named(name).responses[200]?.headers ?? {})]).toEqual([
        name,
        expect.arrayContaining(['ETag']),
      ]);
    for (const name of ['downloadPayload', 'downloadLeaves', 'downloadAgeFile'])
      expect(named(name).responses).toMatchObject({
        200: { content: { 'application/octet-stream': {} }, headers: { 'Accept-Ranges': {} } },
        206: { headers: { 'Content-Range': {}, ETag: {} } },
        416: { headers: { 'Content-Range': {} } },
      });
    expect(Object.keys(named('putPart').requestBody?.content ?? {})).toEqual(['application/octet-stream']);
  });

  it('pages every list in the same way', () => {
    const lists = operations.filter(({ operation }) => operation.operationId.startsWith('list'));
    expect(lists.length).toBeGreaterThan(7);
    for (const { operation } of lists) {
      expect(parametersOf(operation.operationId, 'query')).toEqual(expect.arrayContaining(['limit', 'cursor']));
      expect(codesOf(operation)).toContain('page-size');
      expect(operation.responses[200]?.content?.['application/json']?.schema).toMatchObject({
        properties: { items: { type: 'array' }, next: {} },
      });
    }
  });

  it('is at one path, which takes no other method', async () => {
    const answer = await fetch(`${api.baseUrl}/openapi.json`, { method: 'DELETE' });
    expect([answer.status, answer.headers.get('allow')]).toEqual([405, 'GET, HEAD']);
    expect(await answer.json()).toMatchObject({ code: 'method-not-allowed', type: '/problems/method-not-allowed' });
  });

  it('names problems that each have a page', async () => {
    for (const [code, [status, title]] of Object.entries(PROBLEMS)) {
      const page = await fetch(`${api.baseUrl}/problems/${code}`);
      expect([code, page.status]).toEqual([code, 200]);
      expect(page.headers.get('content-type')).toContain('text/html');
      const text = await page.text();
      expect(text).toContain(title);
      expect(text).toContain(String(status));
    }
    for (const none of ['none', '__proto__', 'constructor', '%00'])
      expect((await fetch(`${api.baseUrl}/problems/${none}`)).status).toBe(404);
  });
});
