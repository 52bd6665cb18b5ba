// Streamlit's colours and font as a template of Plotly's.

import { NARROW, WORDS } from "./sizes.js";

export function themeOf(node) {
  const style = getComputedStyle(node);
  const read = (name) => style.getPropertyValue(`--st-${name}`).trim();
  const clear = "rgba(0,0,0,0)";
  const size = innerWidth < NARROW ? 12 : WORDS;
  const font = { color: read("text-color"), family: read("font"), size };
  const border = read("border-color");
  const line = { color: font.color };
  const axis = {
    gridcolor: read("border-color-light"),
    linecolor: border,
    tickcolor: border,
    zerolinecolor: border,
  };
  return {
    layout: {
      font,
      paper_bgcolor: clear,
      plot_bgcolor: clear,
      colorway: read("chart-categorical-colors").split(","),
      hoverlabel: { bgcolor: read("secondary-background-color"), bordercolor: border, font },
      modebar: { bgcolor: clear, color: read("gray-text-color"), activecolor: font.color },
      shapedefaults: { line },
      newselection: { line },
      selectiondefaults: { line },
      annotationdefaults: { arrowcolor: font.color },
      xaxis: axis,
      yaxis: axis,
    },
  };
}
