import "@cloudscape-design/global-styles/index.css";
import "./style.css";
import { QueryClientProvider } from "@tanstack/react-query";
import { StrictMode } from "react";
import { createRoot } from "react-dom/client";
import { CommandsProvider } from "./api/commands.tsx";
import { queryClient } from "./api/queries.ts";
import { LanguageProvider } from "./i18n/i18n.tsx";
import { App } from "./layout/App.tsx";
import { SettingsProvider } from "./layout/settings.tsx";
import { live } from "./live/live.ts";

live.start();
const root = document.getElementById("root");
if (root === null) throw new TypeError("the page has no root");
createRoot(root).render(
  <StrictMode>
    <QueryClientProvider client={queryClient}>
      <SettingsProvider>
        <LanguageProvider>
          <CommandsProvider>
            <App />
          </CommandsProvider>
        </LanguageProvider>
      </SettingsProvider>
    </QueryClientProvider>
  </StrictMode>,
);
