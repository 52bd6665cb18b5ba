// A picture of the page Theory that is dragged in the browser. The server sends a state where people
// choose one, and gets it back when a handle is let go; the address then has it.

const mounts = new WeakMap();

export default function ({ data, parentElement, setStateValue }, { [data.class]: Picture }) {
  const root = parentElement.querySelector(".theory") ?? parentElement;
  let mount = mounts.get(root);
  if (!mount) {
    mount = { turn: data.turn };
    mounts.set(root, mount);
    root.classList.add(data.look);
    mount.picture = new Picture(root, data.state, (state) => mount.send("moved", { ...state, turn: mount.turn }));
    root.picture = mount.picture;
  }
  mount.send = setStateValue;
  if (data.turn !== mount.turn) {
    mount.turn = data.turn;
    mount.picture.show(data.state);
  }
  root.setAttribute("aria-label", data.alt);
  return () => {
    if (root.isConnected) return;
    mounts.delete(root);
    mount.picture.remove();
  };
}
