import type { StagedImport } from '../../registry/api/contract.ts';
import { ApiError, withQuery } from '../state/api.ts';
import type { ImportItem } from './import-item.svelte.ts';

interface Refusal {
  readonly errors?: readonly { readonly code?: string; readonly message?: string }[];
}

/** Sends an archive and says how far it is, which `fetch` cannot. Ends when it was read or could not be. */
export function upload(file: File, item: ImportItem): Promise<void> {
  return new Promise((resolve) => {
    const request = new XMLHttpRequest();
    const end = (deed: () => void) => () => {
      deed();
      resolve();
    };
    item.begin();
    item.stop = () => request.abort();
    request.upload.addEventListener('progress', ({ loaded }) => (item.done = loaded));
    request.addEventListener(
      'load',
      end(() => take(request, item)),
    );
    request.addEventListener(
      'error',
      end(() => item.fail(new Error(`Berth does not answer, or ${file.name} cannot be read any more.`))),
    );
    request.addEventListener(
      'abort',
      end(() => (item.state = 'cancelled')),
    );
    request.open('POST', withQuery('/api/imports', { name: file.name }));
    request.responseType = 'json';
    request.setRequestHeader('Content-Type', 'application/octet-stream');
    request.send(file);
  });
}

function take({ status, response }: XMLHttpRequest, item: ImportItem): void {
  if (status === 201) {
    item.stage(response as StagedImport);
    return;
  }
  const first = (response as Refusal | null)?.errors?.[0];
  item.fail(
    new ApiError(first?.code ?? 'UNKNOWN', first?.message ?? `The server answered ${status}.`, status),
  );
}
