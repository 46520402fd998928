import { describe, expect, it } from 'vitest';
import { readableCommand } from './command.ts';

describe('readableCommand', () => {
  it.each([
    ['/bin/sh -c #(nop)  CMD ["bash"]', 'CMD', '["bash"]'],
    ['/bin/sh -c apt-get update', 'RUN', 'apt-get update'],
    ['RUN /bin/sh -c npm ci # buildkit', 'RUN', 'npm ci'],
    ['RUN |1 VERSION=2 /bin/sh -c make # buildkit', 'RUN', 'make'],
    ['COPY dist/ /srv/ # buildkit', 'COPY', 'dist/ /srv/'],
    ['<b>bold</b>', '', '<b>bold</b>'],
    ['', '', ''],
  ])('%j is %s %s', (createdBy, verb, rest) => {
    const command = readableCommand(createdBy);
    expect([command.verb, command.rest]).toEqual([verb, rest]);
  });
});
