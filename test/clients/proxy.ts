import { createServer, connect, type Server, type Socket } from 'node:net';
import type { AddressInfo } from 'node:net';
import { once } from 'node:events';
import { Transform } from 'node:stream';
import type { Target } from './http.ts';

export interface Weather {
  /** Cuts the connection once this many bytes went this way; the next connections are left alone. */
  cutUploadAfter?: number;
  cutDownloadAfter?: number;
  /** Bytes a second that clients may send, so that a test can act before they are done. */
  uploadRate?: number;
}

/** A TCP proxy between a client and a registry that behaves like a bad network. */
export class Proxy implements Target {
  uploaded = 0;
  cuts = 0;
  private readonly server: Server;
  private readonly sockets = new Set<Socket>();
  private readonly weather: Weather;

  constructor(target: Target, weather: Weather) {
    this.weather = { ...weather };
    const { hostname, port } = new URL(target.url);
    this.server = createServer((client) => this.join(client, connect(Number(port), hostname)));
  }

  get url(): string {
    return `http://127.0.0.1:${(this.server.address() as AddressInfo).port}`;
  }

  get host(): string {
    return new URL(this.url).host;
  }

  async start(): Promise<this> {
    this.server.listen(0, '127.0.0.1');
    await once(this.server, 'listening');
    return this;
  }

  async stop(): Promise<void> {
    for (const socket of this.sockets) socket.destroy();
    this.server.close();
    await once(this.server, 'close');
  }

  private join(client: Socket, registry: Socket): void {
    const both = [client, registry];
    const end = (): void => both.forEach((socket) => socket.destroy());
    for (const socket of both) {
      this.sockets.add(socket);
      socket.on('error', end).on('close', () => {
        this.sockets.delete(socket);
        end();
      });
    }
    client.pipe(this.gate('cutUploadAfter', end)).pipe(registry);
    registry.pipe(this.gate('cutDownloadAfter', end)).pipe(client);
  }

  private gate(cut: 'cutUploadAfter' | 'cutDownloadAfter', end: () => void): Transform {
    const upload = cut === 'cutUploadAfter';
    let passed = 0;
    return new Transform({
      transform: (chunk: Buffer, _encoding, done) => {
        passed += chunk.length;
        if (upload) this.uploaded += chunk.length;
        if (passed > (this.weather[cut] ?? Infinity)) {
          delete this.weather[cut];
          this.cuts += 1;
          end();
          return;
        }
        const rate = upload ? this.weather.uploadRate : undefined;
        if (rate === undefined) done(null, chunk);
        else setTimeout(() => done(null, chunk), (chunk.length / rate) * 1000);
      },
    });
  }
}

export async function startProxy(target: Target, weather: Weather): Promise<Proxy> {
  return await new Proxy(target, weather).start();
}
