import { join } from 'node:path';
import { runTool } from './tool.mjs';

/**
 * Pushes distinct small images from another process: a config and a layer of 4 KiB and a manifest each.
 *
 * @param {string} url of the server
 * @param {{ seconds: number, label: string }} options the label makes the content new
 * @returns {Promise<number>} images a second
 */
export async function smallPushRate(url, { seconds, label }) {
  const program = join(import.meta.dirname, 'small-pushes-main.mjs');
  const report = await runTool(process.execPath, [program, url, String(seconds), label], seconds + 60);
  return JSON.parse(report).imagesPerSecond;
}
