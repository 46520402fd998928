// Goes into the server's process with `--require`, and into its worker threads with it. The parent says over
// the IPC channel what is to happen at which call; `BERTH_FAULTS` says it from the first call on.
'use strict';

const { getEnvironmentData, isMainThread, setEnvironmentData } = require('node:worker_threads');
const { interceptCalls } = require('./calls.cjs');
const { Injector } = require('./injector.cjs');
const { PowerLog } = require('./power-log.cjs');

const KEY = 'berth-faults';

/** @type {{ folder: string, trace: string, power?: string, plan?: import('./injector.cjs').Plan }} */
const options = JSON.parse(process.env.BERTH_FAULTS);

const memory = isMainThread ? Injector.memory() : getEnvironmentData(KEY);
const injector = new Injector(memory, options.trace, options.folder);
const power = options.power === undefined ? undefined : new PowerLog(options.power, options.folder);
if (isMainThread) {
  setEnvironmentData(KEY, memory);
  if (options.plan !== undefined) injector.arm(options.plan);
  listen();
}

interceptCalls(options.folder, (call, perform) => {
  const run = () => injector.run(call, perform);
  return power === undefined || !call.changes ? run() : power.record(call, run);
});

function listen() {
  if (process.channel === undefined) return;
  process.on('message', (message) => {
    // registry-main.mjs answers that.
    if (message.maintain === true) return;
    if (message.arm !== undefined) injector.arm(message.arm);
    process.send({ id: message.id, count: injector.count });
  });
  // The server ends when it wants to, and at the latest with whoever started it.
  process.channel.unref();
  process.on('disconnect', () => process.kill(process.pid, 'SIGKILL'));
}
