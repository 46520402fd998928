import { describe, expect, it } from 'vitest';
import { readInstruction } from './instruction.ts';

describe('readInstruction', () => {
  it.each([
    // docker's old builder
    ['/bin/sh -c #(nop)  CMD ["bash"]', 'CMD ["bash"]'],
    ['/bin/sh -c #(nop)  CMD ["nginx" "-g" "daemon off;"]', 'CMD ["nginx", "-g", "daemon off;"]'],
    ['/bin/sh -c #(nop)  CMD ["/bin/sh" "-c" "npm start && true"]', 'CMD npm start && true'],
    ['/bin/sh -c #(nop)  EXPOSE 80/tcp', 'EXPOSE 80/tcp'],
    ['/bin/sh -c #(nop)  EXPOSE map[3000/tcp:{}]', 'EXPOSE 3000/tcp'],
    ['/bin/sh -c #(nop)  VOLUME [/data /logs]', 'VOLUME /data /logs'],
    ['/bin/sh -c #(nop)  USER [node]', 'USER node'],
    ['/bin/sh -c #(nop)  STOPSIGNAL [SIGQUIT]', 'STOPSIGNAL SIGQUIT'],
    ['/bin/sh -c #(nop)  STOPSIGNAL SIGQUIT', 'STOPSIGNAL SIGQUIT'],
    [`/bin/sh -c #(nop) ADD file:${'8c3f06bf8a2a7a31'.repeat(4)} in / `, 'ADD file:8c3f06bf8a2a /'],
    ['/bin/sh -c #(nop) COPY dir:abcd in /srv ', 'COPY dir:abcd /srv'],
    ['/bin/sh -c #(nop)  ENV A=b c', 'ENV A=b c'],
    ['/bin/sh -c #(nop)  LABEL maintainer=somebody in here', 'LABEL maintainer=somebody in here'],
    ['/bin/sh -c apt-get update', 'RUN apt-get update'],
    ['|2 A=1 B=two words /bin/sh -c make', 'RUN make'],
    ['/bin/bash -o pipefail -c curl x | tar x', 'RUN curl x | tar x'],
    // BuildKit
    ['RUN /bin/sh -c npm ci # buildkit', 'RUN npm ci'],
    ['RUN |1 VERSION=2 /bin/sh -c make # buildkit', 'RUN make'],
    ['RUN |1 VERSION=2 /bin/bash -euo pipefail -c make # buildkit', 'RUN make'],
    ['RUN /bin/sh -c echo a\n/bin/sh -c b # buildkit', 'RUN echo a\n/bin/sh -c b'],
    ['RUN npm ci # buildkit', 'RUN npm ci'],
    ['RUN powershell -Command Get-Date # buildkit', 'RUN Get-Date'],
    ['COPY dist/ /srv/ # buildkit', 'COPY dist/ /srv/'],
    ['COPY --chown=node:node . . # buildkit', 'COPY --chown=node:node . .'],
    ['EXPOSE map[443/tcp:{} 80/tcp:{}]', 'EXPOSE 443/tcp 80/tcp'],
    ['EXPOSE [443/tcp 80/tcp]', 'EXPOSE 443/tcp 80/tcp'],
    ['ENTRYPOINT ["node" "server.js"]', 'ENTRYPOINT ["node", "server.js"]'],
    ['ENTRYPOINT ["/bin/sh" "-c" "exec node"]', 'ENTRYPOINT exec node'],
    ['CMD ["echo" "a \\"b\\""]', 'CMD ["echo", "a \\"b\\""]'],
    ['CMD []', 'CMD []'],
    ['SHELL [/bin/bash -o pipefail -c]', 'SHELL ["/bin/bash", "-o", "pipefail", "-c"]'],
    ['VOLUME [/var/lib/data]', 'VOLUME /var/lib/data'],
    ['WORKDIR /app', 'WORKDIR /app'],
    [
      `HEALTHCHECK &{["CMD-SHELL" "curl -f localhost || exit 1"] "30s" "3s" "0s" "0s" '\\x03'}`,
      'HEALTHCHECK --interval=30s --timeout=3s --retries=3 CMD curl -f localhost || exit 1',
    ],
    [
      `HEALTHCHECK &{["CMD" "check" "-q"] "0s" "0s" "5s" '\\x00'}`,
      'HEALTHCHECK --start-period=5s CMD ["check", "-q"]',
    ],
    [`HEALTHCHECK &{["CMD-SHELL" "true"] "0s" "0s" "0s" '\\n'}`, 'HEALTHCHECK --retries=10 CMD true'],
    [`HEALTHCHECK &{["NONE"] "0s" "0s" "0s" '\\x00'}`, 'HEALTHCHECK NONE'],
    // others
    ["# debian.sh --arch 'amd64' out/ 'bookworm'", "# debian.sh --arch 'amd64' out/ 'bookworm'"],
    ['CMD ["broken', 'CMD ["broken'],
    ['<b>bold</b>', '<b>bold</b>'],
    ['', ''],
  ])('%j is %j', (createdBy, instruction) => expect(readInstruction(createdBy)).toBe(instruction));

  it.each([
    `|1 ${'sh '.repeat(50_000)}`,
    `|1 ${'a'.repeat(100_000)}`,
    `x${' '.repeat(100_000)}x`,
    `CMD ["${'a" "'.repeat(50_000)}`,
  ])('is quick with what somebody made up to be slow (%#)', (text) =>
    expect(readInstruction(text)).toBe(text.trim()),
  );
});
