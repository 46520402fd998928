import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { startRegistry, type Registry, type RegistryOptions } from '../registry/index.ts';
import { json, send, type Answer } from './clients/http.ts';
import { Repository } from './clients/repository.ts';
import { freePort } from './free-port.mjs';

type Options = Omit<RegistryOptions, 'dataFolder' | 'port'>;

/** A registry in this process, over a temporary folder, that is spoken to over its socket. */
export class Served {
  readonly folder: string;
  readonly options: Options;
  registry: Registry;

  private constructor(folder: string, options: Options, registry: Registry) {
    this.folder = folder;
    this.options = options;
    this.registry = registry;
  }

  static async start(options: Options = {}): Promise<Served> {
    const folder = await mkdtemp(join(tmpdir(), 'berth-served-'));
    const registry = await startRegistry({ ...options, dataFolder: folder, port: await freePort() });
    return new Served(folder, options, registry);
  }

  get url(): string {
    return this.registry.url;
  }

  async restart(): Promise<void> {
    const port = Number(new URL(this.url).port);
    await this.registry.stop();
    this.registry = await startRegistry({ ...this.options, dataFolder: this.folder, port });
  }

  async stop(): Promise<void> {
    await this.registry.stop(0);
    await rm(this.folder, { recursive: true, force: true });
  }

  repository(name: string): Repository {
    return new Repository(this, name);
  }

  /** The answer's JSON; anything but a success is an error with the body. */
  async get<T>(path: string): Promise<T> {
    return await this.call<T>('GET', path);
  }

  async call<T>(method: string, path: string, body?: unknown): Promise<T> {
    const answer = await this.send(method, path, body);
    if (answer.status >= 300) throw new Error(`${method} ${path}: ${answer.status} ${answer.body}`);
    return json<T>(answer);
  }

  async send(method: string, path: string, body?: unknown): Promise<Answer> {
    return await send(this, method, path, body === undefined ? {} : { body: JSON.stringify(body) });
  }
}
