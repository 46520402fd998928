const CONFIGS = new Set([
  'application/vnd.oci.image.config.v1+json',
  'application/vnd.docker.container.image.v1+json',
]);

/** Whether what has such a config can be run. All else is an artifact: a chart, a signature, a model. */
export function isImageConfig(mediaType: string | undefined): boolean {
  return mediaType !== undefined && CONFIGS.has(mediaType);
}
