/** What the double lacks fails loudly and by name, rather than being undefined. For namespaces and classes. */
export function strict(name, namespace) {
  return new Proxy(namespace, {
    get(target, key, receiver) {
      requireMember(name, target, key);
      return Reflect.get(target, key, receiver);
    },
  });
}

/** The same for an object, whose methods go on seeing the object itself and its private members. */
export function strictInstance(name, instance) {
  return new Proxy(instance, {
    get(target, key) {
      requireMember(name, target, key);
      const value = Reflect.get(target, key, target);
      return typeof value === 'function' ? value.bind(target) : value;
    },
    set: (target, key, value) => Reflect.set(target, key, value, target),
  });
}

/** Asked for by the language, by promises and by what prints. */
const ALWAYS = new Set(['then', 'toJSON', '__esModule', 'constructor']);

function requireMember(name, target, key) {
  if (typeof key === 'symbol' || key in target || ALWAYS.has(key)) return;
  throw new Error(`electron double: ${name}.${key} is not implemented`);
}

/** What an event's listener can prevent. */
export function preventable(members = {}) {
  return {
    ...members,
    defaultPrevented: false,
    preventDefault() {
      this.defaultPrevented = true;
    },
  };
}
