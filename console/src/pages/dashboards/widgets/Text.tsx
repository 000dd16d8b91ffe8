import Markdown, { type Components } from "react-markdown";
import remarkGfm from "remark-gfm";

const BUTTON = /^button:(primary:)?/;

/** Links leave the console; `[button:primary:Deploy](…)` is a link that looks like a button, as in CloudWatch. */
const components: Components = {
  a: ({ href, children }) => {
    const text = typeof children === "string" ? children : "";
    const button = BUTTON.exec(text);
    return (
      <a
        href={href}
        target="_blank"
        rel="noreferrer noopener"
        className={button === null ? undefined : `button${button[1] === undefined ? "" : " primary"}`}
      >
        {button === null ? children : text.replace(BUTTON, "")}
      </a>
    );
  },
  // The page has its own h1.
  h1: ({ children }) => <h3 className="first">{children}</h3>,
  h2: ({ children }) => <h4>{children}</h4>,
  h3: ({ children }) => <h5>{children}</h5>,
  // Nothing is loaded from elsewhere.
  img: ({ alt }) => <em>{alt}</em>,
};

/** Markdown as it may come from anybody: HTML in it is text. */
export function Text({ markdown }: { readonly markdown: string }) {
  return (
    <div className="markdown">
      <Markdown remarkPlugins={[remarkGfm]} components={components} skipHtml>
        {markdown}
      </Markdown>
    </div>
  );
}
