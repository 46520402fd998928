import { collectDefaultMetrics, Counter, Gauge, Histogram, Registry } from 'prom-client';
import type { RequestFacts } from '../http/request-log.ts';
import type { Store } from '../images/store.ts';

/** What Prometheus reads from `/metrics`. */
export interface Metrics {
  readonly contentType: string;
  request(facts: RequestFacts): void;
  text(): Promise<string>;
}

export function createMetrics(store: Store): Metrics {
  const registry = new Registry();
  const registers = [registry];
  collectDefaultMetrics({ register: registry });

  const requests = new Counter({
    name: 'berth_http_requests_total',
    help: 'Requests answered.',
    labelNames: ['method', 'status'],
    registers,
  });
  const seconds = new Histogram({
    name: 'berth_http_request_seconds',
    help: 'Time from a request to the end of its answer.',
    labelNames: ['method'],
    buckets: [0.001, 0.005, 0.02, 0.1, 0.5, 2, 10, 60],
    registers,
  });
  const bytes = new Counter({
    name: 'berth_http_bytes_total',
    help: 'Bytes of request bodies received and of response bodies sent.',
    labelNames: ['direction'],
    registers,
  });

  const { catalog, journal } = store.ledger;
  const observed: [name: string, help: string, value: () => number | Promise<number>][] = [
    ['berth_repositories', 'Repositories that hold something.', () => catalog.sortedNames.length],
    ['berth_layers', 'Distinct layers of all images.', () => catalog.content.layers.count],
    ['berth_layer_bytes', 'Bytes of distinct layers.', () => catalog.content.layers.totalSize],
    ['berth_uploads', 'Upload sessions.', () => store.uploads.count()],
    [
      'berth_layer_cache_hits',
      'Layers that clients had no need to send.',
      () => store.observations.cacheHits,
    ],
    ['berth_layer_cache_misses', 'Layers that clients sent.', () => store.observations.cacheMisses],
    ['berth_journal_records', 'Records in the journal.', () => journal.seq],
    ['berth_journal_syncs', 'Times the journal was made durable since the start.', () => journal.syncs],
  ];
  for (const [name, help, value] of observed) {
    const gauge = new Gauge({
      name,
      help,
      registers: [],
      async collect() {
        this.set(await value());
      },
    });
    registry.registerMetric(gauge);
  }

  return {
    contentType: registry.contentType,
    request({ method, status, ms, bytesIn, bytesOut }) {
      // Methods are the client's words: only the ones we know become labels.
      const label = METHODS.has(method) ? method : 'other';
      requests.inc({ method: label, status });
      seconds.observe({ method: label }, ms / 1000);
      if (bytesIn > 0) bytes.inc({ direction: 'in' }, bytesIn);
      if (bytesOut > 0) bytes.inc({ direction: 'out' }, bytesOut);
    },
    text: () => registry.metrics(),
  };
}

const METHODS = new Set(['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE']);
