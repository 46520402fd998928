import { describe, expect, it } from 'vitest';
import { nameImages, parseAskedNames, type Named } from './import-names.ts';

const WEB: Named = {
  digest: `sha256:${'a'.repeat(64)}`,
  references: ['web:latest', 'web:v1'],
  suggestions: [],
};
const DB: Named = { digest: `sha256:${'b'.repeat(64)}`, references: ['db:latest'], suggestions: [] };
const NAMELESS: Named = {
  digest: `sha256:${'c'.repeat(64)}`,
  references: [],
  suggestions: ['two:cccccccccccc'],
};

function named(images: readonly Named[], ...values: string[]) {
  return nameImages(images, parseAskedNames(values, 1))?.map(({ references }) => references);
}

describe('--as', () => {
  it('asks for nothing if it is not there', () => {
    expect(named([WEB])).toBeUndefined();
  });

  it.each([
    [['app:v1'], [WEB], [['app:v1']]],
    [['app'], [WEB], [['app:latest', 'app:v1']]],
    [['localhost:5080/app'], [DB], [['localhost:5080/app:latest']]],
    [['app'], [WEB, NAMELESS], [['app:latest', 'app:v1'], ['app:cccccccccccc']]],
    [['app'], [{ ...DB, references: [`db@${DB.digest}`] }], [[`app@${DB.digest}`]]],
    [['db:latest=store:v2'], [WEB, DB], [['web:latest', 'web:v1'], ['store:v2']]],
    [
      ['web:v1=app', 'db=store'],
      [WEB, DB],
      [['app:latest', 'app:v1'], ['store:latest']],
    ],
    [
      ['bbbbbb=app:db', 'app'],
      [WEB, DB],
      [['app:latest', 'app:v1'], ['app:db']],
    ],
    [
      [`${DB.digest}=app:db`, 'app:web'],
      [WEB, DB],
      [['app:web'], ['app:db']],
    ],
    [['two:cccccccccccc=c:1'], [WEB, NAMELESS], [['web:latest', 'web:v1'], ['c:1']]],
    [['docker.io/library/db:latest=c:1'], [DB], [['c:1']]],
  ])('%j of %j', (values, images, expected) => {
    expect(named(images, ...values)).toEqual(expected);
  });

  it.each([
    [['app:v1'], 'Give a repository without a tag: --as app; or say which one it is: --as web:latest=app:v1'],
    [
      ['app'],
      'Two images would be called app:latest. Name one of them otherwise: --as web:latest=NAME or --as db:latest=NAME',
    ],
    [['db=web:v1'], 'Two images would be called web:v1'],
    [['other=app:v1'], 'no image is called other. Say which one you mean: web:latest, db:latest'],
    [['web=a:1', 'web:v1=b:1'], '--as names web:v1 twice'],
    [['a', 'b'], '--as NAME names all images'],
    [['=a'], 'say it as --as web:v1=app:v1'],
  ])('%j is refused', (values, message) => {
    expect(() => named([WEB, DB], ...values)).toThrow(message);
  });

  it('tells images of one name apart by their digests', () => {
    const twins = [DB, { ...DB, digest: WEB.digest }];
    expect(() => named(twins, 'db=a:1')).toThrow(
      '2 images are called db. Say which one you mean: bbbbbbbbbbbb, aaaaaaaaaaaa',
    );
    expect(named(twins, 'bbbbbbbbbbbb=a:1')).toEqual([['a:1'], ['db:latest']]);
  });

  it('names images of one file, or keeps the tags of several', () => {
    expect(() => parseAskedNames(['app:v1'], 2)).toThrow('there are 2 files');
    expect(() => parseAskedNames(['a:1=b:1'], 2)).toThrow('is for one file');
    expect(parseAskedNames(['app'], 2).all).toBe('app');
  });
});
