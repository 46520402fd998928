import { contextBridge } from 'electron';

contextBridge.exposeInMainWorld('berth', {});
