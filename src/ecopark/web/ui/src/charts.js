// Charts: <div class="chart" data-chart="ID" data-kind="trend"> with its data in <script type="application/json" id="ID">.
import { BarChart, LineChart } from "echarts/charts";
import { AriaComponent, GridComponent, LegendComponent, MarkLineComponent, TooltipComponent } from "echarts/components";
import * as echarts from "echarts/core";
import { LabelLayout } from "echarts/features";
import { CanvasRenderer } from "echarts/renderers";
import { KINDS } from "./charts/kinds.js";
import { look } from "./charts/look.js";
import { say } from "./words.js";

echarts.use([AriaComponent, BarChart, CanvasRenderer, GridComponent, LabelLayout, LegendComponent, LineChart, MarkLineComponent, TooltipComponent]);

const drawn = new Map(); // element -> its chart

function paint(box) {
  const data = JSON.parse(document.getElementById(box.dataset.chart).textContent);
  const build = KINDS[box.dataset.kind];
  if (!build) throw new Error(`chart ${box.dataset.chart}: unknown kind '${box.dataset.kind}', known: ${Object.keys(KINDS).join(", ")}`);
  if (!drawn.has(box)) {
    drawn.set(box, echarts.init(box));
    new ResizeObserver(() => drawn.get(box)?.resize()).observe(box);
    box.setAttribute("role", "img");
    box.setAttribute("aria-label", box.dataset.label || say("chart"));
  }
  drawn.get(box).setOption(build(data, look()), { notMerge: true });
}

export function draw(part) {
  for (const [box, chart] of drawn) {
    if (box.isConnected) continue;
    chart.dispose();
    drawn.delete(box);
  }
  if (part.matches?.(".chart")) paint(part);
  part.querySelectorAll(".chart").forEach(paint);
}

document.documentElement.addEventListener("ecopark:theme", () => drawn.forEach((_, box) => paint(box)));
document.fonts?.ready.then(() => drawn.forEach((chart) => chart.resize()));
