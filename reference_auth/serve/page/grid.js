/** The twelve cells, from the table that the flow itself reads, with the present one lit. */

import { find, make, write } from "./drawing.js";

export class Grid {
  #cells = new Map();
  #lit = null;

  constructor({ cells, sentences }) {
    this.sentences = sentences;
    const columns = [...new Set(cells.map(({ refresh }) => refresh))];
    const heading = (scope) => (text) => make("th", { scope }, text);
    const corner = make("td", {}, make("span", { className: "soft" }, "access × refresh"));
    find("grid").tHead.append(make("tr", {}, corner, ...columns.map(heading("col"))));
    for (const access of new Set(cells.map((cell) => cell.access))) {
      const row = cells.filter((cell) => cell.access === access);
      find("grid").tBodies[0].append(
        make("tr", {}, heading("row")(access), ...row.map((cell) => this.#add(cell))),
      );
    }
  }

  #add({ access, refresh, state }) {
    const lines = state.split("_REFRESH_").map((half) => half.replace("ACCESS_", ""));
    const words = ["ACCESS_", "REFRESH_"].map((word) => make("span", { className: "word" }, word));
    const cell = make("td", { title: state }, words[0], lines[0], make("br"), words[1], lines[1]);
    cell.dataset.state = state;
    this.#cells.set(`${access} ${refresh}`, cell);
    return cell;
  }

  /** Light one cell and name its state; none when nothing can be said. */
  light(cell, otherwise) {
    const lit = cell && this.#cells.get(`${cell.access} ${cell.refresh}`);
    if (lit !== this.#lit) {
      this.#lit?.removeAttribute("aria-current");
      lit?.setAttribute("aria-current", "true");
      this.#lit = lit;
    }
    const state = lit?.dataset.state ?? "";
    find("verdict").dataset.state = state;
    const verdicts = state && `Access ${cell.access}, refresh ${cell.refresh}. `;
    write(find("state"), state || otherwise.state);
    write(find("sentence"), verdicts + (this.sentences[state] ?? otherwise.sentence));
  }
}
