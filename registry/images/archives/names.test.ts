import { describe, expect, it } from 'vitest';
import { parseArchiveName, suggestName } from './names.ts';

describe('parseArchiveName', () => {
  it.each([
    ['app:v1', 'app:v1'],
    ['app', 'app:latest'],
    ['library/app:v1', 'app:v1'],
    ['docker.io/library/app:v1', 'app:v1'],
    ['index.docker.io/library/app', 'app:latest'],
    ['docker.io/team/app:v1', 'team/app:v1'],
    ['localhost:5080/app:v1', 'app:v1'],
    ['localhost/app:latest', 'app:latest'],
    ['127.0.0.1:5080/team/app:v1', 'team/app:v1'],
    ['registry.example.com/library/app:v1', 'library/app:v1'],
    ['[::1]:5080/app:v1', 'app:v1'],
    ['docker.io/library/app:v1@sha256:'.concat('a'.repeat(64)), 'app:v1'],
  ])('takes %s for %s', (name, expected) => {
    const target = parseArchiveName(name);
    expect(`${target?.repository}:${target?.tag}`).toBe(expected);
  });

  it('takes a digest for a name without a tag', () => {
    const target = parseArchiveName(`docker.io/library/app@sha256:${'a'.repeat(64)}`);
    expect(target).toEqual({ repository: 'app' });
  });

  it.each([
    '',
    ':v1',
    'App:v1',
    'app:',
    'app:v 1',
    '../app:v1',
    'app/../../etc:v1',
    'app@md5:aa',
    '<b>:v1',
    '/app:v1',
  ])('takes %j for no name', (name) => expect(parseArchiveName(name)).toBeUndefined());
});

describe('suggestName', () => {
  it.each([
    ['app.tar', 'app:latest'],
    ['/tmp/My App_v2.tar.gz', 'my-app-v2:latest'],
    ['C:\\images\\web.oci.tar.zst', 'web:latest'],
    ['.tar', 'image:latest'],
    ['', 'image:latest'],
    [`${'a'.repeat(300)}.tar`, `${'a'.repeat(100)}:latest`],
  ])('makes of %j the name %s', (file, expected) => expect(suggestName(file)).toBe(expected));
});
