import { describe, expect, it } from 'vitest';
import { readableCommand } from './command.ts';

describe('readableCommand', () => {
  it.each([
    ['CMD ["bash"]', 'CMD', '["bash"]'],
    ['RUN apt-get update', 'RUN', 'apt-get update'],
    ['RUNNING late', '', 'RUNNING late'],
    ['<b>bold</b>', '', '<b>bold</b>'],
    ['', '', ''],
  ])('%j is %s %s', (createdBy, verb, rest) => {
    const command = readableCommand(createdBy);
    expect([command.verb, command.rest]).toEqual([verb, rest]);
  });
});
