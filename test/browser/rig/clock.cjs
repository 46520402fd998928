// Loaded into a server before anything else: lets whoever started it say what time it is, so that what is
// shown in pictures has a past.
const Real = Date;
let ago = 0;

globalThis.Date = class extends Real {
  constructor(...given) {
    if (given.length === 0) super(Real.now() - ago);
    else super(...given);
  }

  static now() {
    return Real.now() - ago;
  }
};

process.on('message', (wanted) => {
  ago = wanted;
  process.send('set');
});
process.channel?.unref();
