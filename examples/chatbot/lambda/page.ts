/** The chat page, whole: no other file, no other host. */
export const page = `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>Ask the documents</title>
<style>
  :root { color-scheme: light dark; --line: color-mix(in srgb, currentColor 18%, transparent); --accent: #4b6bfb; }
  * { box-sizing: border-box; }
  body { margin: 0; font: 16px/1.5 system-ui, sans-serif; display: flex; flex-direction: column; height: 100dvh; }
  header { padding: 1rem 1.25rem; border-bottom: 1px solid var(--line); }
  h1 { font-size: 1.1rem; margin: 0; }
  header p { margin: .15rem 0 0; opacity: .7; font-size: .875rem; }
  main { flex: 1; overflow-y: auto; padding: 1.25rem; display: flex; flex-direction: column; gap: .75rem; max-width: 46rem; width: 100%; margin: 0 auto; }
  .q, .a { padding: .6rem .9rem; border-radius: .9rem; max-width: 90%; white-space: pre-wrap; }
  .q { align-self: flex-end; background: var(--accent); color: #fff; }
  .a { align-self: flex-start; border: 1px solid var(--line); }
  .a ol { margin: .5rem 0 0; padding-left: 1.25rem; font-size: .85rem; opacity: .75; }
  form { display: flex; gap: .5rem; padding: 1rem 1.25rem; border-top: 1px solid var(--line); max-width: 46rem; width: 100%; margin: 0 auto; }
  input { flex: 1; font: inherit; padding: .6rem .8rem; border: 1px solid var(--line); border-radius: .6rem; background: transparent; color: inherit; }
  button { font: inherit; padding: .6rem 1rem; border: 0; border-radius: .6rem; background: var(--accent); color: #fff; cursor: pointer; }
  button:disabled { opacity: .5; }
</style>
</head>
<body>
<header><h1>Ask the documents</h1><p id="documents">…</p></header>
<main id="talk" aria-live="polite"></main>
<form id="form"><input id="question" aria-label="Your question" placeholder="Ask in English or Vietnamese" autocomplete="off" maxlength="1000" required autofocus><button>Ask</button></form>
<script type="module">
  const base = location.pathname.endsWith("/") ? location.pathname : location.pathname + "/";
  const talk = document.getElementById("talk");
  const button = document.querySelector("button");
  let sessionId;
  const add = (kind, text) => {
    const box = document.createElement("div");
    box.className = kind;
    box.textContent = text;
    talk.append(box);
    box.scrollIntoView();
    return box;
  };
  fetch(base + "documents").then((r) => r.json()).then(({ documents }) => {
    document.getElementById("documents").textContent = documents.length + " documents: " + documents.map((d) => d.key).join(", ");
  });
  document.getElementById("form").addEventListener("submit", async (event) => {
    event.preventDefault();
    const input = document.getElementById("question");
    const question = input.value;
    input.value = "";
    button.disabled = true;
    add("q", question);
    try {
      const response = await fetch(base + "chat", { method: "POST", headers: { "content-type": "application/json" }, body: JSON.stringify({ question, sessionId }) });
      const reply = await response.json();
      sessionId = reply.sessionId ?? sessionId;
      const box = add("a", reply.answer ?? reply.message);
      if (reply.sources?.length) {
        const list = document.createElement("ol");
        for (const { source } of reply.sources) list.append(Object.assign(document.createElement("li"), { textContent: source }));
        box.append(list);
      }
    } catch (error) {
      add("a", "The server did not answer: " + error.message);
    } finally {
      button.disabled = false;
      input.focus();
    }
  });
</script>
</body>
</html>
`;
