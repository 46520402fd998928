import { beforeEach, describe, expect, it, vi } from 'vitest';
import { SingleInstance } from './single-instance.ts';

const app = await vi.hoisted(async () => {
  const { EventEmitter } = await import('node:events');
  return Object.assign(new EventEmitter(), { requestSingleInstanceLock: vi.fn(() => true) });
});
vi.mock('electron', () => ({ app }));

const startAgain = (handedOver: unknown): unknown =>
  app.emit('second-instance', {}, ['berth'], '/', handedOver);

describe('a later start', () => {
  let instance: SingleInstance;

  beforeEach(() => {
    app.removeAllListeners();
    instance = new SingleInstance();
    instance.take([]);
  });

  it('is not forgotten while the first is still starting', () => {
    startAgain({ files: ['/a.tar'] });
    startAgain({ files: [] });
    const heard = vi.fn();
    instance.listen(heard);
    startAgain({ files: ['/b.tar'] });
    expect(heard.mock.calls).toEqual([[['/a.tar']], [[]], [['/b.tar']]]);
  });

  it.each([undefined, null, 7, { files: 'all' }, { files: [5] }])(
    'that hands over %j has no files',
    (odd) => {
      const heard = vi.fn();
      instance.listen(heard);
      startAgain(odd);
      expect(heard).toHaveBeenCalledWith([]);
    },
  );
});
