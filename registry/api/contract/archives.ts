/**
 * `POST /api/imports?name=<file name>` with the bytes of an archive: reads it, stages its content and answers 201
 * with what is inside. It is a job of kind `read archive`, with progress in bytes and a way to stop it, and ends
 * with its connection. Nothing of it is in the registry before `POST /api/imports/<id>`. A staged import that
 * nobody asks for ends like an upload session. `GET /api/imports` lists them, `DELETE /api/imports/<id>` discards one.
 */
export interface StagedImport {
  readonly id: string;
  /** As the client called the file. */
  readonly name: string;
  /** `image folder`: what skopeo calls `dir:` and podman `docker-dir`, packed. */
  readonly format: 'docker archive' | 'OCI layout' | 'docker archive and OCI layout' | 'image folder';
  /** Bytes of the archive as it came. */
  readonly bytes: number;
  readonly images: readonly StagedImage[];
  /** What is odd but does not stop it, for people. */
  readonly warnings: readonly string[];
  /** ISO 8601. */
  readonly expiresAt: string;
}

export interface StagedImage {
  readonly digest: string;
  readonly kind: 'image' | 'index' | 'artifact';
  /** `app:v1`, as the archive calls it, without the host; empty if it has no name. */
  readonly references: readonly string[];
  /** Names to offer for it, made of the file's, with the tags that it has; empty if it has names. */
  readonly suggestions: readonly string[];
  readonly platforms: readonly string[];
  /** Layers of an image; for an index, its manifests. */
  readonly layers: number;
  /** Bytes as they are or will be stored. */
  readonly size: number;
  /** Bytes that the registry does not have yet. */
  readonly newBytes: number;
  /** Those of `references` that point elsewhere now. */
  readonly replaces: readonly { readonly reference: string; readonly digest: string }[];
}

/**
 * `POST /api/imports/<id>` with `{"images":[{"digest","references":["app:v1"]}]}`, or `{}` for all under their own
 * names: answers 202 and a job of kind `import` with this result. One record: all or nothing. Its progress is in names;
 * stopped before the record, it leaves the import staged.
 */
export interface ImportResult {
  /** Null if everything was there already. */
  readonly change: number | null;
  readonly images: readonly { readonly reference: string; readonly digest: string }[];
  readonly newBytes: number;
}

/**
 * `GET /api/export?reference=app:v1&reference=lib@sha256:...&platform=linux/amd64`: a tar that is an OCI layout and
 * what `docker save` makes at once, streamed, with `Content-Disposition` and `Content-Length`.
 * `POST /api/export/plan` with `{"references":[...],"platform":"linux/amd64"}` says beforehand what it will hold.
 */
export interface ExportPlan {
  readonly fileName: string;
  readonly bytes: number;
  readonly images: readonly {
    readonly reference: string;
    readonly digest: string;
    readonly platforms: readonly string[];
  }[];
  /** Platforms that are not here, and what `docker load` cannot take, for people. */
  readonly warnings: readonly string[];
}
