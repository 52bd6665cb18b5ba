// The square to draw in on a page: when the pen rests, the server gets the drawing as MNIST has it.

const mounts = new WeakMap();

export default function ({ parentElement, setStateValue }, pads, inks) {
  const root = parentElement.querySelector(".draw") ?? parentElement;
  let mount = mounts.get(root);
  if (!mount) {
    mount = {};
    mounts.set(root, mount);
    const send = () => mount.send("image", image(pad, pads, inks));
    const pad = new pads.Pad(root.querySelector("canvas"), (rest) => rest && send());
    root.querySelector("button").addEventListener("click", () => {
      pad.show([]);
      send();
    });
  }
  mount.send = setStateValue;
}

function image(pad, { WORK }, { likeMnist }) {
  const found = likeMnist(pad.ink(), WORK, WORK);
  return found && [...found];
}
