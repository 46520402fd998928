// The registry with what its command line does not offer: small segments, so that checkpoints are made all
// the time, and maintenance whenever it is asked for. Otherwise like `berth serve`, up to the line that says where it listens.
const { startRegistry } = await import('../../dist/registry.js');

const options = JSON.parse(process.argv[2] ?? '{}');
const say = (level) => (message, fields) => {
  const error = fields?.error instanceof Error ? { error: fields.error.stack } : {};
  process.stderr.write(`${level} ${message} ${JSON.stringify({ ...fields, ...error })}\n`);
};
const log = { level: 'info', error: say('error'), warn: say('warn'), info: () => {}, debug: () => {} };

try {
  const registry = await startRegistry({ port: 0, ...options, log });
  process.on('message', ({ id, maintain }) => {
    if (maintain !== true) return;
    registry.maintain().then(
      () => process.send({ id }),
      (error) => process.send({ id, error: String(error) }),
    );
  });
  process.on('SIGTERM', () => {
    void registry.stop().then(() => process.exit(0));
  });
  process.stdout.write(`Berth is listening on ${registry.url}\n`);
} catch (error) {
  process.stderr.write(`${error.stack}\n`);
  process.exitCode = 1;
}
