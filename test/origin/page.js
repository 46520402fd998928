/* oxlint-disable no-unused-vars -- the test calls these in a page */

/** All that a page can try with a registry at another origin. Answers what it got to know. */
async function attack(registry) {
  const readable = [];
  const requests = [
    ['GET', '/api/repositories'],
    ['GET', '/v2/_catalog'],
    ['GET', '/v2/app/manifests/v1'],
    ['GET', '/'],
    ['HEAD', '/v2/'],
    ['POST', '/_gc?empty-trash=true'],
    ['POST', '/api/undo'],
    ['PUT', '/_log'],
    ['PATCH', '/api/settings'],
    ['DELETE', '/api/repositories?name=app'],
    ['DELETE', '/v2/app/manifests/v1'],
  ];
  for (const [method, path] of requests) {
    for (const mode of ['cors', 'no-cors']) {
      const hasBody = ['POST', 'PUT', 'PATCH'].includes(method);
      const body = hasBody ? '{"undoDays":1,"level":"debug","emptyTrash":true}' : undefined;
      try {
        const answer = await fetch(registry + path, { method, mode, body, credentials: 'include' });
        const text = await answer.text();
        // An opaque answer says neither what it is nor whether it was refused.
        if (answer.type !== 'opaque' || text !== '' || answer.status !== 0)
          readable.push(`${mode} ${method} ${path}`);
      } catch {
        // That is what should happen.
      }
    }
  }
  return {
    readable,
    images: await loads('img', 'src', `${registry}/assets/picture.svg`),
    scripts: await loads('script', 'src', `${registry}/assets/own.js`),
    styles: await loads('link', 'href', `${registry}/assets/own.css`),
    events: await opens(new EventSource(`${registry}/api/events`)),
    sockets: await opens(new WebSocket(`${registry.replace('http', 'ws')}/api/events`)),
    frames: await frames(registry),
  };
}

function loads(tag, attribute, address) {
  return new Promise((resolve) => {
    const element = document.createElement(tag);
    if (tag === 'link') element.rel = 'stylesheet';
    element.addEventListener('load', () => resolve('loaded'));
    element.addEventListener('error', () => resolve('refused'));
    element[attribute] = address;
    document.head.append(element);
  });
}

function opens(source) {
  return new Promise((resolve) => {
    const end = (how) => {
      source.close();
      resolve(how);
    };
    source.addEventListener('open', () => end('opened'));
    source.addEventListener('error', () => end('refused'));
  });
}

/** Answers with how many frames show a document of the registry: a refused one shows the browser's own page. */
async function frames(registry) {
  for (const path of ['/', '/api/repositories', '/v2/']) {
    const frame = document.createElement('iframe');
    frame.src = registry + path;
    const loaded = new Promise((resolve) => {
      frame.addEventListener('load', resolve);
    });
    document.body.append(frame);
    await loaded;
  }
  return window.frames.length;
}

function submitForm(action, method, enctype) {
  const form = document.createElement('form');
  Object.assign(form, { action, method, enctype });
  const field = document.createElement('input');
  field.name = '{"emptyTrash":true,"x":"';
  field.value = '"}';
  form.append(field);
  document.body.append(form);
  form.submit();
}

function follow(address) {
  const link = document.createElement('a');
  link.href = address;
  document.body.append(link);
  link.click();
}

/** What the page's own origin answers to. */
async function askOwn() {
  const ask = async (method, path, body) => {
    const sent = body === undefined ? { method } : { method, body };
    return (await fetch(path, sent)).status;
  };
  return {
    GET: await ask('GET', '/api/repositories'),
    POST: await ask('POST', '/api/deletions/plan', '{"references":[]}'),
    PATCH: await ask('PATCH', '/api/settings', '{"undoDays":6}'),
    DELETE: await ask('DELETE', '/api/tags?repository=app&tag=nothing'),
  };
}

async function firstEvent() {
  const reader = (await fetch('/api/events')).body.getReader();
  const { value } = await reader.read();
  await reader.cancel();
  return new TextDecoder().decode(value);
}

/** Whether text that was taken for markup runs. */
async function runMarkup() {
  const markup = document.createElement('div');
  markup.innerHTML = '<img src="/nowhere.png" onerror="window.wasRun = true">';
  document.body.append(markup);
  const script = document.createElement('script');
  script.textContent = 'window.wasRun = true';
  document.body.append(script);
  await loads('img', 'src', '/nowhere-else.png');
  return 'wasRun' in window;
}
