import { createCipheriv } from 'node:crypto';

/** Bytes that look like data, do not compress, and are the same in every run. */
export function bytes(length, seed) {
  const key = Buffer.alloc(32);
  key.write(seed.slice(-32));
  return createCipheriv('aes-256-ctr', key, Buffer.alloc(16)).update(Buffer.alloc(length));
}
