import { request } from 'node:http';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import type { StagedImport } from '../api/contract.ts';
import type { ArchiveSource } from './archive-source.ts';
import { messageOf, type Client } from './client.ts';
import { Progress } from './progress.ts';

/** Sends an archive, however long that takes, and returns what the registry found in it. */
export async function upload(client: Client, source: ArchiveSource): Promise<StagedImport> {
  const progress = new Progress(source.name, source.bytes);
  const address = new URL(`${client.url}/api/imports?name=${encodeURIComponent(source.name)}`);
  const sending = request(address, {
    method: 'POST',
    headers: {
      'User-Agent': 'berth',
      'Content-Type': 'application/octet-stream',
      ...(source.bytes === undefined ? {} : { 'Content-Length': source.bytes }),
    },
  });
  const answered = new Promise<{ status: number; body: Buffer }>((resolve, reject) => {
    sending.on('error', reject);
    sending.on('response', (response) => {
      const chunks: Buffer[] = [];
      response.on('data', (chunk: Buffer) => chunks.push(chunk));
      response.on('error', reject);
      response.on('end', () => resolve({ status: response.statusCode ?? 0, body: Buffer.concat(chunks) }));
    });
  });
  answered.catch(() => undefined);
  try {
    // A refusal comes before all is sent: then that is the news, and not that the sending broke off.
    const sent = pipeline(Readable.from(progress.count(source.read())), sending);
    const failed = sent.then(() => answered);
    const { status, body } = await Promise.race([answered, failed]).catch(async (error: unknown) => {
      if (isConnection(error)) return await Promise.race([answered, later(error)]);
      throw error;
    });
    if (status === 201) return JSON.parse(body.toString()) as StagedImport;
    throw new Error(messageOf(body) ?? `The import was answered with ${status}.`);
  } catch (error) {
    if (!isConnection(error)) throw error;
    throw errorCode(error) === 'ECONNREFUSED' ? client.unreachable(error) : client.brokenOff(error);
  } finally {
    progress.end();
    sending.destroy();
  }
}

function errorCode(error: unknown): string {
  return error instanceof Error && 'code' in error ? String(error.code) : '';
}

function isConnection(error: unknown): boolean {
  return ['EPIPE', 'ECONNRESET', 'ECONNREFUSED', 'ERR_STREAM_PREMATURE_CLOSE'].includes(errorCode(error));
}

/** An answer that was sent before the connection broke is read within this time, or was not sent. */
function later(error: unknown): Promise<never> {
  return new Promise((_, reject) => {
    setTimeout(() => reject(error as Error), 1000);
  });
}
