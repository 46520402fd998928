import { EventEmitter } from 'node:events';
import { protocol } from './protocol.mjs';
import { strict } from './strict.mjs';

/** As Electron names them, and as Chromium's protocol does. */
const PERMISSIONS = {
  geolocation: 'geolocation',
  notifications: 'notifications',
  midi: 'midi',
  'clipboard-read': 'clipboard-read',
  'clipboard-sanitized-write': 'clipboard-write',
};

class Session extends EventEmitter {
  protocol = protocol;
  /** Without a handler everything is allowed, as in Electron. */
  requestHandler = (_contents, _permission, answer) => answer(true);

  setPermissionRequestHandler(handler) {
    this.requestHandler = handler;
  }

  setPermissionCheckHandler() {}

  setDevicePermissionHandler() {}

  /** Has Chromium decide for a page as the app does. */
  async applyPermissions(contents, requestingUrl, cdp) {
    for (const [permission, name] of Object.entries(PERMISSIONS)) {
      const isAllowed = await new Promise((resolve) => {
        this.requestHandler(contents, permission, resolve, { requestingUrl });
      });
      const setting = isAllowed ? 'granted' : 'denied';
      await cdp.send('Browser.setPermission', { permission: { name }, setting });
    }
  }
}

export const session = strict('session', { defaultSession: strict('session', new Session()) });
