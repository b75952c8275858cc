// What the DOM's types cannot know: which element a selector finds, and what our events carry. The browser tests check
// that; the compiler checks names, imports, arguments and our own classes.
export {};

declare global {
  interface Window {
    htmx: any;
  }
  interface EventTarget {
    [name: string]: any;
  }
  interface Event {
    [name: string]: any;
  }
  interface ParentNode {
    querySelector(selectors: string): any;
    querySelectorAll(selectors: string): NodeListOf<any>;
  }
}
