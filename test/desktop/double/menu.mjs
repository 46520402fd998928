import { strict } from './strict.mjs';

const ROLES = new Set(
  `about close copy cut help hide hideOthers paste quit redo reload resetZoom selectAll services togglefullscreen
   toggleDevTools undo unhide windowMenu zoomIn zoomOut`.split(/\s+/),
);

function menuItem({ click, role, submenu, ...members }) {
  if (role !== undefined && !ROLES.has(role)) throw new Error(`electron double: the role ${role} is unknown`);
  const item = {
    type: 'normal',
    label: role ?? '',
    enabled: true,
    visible: true,
    checked: false,
    role,
    ...members,
  };
  if (submenu !== undefined) item.submenu = Menu.buildFromTemplate(submenu);
  item.click = () => {
    if (item.type === 'checkbox') item.checked = !item.checked;
    click?.(item);
  };
  return item;
}

class ElectronMenu {
  static #application = null;
  items = [];

  static buildFromTemplate(template) {
    const menu = new ElectronMenu();
    menu.items = template.map(menuItem);
    return menu;
  }

  static setApplicationMenu(menu) {
    ElectronMenu.#application = menu;
  }

  static getApplicationMenu() {
    return ElectronMenu.#application;
  }

  getMenuItemById(id) {
    for (const item of this.items) {
      const found = item.id === id ? item : item.submenu?.getMenuItemById(id);
      if (found) return found;
    }
    return null;
  }
}

export const Menu = strict('Menu', ElectronMenu);
