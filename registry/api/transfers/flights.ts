import type { IncomingMessage } from 'node:http';
import type { Socket } from 'node:net';
import type { ThroughputMeter } from './throughput.ts';
import { Speed } from './speed.ts';
import type { Blob, OneTransfer } from './transfer.ts';

/** A request that moves a blob. */
export interface Flight {
  readonly blob: Blob;
  readonly socket: Socket;
  /** Bytes of the connection before it. */
  readonly base: number;
  /** Bytes that were counted so far. */
  counted: number;
}

/** Requests under way. Their progress is read off their connections, so that nothing is done for each chunk. */
export class Flights {
  readonly #meter: ThroughputMeter;
  readonly #flights = new Set<Flight>();

  constructor(meter: ThroughputMeter) {
    this.#meter = meter;
  }

  take(blob: Blob, { socket, readableLength }: IncomingMessage): Flight {
    const isPush = blob.transfer.origin.direction === 'push';
    // Of a body the first part comes together with the headers, and waits to be read.
    const base = isPush ? socket.bytesRead - readableLength : socket.bytesWritten;
    const flight = { blob, socket, base, counted: 0 };
    blob.speed ??= new Speed();
    blob.state = 'running';
    blob.transfer.requests += 1;
    blob.transfer.isReal = true;
    this.#flights.add(flight);
    return flight;
  }

  /** @param bytes that it moved in all; as its connection says if absent */
  land(flight: Flight, state: Blob['state'], bytes?: number): void {
    this.#flights.delete(flight);
    if (bytes === undefined) this.#measure(flight);
    else this.#count(flight, bytes);
    flight.blob.state = state;
    flight.blob.speed?.pause();
    const { transfer } = flight.blob;
    transfer.requests -= 1;
    if (state === 'failed' && transfer.requests === 0) transfer.speed.stop();
  }

  measure(): void {
    for (const flight of this.#flights) this.#measure(flight);
  }

  /** Blobs went from one transfer to another. */
  moved(from: OneTransfer, to: OneTransfer): void {
    for (const { blob } of this.#flights) {
      if (blob.transfer !== to) continue;
      to.requests += 1;
      from.requests -= 1;
    }
  }

  /** Headers go over the same connection: what is more than the blob is none of it. */
  #measure(flight: Flight): void {
    const { socket, blob, base, counted } = flight;
    const isPush = blob.transfer.origin.direction === 'push';
    const moved = (isPush ? socket.bytesRead : socket.bytesWritten) - base;
    const most = blob.size === undefined ? Infinity : counted + blob.size - blob.done;
    this.#count(flight, Math.max(counted, Math.min(moved, most)));
  }

  #count(flight: Flight, bytes: number): void {
    const { blob } = flight;
    const more = bytes - flight.counted;
    flight.counted = bytes;
    blob.done += more;
    blob.speed?.add(more);
    blob.transfer.bytes += more;
    blob.transfer.speed.add(more);
    this.#meter.add(blob.transfer.origin.direction, more);
  }
}
