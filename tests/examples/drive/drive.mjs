// node drive.mjs CLIENTS LIBRARY URL locked|unlocked: two tabs that take a command a line.

import { createInterface } from "node:readline";
import { pathToFileURL } from "node:url";
import { createTab, memoryStorage } from "./tabs.mjs";

const [clients, library, url, lock] = process.argv.slice(2);
const load = (file) => import(pathToFileURL(`${clients}/${file}`));
const shared = {
  sessions: await load("session.mjs"),
  library: await load(`${library}.mjs`),
  url,
  storage: memoryStorage(),
  locked: lock === "locked",
};
const tabs = [createTab(shared), createTab(shared)];

for await (const line of createInterface({ input: process.stdin })) {
  const { id, tab, ...command } = JSON.parse(line);
  tabs[tab](command).then((reply) => console.log(JSON.stringify({ id, ...reply })));
}
process.exit();
