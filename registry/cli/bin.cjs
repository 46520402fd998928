#!/usr/bin/env node
// CommonJS on purpose: an ES module entry would start libuv's thread pool before its size can be set.
// Four threads, Node's default, make the fsyncs of concurrent pushes wait for each other.
'use strict';

const { existsSync } = require('node:fs');
const { resolve } = require('node:path');
const { pathToFileURL } = require('node:url');

process.env.UV_THREADPOOL_SIZE ??= '16';

const bundle = resolve(__dirname, '../../dist/berth.js');
if (existsSync(bundle)) {
  void import(pathToFileURL(bundle).href);
} else {
  process.stderr.write('Berth is not built yet. Run "npm run build" first.\n');
  process.exitCode = 1;
}
