import DefaultTheme from "vitepress/theme";
import { defineAsyncComponent } from "vue";
import "./style.css";

export default {
  extends: DefaultTheme,
  enhanceApp({ app }) {
    app.component(
      "LiveFigure",
      defineAsyncComponent(() => import("./LiveFigure.vue")),
    );
  },
};
